"""Rounds, bids and lots from files: what is read, and how bad files are told off."""

from __future__ import annotations

from datetime import date

import pytest

from engine.commands import ParticipantClass, SupplyKind
from engine.parameters import Parameter
from engine.rules.problems import ProblemsFound
from services.offline.bid_files import PROBLEMS_MAX, read_bids, read_lots
from services.offline.round_files import OperatorValue, RoundFile, SupplyOffer, read_round
from services.rule_books.files import shipped_names
from tests.conftest import ROOT
from tests.rules.mutants import mutants

EXAMPLES = ROOT / "docs/examples"

ROUND = """\
[round]
name = "R"
rule_book = "shenzhen_2022"
day = 2022-08-12
instrument = "SZA-2021"
tick = "0.01"
lot = 10

[[supply]]
seller = "Shenzhen"
kind = "government"
group = 0
rank = 1
quantity = 580_760

[[value]]
parameter = "bid.guarantee"
value = "maximum_value"
why = "because"

[[value]]
parameter = "bid.minimum"
classes = ["key_emitter", "institution"]
value = 20
why = "because"
"""


def problems_of_round(text: str) -> list[str]:
    with pytest.raises(ProblemsFound) as caught:
        read_round("r.toml", text.encode())
    return [str(problem) for problem in caught.value.problems]


def problems_of_bids(text: str, lot: int = 1) -> list[str]:
    with pytest.raises(ProblemsFound) as caught:
        read_bids("b.csv", text.encode(), 1, lot)
    return [str(problem) for problem in caught.value.problems]


def test_a_round_is_read_as_it_is_written() -> None:
    assert read_round("r.toml", ROUND.encode()) == RoundFile(
        name="R",
        rule_book="shenzhen_2022",
        day=(date(2022, 8, 12) - date(1970, 1, 1)).days,
        instrument="SZA-2021",
        tick_minor=1,
        lot_units=10,
        supply=(SupplyOffer("Shenzhen", SupplyKind.GOVERNMENT, 0, 1, 58_076),),
        values=(
            OperatorValue(Parameter.BID_GUARANTEE, 0, 2, "because"),
            OperatorValue(Parameter.BID_MINIMUM, ParticipantClass.KEY_EMITTER, 20, "because"),
            OperatorValue(Parameter.BID_MINIMUM, ParticipantClass.INSTITUTION, 20, "because"),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "lot = 10",
            "lot = 7",
            (
                "r.toml:14: supply.quantity: found the number 580760\n"
                "  allowed: whole lots of 7 units\n"
                "  next: Correct the quantity or the lot."
            ),
        ),
        (
            '"government"',
            '"consigned"',
            (
                'r.toml:11: supply.kind: found the text "consigned"\n'
                "  allowed: one of: returned, government, reserve\n"
                "  next: Correct the value."
            ),
        ),
        (
            '"bid.guarantee"',
            '"bid.guarante"',
            (
                'r.toml:17: value.parameter: found the text "bid.guarante"\n'
                "  allowed: a parameter such as auction.reserve_price; all: docs/rule_books/parameters.md\n"
                "  next: Did you mean `bid.guarantee`?"
            ),
        ),
        (
            "day = 2022-08-12",
            "day = 2022-13-08",
            (
                "r.toml:4: round.day: 2022-13-08 is no day of the calendar\n"
                "  allowed: a date written year-month-day, such as 2022-08-12\n"
                "  next: Write the day that is meant. Month and day look swapped: 2022-08-13?"
            ),
        ),
        (
            'tick = "0.01"',
            "tick = 0.01",
            (
                "r.toml:6: round.tick: found the fraction 0.01\n"
                '  allowed: a price in quotes, such as "0.01"\n'
                "  next: Correct the value."
            ),
        ),
        (
            '["key_emitter", "institution"]',
            '["key_emitter", "key_emitter"]',
            (
                'r.toml:23: value.classes: found a list with the text "key_emitter", the text "key_emitter"\n'
                "  allowed: each word once\n"
                "  next: Correct the value."
            ),
        ),
    ],
)
def test_a_bad_round_gets_exactly_these_words(old: str, new: str, said: str) -> None:
    assert ROUND.count(old) == 1
    assert said in problems_of_round(ROUND.replace(old, new))


def test_a_value_set_twice_for_a_class_is_refused() -> None:
    again = '\n[[value]]\nparameter = "bid.minimum"\nclasses = ["institution"]\nvalue = 30\nwhy = "why not"\n'
    found = problems_of_round(ROUND + again)
    assert [line.split("\n")[0] for line in found] == [
        "r.toml:27: value: a second value of bid.minimum for one class; the first is at line 21"
    ]


def test_no_slip_in_a_round_passes() -> None:
    drawn = list(mutants("r.toml", ROUND, {"name", "rule_book", "instrument", "seller", "why"}))
    assert len(drawn) > 80
    for mutant in drawn:
        for problem in problems_of_round(mutant.text):
            assert len(problem.split("\n")) == 3, mutant
            assert problem.startswith("r.toml:"), mutant


