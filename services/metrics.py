"""Counters for whoever watches the server, in Prometheus' form. Nothing of what an order or bid says is in them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.compilations import Compilations
from services.sequencer import Sequencer

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Bounds of the histogram of how long calls take."""


class Metrics:
    """The metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "jingjia_calls", "Calls that ended, by method and status", ["method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "jingjia_call_seconds", "Duration of unary calls", ["method"], registry=self.registry, buckets=SECONDS
        )
        self.open_streams = Gauge("jingjia_open_streams", "Streams open now", ["method"], registry=self.registry)
        self.ready = Gauge("jingjia_ready", "1 while requests are served", registry=self.registry)

    def watch(self, sequencer: Sequencer) -> None:  # type: ignore[type-arg]
        """Adds what the sequencer knows, read when it is asked for."""

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(name, text, registry=self.registry)

        gauge("jingjia_queue_batches", "Batches waiting to be written").set_function(lambda: sequencer.queue_depth[0])
        gauge("jingjia_queue_rows", "Rows waiting to be written").set_function(lambda: sequencer.queue_depth[1])
        gauge("jingjia_durable_batches", "Last batch on the disk").set_function(lambda: sequencer.durable_through)
        compilations = Compilations()
        gauge("jingjia_compilations", "Kernels compiled or loaded since ready: 0").set_function(
            lambda: compilations.count
        )
        gauge("jingjia_last_sequence", "Last event judged").set_function(lambda: sequencer.core.next_sequence - 1)
