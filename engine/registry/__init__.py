"""Who and what there is: participants, their sessions, instruments, adopted rule books."""
