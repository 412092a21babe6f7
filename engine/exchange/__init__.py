"""Trading with accounts: orders are judged and funded, matched in the book, and their trades settled."""
