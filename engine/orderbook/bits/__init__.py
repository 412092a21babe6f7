"""Questions about the bits of a word that the processor answers in one instruction."""
