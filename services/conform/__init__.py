"""Conformance: cases from exchanges' documents and public projects, run through the real engine.

A file of cases has one of two schemas, told apart by its top-level list:

- `examples`: cases with `rule`, `input` and `expected` (rules a venue has written, with numbers and an answer)
- `cases`: flatter cases with their inputs beside `expect` (facts from other projects' tests)

How to add a kind
-----------------
1. Write `kinds/<kind>.py` with one function `check(case: Case, comparison: Comparison) -> None`. Take what the case
   says with `case.rule`, `case.input` (for the second schema: `case.input` is the case itself) and `comparison`:

       supply = exact(case.input.take("supply"), "supply")     # take: has to be there; optional: may be absent
       comparison.number("price", found)                       # compares with expected["price"], if it is there
       comparison.leave_out("note", "prose")                   # says why an expected key is not compared

   Compute `found` with the engine alone, never in the adapter: an adapter only translates words and scales.
2. Add one line to `registry.ADAPTERS`, keyed by schema and kind.
3. Test it under `tests/conform/` with cases of your own, one of which must fail.

Reading is strict: a key of `rule` or `input` that no adapter took could change the result, so the case is skipped and
the key is named; the same holds for a key of the expected answer that was neither compared nor left out. Words that an
adapter does not know raise `NotSupported` with the missing capability. Values that cannot be read at all (a price that
is no number) raise `Unreadable` and fail the case. Nothing is skipped without its reason.

Numbers never pass through floats: prices are decimal strings or numbers read as decimals, scaled to ticks exactly
(`numbers.PriceScale`); quantities beyond the engine's bounds are divided by their common divisor.
"""
