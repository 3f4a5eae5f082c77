"""Call somebody with a click-to-call."""

from uuid import UUID

from cordboard.actions.core import Core
from cordboard.actions.make_call import AcceptedCall, CallRequest, make_call
from cordboard.domain.errors import NotFound
from cordboard.domain.tenant import Tenant


async def connect_click_to_call(core: Core, tenant: Tenant, click_to_call_id: UUID, number: str) -> AcceptedCall:
    """Accept a call between the click-to-call's extension and ``number``. Nobody is waited for.

    Raises:
        NotFound: there is no such click-to-call.
        CallRefused: as ``make_call`` does; AGENT_UNKNOWN also when the extension, NO_NUMBER when the DID is gone.
        Unavailable.
    """
    prepared = await core.store.for_tenant(tenant.id).click_to_calls.get(click_to_call_id)
    if prepared is None:
        raise NotFound("click-to-call", click_to_call_id.hex)
    wanted = CallRequest(
        extension=prepared.extension,
        number=number,
        first=prepared.first,
        may_be_group=True,
        did_number=prepared.did_number,
    )
    return await make_call(core, tenant, wanted)
