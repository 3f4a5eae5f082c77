"""What our programs have in common: settings, log lines, and a stop that lets them finish."""

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from cordboard.settings import Settings

Work = Callable[[Settings], Awaitable[None]]


def run_program(name: str, work: Work) -> None:
    """Run ``work`` with this process's settings until it returns or SIGTERM or SIGINT cancels it."""
    settings = Settings.load()
    set_up_log(name, settings.log_level)
    # All that was imported stays. Unfrozen, every full collection looks through its 64,000 objects once more: 35 to
    # 42 ms in which no call goes on.
    gc.freeze()
    uvloop.run(_until_stopped(work, settings))


def set_up_log(program: str, level: str) -> None:
    """One line an event on standard error: logfmt-like on a terminal, JSON otherwise."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(program=program)


async def _until_stopped(work: Work, settings: Settings) -> None:
    task = asyncio.ensure_future(work(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
