"""The entries of the record's pools, by number."""
