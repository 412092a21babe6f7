"""How fast is the order book, and what does its speed depend on? One file a question; `__main__` is the first of them.

    python -m benchmarks.orderbook --flow FILE    an operation against a load from the cache and two books in Python
    python -m benchmarks.orderbook.batches        from Python, by rows a call
    python -m benchmarks.orderbook.live           100,000 live orders against 10,000
    python -m benchmarks.orderbook.span           prices over 2**30 ticks against prices side by side and a dense ladder
    python -m benchmarks.orderbook.types          plain orders, alone and among all the other order types
    python -m benchmarks.orderbook.memory         bytes a live order, and the fixed part
    python -m benchmarks.orderbook.start          compilation, and a start with a warm cache

Every one takes `--json` and compares results before it prints a figure: a difference ends it with exit code 1.
"""
