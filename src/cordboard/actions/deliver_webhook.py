"""Send one webhook: an attempt, and what it means for the delivery and its subscription."""

import asyncio
import random

from cordboard.actions.core import Core
from cordboard.actions.switch_off_webhooks import switch_off_gone
from cordboard.delivery.schedule import is_gone, next_due_at
from cordboard.delivery.sender import Sender
from cordboard.domain.errors import Unavailable
from cordboard.domain.webhook import Attempt, Delivery
from cordboard.store import FinishedAttempt

DELIVERED = "delivered"
GIVEN_UP = "given_up"
GONE = "gone"

# Beyond the attempt itself: as long as the database may be away without the receiver's getting the event again.
LEASE_MARGIN_SECONDS = 15
RECORD_AGAIN_SECONDS = 0.5


async def claim_deliveries(core: Core, limit: int, worker: str = "") -> list[Delivery]:
    """Up to ``limit`` deliveries for ``worker`` to send now, of all tenants. Raises Unavailable."""
    settings = core.settings
    lease_seconds = settings.delivery_timeout_seconds + LEASE_MARGIN_SECONDS
    return await core.store.system.deliveries.claim(
        limit, core.clock.now(), lease_seconds, settings.delivery_slots, settings.delivery_rate, worker=worker
    )


async def deliver_webhook(core: Core, sender: Sender, log: "AttemptLog", delivery: Delivery) -> FinishedAttempt:
    """Make one attempt of a claimed delivery and write down what came of it.

    Raises:
        Unavailable: the database stayed away. The attempt was made; its lease brings the delivery back, and the
            receiver may get it a second time, under the same ``webhook-id``.
    """
    attempt = await sender.send(delivery)
    finished = judge(delivery, attempt, jitter=random.random())
    await log.write(finished)
    if finished.outcome == GONE:
        await switch_off_gone(core, delivery.tenant_id, delivery.subscription_id)
    return finished


def judge(delivery: Delivery, attempt: Attempt, *, jitter: float) -> FinishedAttempt:
    """What an attempt means for its delivery. ``jitter``: see ``next_due_at``. Pure."""
    finished = FinishedAttempt(delivery=delivery, attempt=attempt)
    if attempt.is_delivered:
        return FinishedAttempt(delivery=delivery, attempt=attempt, outcome=DELIVERED)
    if is_gone(attempt):
        return FinishedAttempt(delivery=delivery, attempt=attempt, outcome=GONE)
    due_at = next_due_at(
        delivery.attempts + 1,
        finished.finished_at,
        retry_after_seconds=attempt.retry_after_seconds,
        jitter=jitter,
    )
    outcome = "" if due_at else GIVEN_UP
    return FinishedAttempt(delivery=delivery, attempt=attempt, next_due_at=due_at, outcome=outcome)


class AttemptLog:
    """Writes what became of attempts, many in one transaction: whatever comes in while one is written is the next."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._waiting: list[tuple[FinishedAttempt, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, finished: FinishedAttempt) -> None:
        """Return when it is committed. Raises Unavailable when the database stayed away until the lease's end."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((finished, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                error = await self._try([finished for finished, _ in batch])
                for _, done in batch:
                    if done.cancelled():
                        continue
                    if error is None:
                        done.set_result(None)
                    else:
                        done.set_exception(error)
        finally:
            self._writer = None

    async def _try(self, batch: list[FinishedAttempt]) -> Exception | None:
        """Write until it is written, or one that came first has lost its lease. Returns what went wrong at last."""
        until = min(finished.delivery.due_at for finished in batch)
        while True:
            try:
                await self._core.store.system.deliveries.record_all(batch)
            except Unavailable as away:
                if self._core.clock.now() >= until:
                    return away
                await asyncio.sleep(RECORD_AGAIN_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                return error
            else:
                return None
