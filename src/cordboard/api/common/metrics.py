"""What this process counts, for Prometheus. Every process has its own registry and puts its id on each series."""

import os
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest

from cordboard.api.common.delivery_metrics import DeliveryMetrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
# Seconds. makeCall promises 0.1 at the 99th percentile.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

# Each counter's time of birth as a series of its own says nothing that the process's start does not.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client leaves it unannotated


class Metrics:
    """Counters of this process; gauges of the whole house are set when somebody asks."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._process = str(os.getpid())
        self._requests = Counter(
            "cordboard_requests", "Requests answered.", ("process", "method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "cordboard_request_seconds", "Time to answer.", ("process", "route"), buckets=_BUCKETS, registry=registry
        )
        self._refusals = Counter(
            "cordboard_refused_calls", "Calls refused, by reason.", ("process", "reason"), registry=registry
        )
        self._live = Gauge("cordboard_live_calls", "Calls not ended.", ("node",), registry=registry)
        self._queued = Gauge("cordboard_queued_calls", "Calls not started.", ("node",), registry=registry)
        self.deliveries = DeliveryMetrics()
        registry.register(self.deliveries)

    def count(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered. ``route`` is a path template, never a path: series must stay few."""
        requests, latency = self._series(method if method in _METHODS else "other", route, status)
        requests.inc()
        latency.observe(seconds)

    def count_refusal(self, reason: str) -> None:
        """One call was refused."""
        self._refusals.labels(self._process, reason).inc()

    def set_calls(self, node: str, *, live: int, queued: int) -> None:
        """How many calls a node has."""
        self._live.labels(node).set(live)
        self._queued.labels(node).set(queued)

    @lru_cache(maxsize=4096)  # noqa: B019 - one for each process
    def _series(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Looked up by their labels they take twice as long as what they count with."""
        return (
            self._requests.labels(self._process, method, route, str(status)),
            self._seconds.labels(self._process, route),
        )

    def text(self) -> bytes:
        """All of it in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry)
