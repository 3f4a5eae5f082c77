"""Whose phone it is that calls."""

from dataclasses import dataclass

from cordboard.domain.tenant import Tenant
from cordboard.store.pool import Door
from cordboard.store.tenants import COLUMNS as TENANT_COLUMNS
from cordboard.store.tenants import tenant_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneLine:
    """What a SIP account is for."""

    tenant: Tenant
    extension: str


class Lines:
    """Every tenant's extensions, by what phones register with."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def of_phone(self, sip_username: str) -> PhoneLine | None:
        """The extension of a SIP account; None when there is none, or its tenant is disabled."""
        row = await self._door.row(
            f"SELECT {', '.join(f't.{column}' for column in TENANT_COLUMNS.split(', '))}, x.extension"
            " FROM extensions x JOIN tenants t ON t.id = x.tenant_id WHERE x.sip_username = $1 AND t.is_enabled",
            sip_username,
        )
        return None if row is None else PhoneLine(tenant=tenant_of(row), extension=row["extension"])
