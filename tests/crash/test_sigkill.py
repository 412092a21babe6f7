"""A writer is killed at random moments under load, again and again: nothing acknowledged is lost or done twice."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.outcomes import Outcome
from services.journal.verify import verify
from tests.conftest import Seen
from tests.crash.nursery import Nursery, check_journal

pytestmark = pytest.mark.compiled


@pytest.mark.parametrize(
    ("kills", "seed"),
    [(15, 4), *(pytest.param(50, seed, marks=pytest.mark.long) for seed in range(50, 60))],
)
def test_killed_at_random_moments(tmp_path: Path, seen: Seen, kills: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    folder, keys_file = tmp_path / "journal", tmp_path / "keys.npy"
    acknowledged = []
    with Nursery(folder, seed) as nursery:
        for kill in range(kills):
            pid = nursery.ask("live")
            if kill % 5 == 4:
                # In the middle of a start: creation, replay, the first writes.
                nursery.listen(float(random.uniform(0.0, 0.05)))
            else:
                nursery.until("ready")
                nursery.listen(float(random.uniform(0.0, 0.25)))
            nursery.kill(pid)
            if not (folder / "journal.sqlite").exists():
                continue
            digest, next_sequence, keys = nursery.audit(keys_file)
            nursery.ready = []
            check_journal(nursery, digest, next_sequence, keys)
            nursery.ask("stop")
            nursery.until("dead")
            check_journal(nursery, digest, next_sequence, keys)
            acknowledged.append(len(nursery.told))
    assert verify(folder).problems == []
    grown = sum(after > before for before, after in pairwise(acknowledged))
    assert grown > kills // 2, "most lives got something acknowledged"
    outcomes = Counter(Outcome(outcome) for outcome, _, _ in nursery.told.values())
    assert outcomes[Outcome.ACCEPTED] > kills
    assert len(outcomes) > 1, "refusals are remembered too"
    seen("SIGKILL of the writer alone, in the middle of starts too", kills)
    seen("rows acknowledged by writers that were killed", len(nursery.told))
