"""Memory that later rows of a batch will need, asked for early."""
