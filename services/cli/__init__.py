"""The command line: one module a sub-command, composed in `main`."""
