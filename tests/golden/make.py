"""Makes the golden journal of this state of the sources: `python -m tests.golden.make NAME` writes `journals/NAME`.

A golden journal of a released version is never made again: that it still replays is what it is there for. Until the
first release, a change that is meant to change events or digests makes `journals/0.1.0` anew (delete the folder first).

0.1.0 is `story`, from before most tables were there; every other name is `tests.golden.whole`, which uses all of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine.commands import RoundAction
from tests.core.venue import CONSIGNED, Venue
from tests.engine.story import tell
from tests.golden.recording import record
from tests.golden.whole import tell_whole

JOURNALS = Path(__file__).with_name("journals")
EXPECTED = "expected.json"


def story() -> Venue:
    """Something in every room: a drawn day of orders, a cleared round, and one in each other stage."""
    venue = tell(20_231_124, 250, "small")
    book = venue.adopt(CONSIGNED)
    for name in ("draft", "open", "closed", "cancelled"):
        number = venue.round(name, book)
        venue.supply(number, 3, 10)
        if name == "draft":
            continue
        venue.act(number, RoundAction.OPEN)
        venue.bid(number, 4, 1_000, 5)
        if name == "closed":
            venue.act(number, RoundAction.CLOSE)
        if name == "cancelled":
            venue.act(number, RoundAction.CANCEL)
    return venue


def main() -> None:
    folder = JOURNALS / sys.argv[1]
    core = record(folder, story if sys.argv[1] == "0.1.0" else tell_whole)
    (folder / "writer.lock").unlink()
    expected = {
        "events": core.next_sequence - 1,
        "event_chain": core.event_chain.hex(),
        "state_digest": core.digest(),
    }
    (folder / EXPECTED).write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main()
