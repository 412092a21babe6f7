"""Gates: who may send orders now, and how fast. Throttles of the rule book, and the kill switch of the operators."""
