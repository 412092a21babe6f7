"""Rule books at the edge: read from folders, tried on their worked cases, written as pages, given trading days."""
