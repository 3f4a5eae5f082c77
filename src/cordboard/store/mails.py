"""The outbox of mails: written in the transaction of what they tell, claimed by workers."""

from datetime import datetime, timedelta

from cordboard.domain.mail import Mail
from cordboard.store.pool import Door, Row

_COLUMNS = "id, tenant_id, recipient, subject, body, created_at, attempts"


class Mails:
    """A tenant's mails."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def add(self, mail: Mail) -> None:
        """A mail to be sent at once."""
        await self._door.fetch(
            "INSERT INTO mails (tenant_id, id, recipient, subject, body, created_at, due_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $6)",
            self._tenant_id,
            mail.id,
            mail.recipient,
            mail.subject,
            mail.body,
            mail.created_at,
        )

    async def list(self) -> list[Mail]:
        """All that are kept, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM mails WHERE tenant_id = $1 ORDER BY created_at, id"
        return [_mail_of(row) for row in await self._door.fetch(sql, self._tenant_id)]


class AllMails:
    """Every tenant's mails that are to be sent."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def claim(self, limit: int, now: datetime, lease_seconds: float) -> list[Mail]:
        """Mails to send, oldest first. Nobody else gets them before the lease ends."""
        rows = await self._door.fetch(
            "WITH due AS (SELECT tenant_id, id FROM mails WHERE settled_at IS NULL AND due_at <= $2"
            " ORDER BY due_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)"
            " UPDATE mails m SET due_at = $3, attempts = m.attempts + 1 FROM due"
            " WHERE (m.tenant_id, m.id) = (due.tenant_id, due.id)"
            " RETURNING m.id, m.tenant_id, m.recipient, m.subject, m.body, m.created_at, m.attempts",
            limit,
            now,
            now + timedelta(seconds=lease_seconds),
        )
        return sorted((_mail_of(row) for row in rows), key=lambda mail: mail.created_at)

    async def settle(self, mail: Mail, at: datetime, error: str = "") -> None:
        """It was sent; or given up, and ``error`` says why."""
        sql = "UPDATE mails SET settled_at = $3, error = $4 WHERE (tenant_id, id) = ($1, $2)"
        await self._door.fetch(sql, mail.tenant_id, mail.id, at, error)

    async def put_off(self, mail: Mail, due_at: datetime, error: str) -> None:
        """It could not be sent: try again then."""
        sql = "UPDATE mails SET due_at = $3, error = $4 WHERE (tenant_id, id) = ($1, $2) AND settled_at IS NULL"
        await self._door.fetch(sql, mail.tenant_id, mail.id, due_at, error)


def _mail_of(row: Row) -> Mail:
    return Mail(
        id=row["id"],
        tenant_id=row["tenant_id"],
        recipient=row["recipient"],
        subject=row["subject"],
        body=row["body"],
        created_at=row["created_at"],
        attempts=row["attempts"],
    )
