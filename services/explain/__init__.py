"""One bid explained: the steps of its trace with the rules behind them, in English and Chinese.

`round_trace` makes the trace from a round that was run from files, `wording` says each step in a sentence, `report`
puts both together with the rules in force. The trace itself is `engine.auction.explain`.
"""
