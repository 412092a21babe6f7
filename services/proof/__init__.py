"""Proof of a round: recorded draws, receipts, and exports that anybody can recompute.

`draw` makes a tie order from a committed seed; `tree` and `receipts` put every sealed bid under one root; `record` is
a round as an auditor needs it, `folder` writes and reads it as files, `recompute` runs it again with this package, and
`verify.py` and `awards.py` do so with nothing but Python, shipped beside every export.
"""
