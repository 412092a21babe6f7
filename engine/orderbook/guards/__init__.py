"""What a new order or a replacement is judged by before it may touch the book."""
