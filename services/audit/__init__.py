"""What an auditor takes from a journal: its events as Parquet, the story of one command, the difference of two states.

Everything here is a fold over a replay, and reads beside a running server.
"""
