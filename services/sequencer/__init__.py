"""The sequencer: numbers, journals, judges and answers every command. See `services.sequencer.sequencer`."""

from services.sequencer.feed import Subscription
from services.sequencer.outcomes import (
    Answer,
    KeyReused,
    Limits,
    Malformed,
    QueueFull,
    SequencerError,
    Stopped,
    SubscriberTooSlow,
    TooOld,
)
from services.sequencer.sequencer import Sequencer

__all__ = [
    "Answer",
    "KeyReused",
    "Limits",
    "Malformed",
    "QueueFull",
    "Sequencer",
    "SequencerError",
    "Stopped",
    "SubscriberTooSlow",
    "Subscription",
    "TooOld",
]
