"""The journal: every batch of commands, durable before it is judged, in one chain of hashes.

`record` says what a row is and how it is hashed, `anchor` keeps the head of the chain beside the journal, `store` is
what a data base must offer, `sqlite` the one that is embedded, `journal` the three together, `replay` applies a journal
to a core, `verify` looks for damage and reports all of it. The format is described in docs/journal.md.
"""