def test_the_example_reads_and_names_a_book_that_ships() -> None:
    example = read_round("round.toml", (EXAMPLES / "round.toml").read_bytes())
    assert example.rule_book in shipped_names()
    bids = read_bids("bids.csv", (EXAMPLES / "bids.csv").read_bytes(), example.tick_minor, example.lot_units)
    lots = read_lots("lots.csv", (EXAMPLES / "lots.csv").read_bytes(), example.tick_minor, example.lot_units)
    assert sum(bid.quantity_lots for bid in bids) == 62_000
    assert sum(lot.quantity_lots for lot in lots) + sum(line.quantity_lots for line in example.supply) == 50_000
    assert [lot.holding_lots for lot in lots] == [100_000, 50_000]


def test_bids_are_read_in_ticks_and_lots() -> None:
    text = "bid_id,bidder,class,price,quantity,time\n1,A,key_emitter,29.64,120,\n\n2,B,institution,30,10,\n"
    first, second = read_bids("b.csv", text.encode(), tick_minor=2, lot_units=10)
    assert (first.line, first.bid_id, first.bidder, first.price_ticks, first.quantity_lots) == (2, "1", "A", 1482, 12)
    assert (second.line, second.participant_class, second.price_ticks) == (4, ParticipantClass.INSTITUTION, 1500)


@pytest.mark.parametrize(
    ("times", "order"),
    [
        (["", "", ""], "123"),
        (["3", "20", "1"], "312"),
        (["09:31:00", "09:30:59.5", "09:31:00"], "213"),
        (["2022-08-12T09:30:00", "2022-08-12 09:29:59.999999", "2022-08-11T10:00:00"], "321"),
    ],
)
def test_bids_come_in_the_order_of_arrival(times: list[str], order: str) -> None:
    lines = [f"{i},B{i},individual,1.00,1,{time}" for i, time in enumerate(times, 1)]
    text = "bid_id,bidder,class,price,quantity,time\n" + "\n".join(lines)
    assert "".join(bid.bid_id for bid in read_bids("b.csv", text.encode(), 1, 1)) == order


def test_all_problems_of_a_file_of_bids_come_at_once() -> None:
    text = (
        "bid_id,bidder,class,price,quantity,time\n"
        "1,A,key_emiter,29.64,1,\n"
        "1,B,institution,29.645,0,\n"
        "3,,institution,-1,1.5,\n"
        "4,B,individual,1.00,1\n"
        "5,B,individual,1.00,1,\n"
    )
    assert [line.split("\n")[0] for line in problems_of_bids(text)] == [
        'b.csv:2: class: found "key_emiter"',
        'b.csv:3: bid_id: found "1"; the first is at line 2',
        'b.csv:3: price: found "29.645"',
        'b.csv:3: quantity: found "0"',
        'b.csv:4: bidder: found ""',
        'b.csv:4: price: found "-1"',
        'b.csv:4: quantity: found "1.5"',
        "b.csv:5: 5 cells",
        'b.csv:6: class: found "individual"; B is institution at line 3',
    ]


@pytest.mark.parametrize("time", ["", "soon", "25:00:00", "2022-02-30T10:00:00", "09:30:00+08:00", "1.5"])
def test_a_time_of_another_form_than_the_first_is_refused(time: str) -> None:
    text = f"bid_id,bidder,class,price,quantity,time\n1,A,individual,1,1,09:30:00\n2,B,individual,1,1,{time}\n"
    assert [line.split("\n")[0] for line in problems_of_bids(text)] == [f'b.csv:3: time: found "{time}"']


@pytest.mark.parametrize(
    "header", ["", "bid_id,bidder,class,price,quantity", "bid_id,bidder,class,price,quantity,time,x"]
)
def test_a_wrong_header_is_one_problem(header: str) -> None:
    (only,) = problems_of_bids(header + "\n1,A,individual,1,1,\n" if header else "")
    assert only.endswith(
        "allowed: bid_id,bidder,class,price,quantity,time\n  next: Correct the first line: it names the columns."
    )


def test_a_file_full_of_problems_is_given_up() -> None:
    text = "bid_id,bidder,class,price,quantity,time\n" + "1,A,individual,x,x,\n" * 10_000
    assert PROBLEMS_MAX <= len(problems_of_bids(text)) <= PROBLEMS_MAX + 3


def test_lots_are_read_with_and_without_what_may_be_left_out() -> None:
    plain = read_lots("l.csv", b"consignor,quantity,minimum_price\nP,30,\nQ,20,41.50\n", 1, 10)
    assert [(lot.quantity_lots, lot.minimum_price_ticks, lot.holding_lots, lot.group) for lot in plain] == [
        (3, 0, None, 0),
        (2, 4150, None, 0),
    ]
    assert plain[0].participant_class is ParticipantClass.KEY_EMITTER
    whole = b"consignor,quantity,minimum_price,class,group,holding\nP,30,,institution,2,500\n"
    (lot,) = read_lots("l.csv", whole, 1, 10)
    assert (lot.participant_class, lot.group, lot.holding_lots) == (ParticipantClass.INSTITUTION, 2, 50)


def test_a_consignor_with_two_holdings_is_refused() -> None:
    text = b"consignor,quantity,minimum_price,holding\nP,30,,100\nP,30,,90\n"
    with pytest.raises(ProblemsFound, match=r'l\.csv:3: consignor: found "P"; otherwise at line 2'):
        read_lots("l.csv", text, 1, 10)
