"""One module per kind of case: it reads the case's words, scales its numbers, asks the engine, and compares."""
