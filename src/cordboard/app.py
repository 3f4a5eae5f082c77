"""The composition root: the only place, besides the supervisor and the lab, that knows which parts there are."""

import time
from datetime import UTC, datetime

from starlette.applications import Starlette

from cordboard.actions.core import Core
from cordboard.api.routes import build_application, build_renderers
from cordboard.domain.clock import Clock
from cordboard.engine.port import Engine
from cordboard.settings import Settings
from cordboard.store import Store


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()


async def build_core(settings: Settings) -> Core:
    """Open the database and put the parts together. Raises Unavailable when the database is away."""
    store = await Store.open(settings.database_url, key_file=settings.key_file)
    return Core(settings=settings, clock=SystemClock(), store=store, renderers=build_renderers(settings))


def build_engine(settings: Settings, clock: Clock) -> Engine:
    """The engine that this copy's node drives."""
    # Here, since only the switch needs it: it costs every command of the command line 0.1 s.
    from cordboard.engine.asterisk.engine import AsteriskEngine  # noqa: PLC0415 - as said

    return AsteriskEngine(settings, clock)


def build_web(core: Core) -> Starlette:
    """Everything that ``web`` serves."""
    return build_application(core)
