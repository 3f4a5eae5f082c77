"""Prepare a click-to-call."""

from dataclasses import dataclass
from uuid import uuid4

from cordboard.actions.core import Core
from cordboard.actions.find_did import read_international
from cordboard.domain.call_state import Party
from cordboard.domain.click_to_call import ClickToCall
from cordboard.domain.errors import InvalidInput, LimitReached
from cordboard.domain.number import read_number
from cordboard.domain.tenant import Tenant
from cordboard.store import TenantRows


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClickToCall:
    """What a click-to-call is made of, as it was written. ``extension`` is an agent's or a group's."""

    name: str
    extension: str
    did_number: str
    first: Party = Party.AGENT


async def create_click_to_call(core: Core, tenant: Tenant, new: NewClickToCall) -> ClickToCall:
    """Make a click-to-call; there may be as many as the tenant has agents and groups.

    Raises:
        InvalidInput: nobody has ``extension``, or ``did_number`` is none of the tenant's, in whatever form.
        LimitReached, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        if not await rows.extensions.exists(new.extension) and await rows.groups.by_extension(new.extension) is None:
            raise InvalidInput("extension", "is no agent's and no group's")
        did_number = await _own_did(rows, new.did_number, tenant)
        count, most = await rows.click_to_calls.lock_room()
        if count >= most:
            raise LimitReached("click-to-calls, one for each user and group,", most)
        made = ClickToCall(
            id=uuid4(),
            tenant_id=tenant.id,
            name=new.name,
            extension=new.extension,
            did_number=did_number,
            first=new.first,
        )
        await rows.click_to_calls.add(made)
    return made


async def _own_did(rows: TenantRows, text: str, tenant: Tenant) -> str:
    """The tenant's DID that ``text`` is: as people write it in the tenant's country, else as E.164, also without +."""
    for number in (read_number(text, tenant.country), read_international(text)):
        if number is not None and await rows.dids.exists(number):
            return number
    raise InvalidInput("did_number", "is none of your numbers")
