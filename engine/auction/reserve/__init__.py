"""Reserves and stability: what adds units to a market or takes them out, outside of one round's clear.

A release inside a round is a line of supply with a trigger (`engine.auction.supply`). Here are the rules around it, as
pure functions of published figures: `triggers` (has a price test been met), `circulation` (units taken in or let out by
the quantity in circulation), `tiers` (sales at fixed prices, yearly budgets), `prices` (how trigger and reserve prices
grow). A trigger and a release are two steps: a met trigger releases nothing until somebody decides.
"""
