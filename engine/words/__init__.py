"""The words that rules use, as numbered enums: of rounds and reserves, of markets' formulas, of venues that trade.

Declarations without behaviour. Numbers are frozen once released; a rule book writes the member's name in lower case.
"""
