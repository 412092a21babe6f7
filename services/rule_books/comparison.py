"""The page that lays markets side by side: one line a book, generated from the books (`services.rule_books.pages`).

Each cell is what the book says on its last day, in English and Chinese: unknown where it says that nobody knows, empty
where it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.parameters import DEFINITIONS, Kind, Parameter
from engine.rules.explain import CLASS_ZH, WORD_ZH
from engine.rules.model import BIDDERS, Book, Chapter, Entry
from engine.rules.values import SHARE_SCALE, format_value
from engine.units import format_scaled

_P = Parameter

INTRODUCTION = (
    "What the auction books say, each on its last day; the book has the history, the clauses and the reasons. "
    "*unknown* 未知: the book says that nobody knows, and a round has to say it."
)
RESERVE_PARAMETERS: tuple[Parameter, ...] = tuple(
    parameter for parameter in DEFINITIONS if DEFINITIONS[parameter].key.startswith(("reserve.", "allocation."))
)


def comparison_page(books: Iterable[Book]) -> str:
    """The whole page, without the mark of generated pages."""
    books = list(books)
    auctions = [book for book in books if Chapter.AUCTION in book.covers]
    lines = [
        "# Markets side by side",
        INTRODUCTION,
        markdown_table(
            ("book", *(name for name, _ in AUCTION_COLUMNS)),
            ((f"[{book.name}]({book.name}.md)", *(cell(book) for _, cell in AUCTION_COLUMNS)) for book in auctions),
        ),
        "## Reserves and paid allocation 储备与有偿分配",
        markdown_table(
            ("book", "parameter", "value", "basis"),
            (
                (
                    f"[{book.name}]({book.name}.md)",
                    f"`{DEFINITIONS[entry.parameter].key}`<br>{DEFINITIONS[entry.parameter].term}",
                    _value(book, entry),
                    entry.basis.name.lower(),
                )
                for book in books
                for parameter in RESERVE_PARAMETERS
                if (entry := _last(book, parameter)) is not None
            ),
        ),
    ]
    return "\n\n".join(lines) + "\n"


def _last(book: Book, parameter: Parameter, participant_class: int | None = None) -> Entry | None:
    """The entry in force on the book's last day: of a class, or of the first class that has one."""
    for number in (participant_class,) if participant_class is not None else BIDDERS:
        history = book.history(parameter, int(number))
        if history:
            return history[-1]
    return None


def _value(book: Book, entry: Entry | None) -> str:
    if entry is None:
        return ""
    if entry.value is None:
        return "*unknown* 未知"
    text = format_value(entry.parameter, entry.value)
    match DEFINITIONS[entry.parameter].kind:
        case Kind.WORD | Kind.SWITCH:
            return f"{text.replace('_', ' ')}<br>{WORD_ZH.get(text, '')}".removesuffix("<br>")
        case Kind.MONEY:
            return f"{text} {book.currency}"
        case Kind.UNITS:
            return f"{entry.value:,} t"
        case Kind.SHARE:
            return _percent(entry.value)
        case _:
            return text


