"""Rule books: dated parameters with their sources, read strictly from text and compiled to integers.

The folder promises that a book either loads whole or says everything that is wrong with it, and that every number the
engine judges by leads back to a source, a date and, where one is known, a clause. It reads no files: books come in as
names and bytes. How a book is written: docs/rule_books/README.md.
"""
