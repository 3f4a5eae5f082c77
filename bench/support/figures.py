"""Figures: percentiles and lines of a table."""

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0..1) of ``values`` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def line(name: str, seconds: Sequence[float]) -> str:
    """A row: count, p50, p99 and maximum in ms."""
    ms = [1000 * value for value in seconds]
    p50, p99 = percentile(ms, 0.5), percentile(ms, 0.99)
    return f"{name:<44} n={len(ms):<6} p50={p50:8.1f} p99={p99:8.1f} max={max(ms):8.1f} ms"
