"""The deliveries' part of ``/metrics``. Workers write their counts down; any ``web`` shows all of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from cordboard.actions.count_deliveries import BUCKET, BUCKETS, RESULT, SECONDS
from cordboard.store import TargetState

# Series must stay few: of more targets that are behind, those that are behind the longest.
MOST_TARGETS = 100


class DeliveryMetrics(Collector):
    """What was last heard of deliveries."""

    def __init__(self) -> None:
        self._totals: Mapping[str, float] = {}
        self._targets: Sequence[TargetState] = ()
        self._oldest_seconds = 0.0

    def show(self, totals: Mapping[str, float], targets: Sequence[TargetState], now: datetime) -> None:
        """Show these from now on. ``targets``: the one that is behind the longest first."""
        self._totals, self._targets = totals, targets
        self._oldest_seconds = max(0.0, (now - targets[0].oldest_at).total_seconds()) if targets else 0.0

    def collect(self) -> Iterable[Metric]:
        """Prometheus' families."""
        results = CounterMetricFamily(
            "cordboard_delivery_attempts", "Attempts, by what came of them.", labels=("result",)
        )
        for name, value in sorted(self._totals.items()):
            if name.startswith(RESULT):
                results.add_metric((name.removeprefix(RESULT),), value)
        yield results
        took = HistogramMetricFamily("cordboard_delivery_attempt_seconds", "Time an attempt took.")
        took.add_metric((), self._buckets(), sum_value=self._totals.get(SECONDS, 0.0))
        yield took
        yield GaugeMetricFamily(
            "cordboard_oldest_undelivered_seconds",
            "Age of the oldest event that is not delivered, whatever it waits for.",
            value=self._oldest_seconds,
        )
        labels = ("tenant", "subscription", "host")
        unfinished = GaugeMetricFamily(
            "cordboard_undelivered", "Events that are not delivered, by target.", labels=labels
        )
        paused = GaugeMetricFamily("cordboard_target_paused", "1: its host does not answer.", labels=labels)
        for target in self._targets:
            names = (str(target.tenant_id), str(target.subscription_id), target.host)
            unfinished.add_metric(names, target.unfinished)
            paused.add_metric(names, int(target.is_paused))
        yield unfinished
        yield paused

    def _buckets(self) -> list[tuple[str, float]]:
        """Each with all that took less."""
        total, buckets = 0.0, []
        for bound in (*map(str, BUCKETS), "+Inf"):
            total += self._totals.get(BUCKET + bound, 0.0)
            buckets.append((bound, total))
        return buckets
