"""Rounds from files: the files as they are read, and the round run on a core of its own, as the service would."""
