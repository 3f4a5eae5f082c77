"""Is a call possible now; is this process alive; what has it counted."""

import asyncio
from datetime import datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.common.delivery_metrics import MOST_TARGETS
from cordboard.api.common.metrics import Metrics
from cordboard.domain.errors import Unavailable
from cordboard.domain.registration import Node

# A part beats every second or two; five seconds of silence and it is away.
FRESH = timedelta(seconds=5)
CHECK_SECONDS = 2.0
OK = "ok"
AWAY = "away"


class Health:
    """Answers for the parts that a call needs."""

    def __init__(self, core: Core, metrics: Metrics) -> None:
        self._core = core
        self._metrics = metrics

    async def healthz(self, _request: Request) -> Response:
        """200 when a call could be made now, else 503 with the part that is away."""
        parts = await self._parts()
        is_ok = all(state == OK for state in parts.values())
        body = {"status": OK if is_ok else "unavailable", **parts}
        return _json(body, 200 if is_ok else 503)

    async def livez(self, _request: Request) -> Response:
        """200 while this process serves."""
        return _json({"status": OK}, 200)

    async def metrics(self, _request: Request) -> Response:
        """Prometheus text. The gauges are left as they were while the database is away."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._count_calls()
                await self._count_deliveries()
        except (TimeoutError, Unavailable):
            pass
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _parts(self) -> dict[str, str]:
        system = self._core.store.system
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                nodes = await system.nodes.list()
                worker_beats = await system.workers.heartbeats()
        except (TimeoutError, Unavailable):
            return {"database": AWAY, "engine": "unknown", "worker": "unknown"}
        now = self._core.clock.now()
        engine = any(can_place_calls(node, now) for node in nodes)
        worker = any(now - beat <= FRESH for beat in worker_beats)
        return {"database": OK, "engine": OK if engine else AWAY, "worker": OK if worker else AWAY}

    async def _count_calls(self) -> None:
        system = self._core.store.system
        for node in await system.nodes.list():
            queued = await system.calls.queued(node.id)
            self._metrics.set_calls(node.name, live=node.live_calls, queued=len(queued))

    async def _count_deliveries(self) -> None:
        figures = self._core.store.system.delivery_figures
        totals, targets = await figures.totals(), await figures.targets(MOST_TARGETS)
        self._metrics.deliveries.show(totals, targets, self._core.clock.now())


def can_place_calls(node: Node, now: datetime) -> bool:
    """True when the node's ``switch`` is alive, its engine connected and told of phones and trunks."""
    if not node.is_connected or node.heartbeat_at is None or node.applied_revision <= 0:
        return False
    return now - node.heartbeat_at <= FRESH


def _json(body: dict[str, str], status: int) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
