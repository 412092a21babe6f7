"""Between messages of the wire and rows of the engine: the only folder that knows both.

Requests are admitted here: whatever cannot be read as rows of a command table is refused as a whole, with every problem
and its row, and never becomes history. Answers are put together here from integers and nothing else.
"""
