"""The live prices of a ladder, in order."""
