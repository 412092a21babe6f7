"""Switching from one phase to the next, compiled: the trades of a call, orders that go, stops that wake."""
