"""The short way of a plain limit order."""