def _percent(ppm: int) -> str:
    percent = format_scaled(ppm, SHARE_SCALE // 100)
    return f"{percent.rstrip('0').rstrip('.')} %"


def _word(book: Book, parameter: Parameter) -> str:
    return _value(book, _last(book, parameter))


def _reserve(book: Book) -> str:
    price = _last(book, _P.AUCTION_RESERVE_PRICE)
    parts = [_none_or(book, price, "none 无")]
    percent, formula = _last(book, _P.AUCTION_FLOOR_PERCENT), _last(book, _P.AUCTION_FLOOR_FORMULA)
    if formula is not None and formula.value is not None:
        share = f"{percent.value} % of " if percent is not None and percent.value is not None else ""
        parts.append(share + _value(book, formula))
    hidden, ceiling = _last(book, _P.AUCTION_HIDDEN_RESERVE_RULE), _last(book, _P.AUCTION_CEILING_PRICE)
    parts += [f"hidden 保密: {_value(book, hidden)}"] if hidden is not None else []
    parts += [f"ceiling 上限: {_value(book, ceiling)}"] if ceiling is not None else []
    return "<br>".join(parts)


def _none_or(book: Book, entry: Entry | None, none: str) -> str:
    return none if entry is not None and entry.value == 0 else _value(book, entry)


def _caps(book: Book) -> str:
    lines = []
    for bidder in BIDDERS:
        eligible = _last(book, _P.AUCTION_ELIGIBLE, bidder)
        if eligible is None or not eligible.value:
            continue
        caps = []
        for parameter, without in (
            (_P.BID_CAP_SHARE, SHARE_SCALE),
            (_P.BID_CAP_QUANTITY, 0),
            (_P.BID_CAP_SHORTFALL_SHARE, 0),
            (_P.BID_CAP_EMISSIONS_SHARE, 0),
            (_P.BID_CLASS_CAP_SHARE, SHARE_SCALE),
        ):
            entry = _last(book, parameter, bidder)
            if entry is not None and entry.value != without:
                of_what = _OF_WHAT.get(parameter, "") if entry.value is not None else ""
                caps.append(f"{_value(book, entry)}{of_what}")
        lines.append(f"{bidder.name.lower().replace('_', ' ')} {CLASS_ZH[bidder]}: {', '.join(caps) or 'no cap 无'}")
    return "<br>".join(lines)


_OF_WHAT = {
    _P.BID_CAP_SHARE: " of the offer",
    _P.BID_CAP_SHORTFALL_SHARE: " of own shortfall",
    _P.BID_CAP_EMISSIONS_SHARE: " of past emissions",
    _P.BID_CLASS_CAP_SHARE: " of the offer for the class together",
}


def _consignment(book: Book) -> str:
    if Chapter.CONSIGNMENT not in book.covers:
        return "none 无"
    parts = [f"rank {_value(book, _last(book, _P.CONSIGNMENT_RANK))}"]
    parts.append(_value(book, _last(book, _P.CONSIGNMENT_SPLIT)))
    minimum = _last(book, _P.CONSIGNMENT_MINIMUM_ALLOWED)
    parts += ["own minimum 委托底价"] if minimum is not None and minimum.value else []
    duty = _last(book, _P.CONSIGNMENT_DUTY_RATIO)
    parts += [f"duty 强制: {_value(book, duty)}"] if duty is not None else []
    return "<br>".join(parts)


def _release(book: Book) -> str:
    parts = []
    rule = _last(book, _P.SUPPLY_RELEASE_RULE)
    parts += [_value(book, rule)] if rule is not None else []
    for parameter in (_P.SUPPLY_RELEASE_TRIGGER_1, _P.SUPPLY_RELEASE_TRIGGER_2, _P.SUPPLY_RELEASE_TRIGGER_3):
        trigger = _last(book, parameter)
        parts += [f"above {_value(book, trigger)}"] if trigger is not None else []
    withheld = _last(book, _P.SUPPLY_WITHHELD_TRIGGER)
    parts += [f"withheld below {_value(book, withheld)}"] if withheld is not None and withheld.value != 0 else []
    return "<br>".join(parts)


def _unsold(book: Book) -> str:
    parts = [_word(book, _P.SUPPLY_UNSOLD)]
    rounds = _last(book, _P.SUPPLY_UNSOLD_ROUNDS)
    parts += [f"over {_value(book, rounds)} rounds"] if rounds is not None else []
    if Chapter.CONSIGNMENT in book.covers:
        parts.append(f"consigned 委托: {_word(book, _P.CONSIGNMENT_UNSOLD)}")
    return "<br>".join(parts)


AUCTION_COLUMNS: tuple[tuple[str, Callable[[Book], str]], ...] = (
    ("price 成交价", lambda book: _word(book, _P.AUCTION_PRICE_RULE)),
    ("undersubscribed 申报不足", lambda book: _word(book, _P.AUCTION_UNDERSUBSCRIPTION_RULE)),
    ("margin 边际", lambda book: _word(book, _P.AUCTION_MARGIN_RULE)),
    ("reserve price 底价", _reserve),
    ("caps of a bidder 申报量上限", _caps),
    ("order of sale, consignment 委托", _consignment),
    ("release, withholding 释放与回收", _release),
    ("unsold 未成交", _unsold),
)
"""What auctions differ in, as columns."""


def markdown_table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown; bars inside cells are exchanged for slashes."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
