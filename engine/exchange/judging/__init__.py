"""Judging rows of ORDERS: the mode of trading, the steps, the funds; each with the parameter behind a refusal."""
