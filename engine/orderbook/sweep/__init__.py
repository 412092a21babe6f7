"""Many orders at once: mass cancels, the end of a day, orders whose time has come."""
