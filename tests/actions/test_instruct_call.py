"""What live calls are told from outside."""

from uuid import uuid4

import pytest

from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.instruct_call import instruct_call
from cordboard.actions.make_call import AcceptedCall, CallRequest, make_call
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.instruction import InstructionKind
from tests.support.core import Shop


@pytest.fixture
async def accepted(shop: Shop) -> AcceptedCall:
    return await make_call(shop.core, shop.tenant, CallRequest(extension="6688", number="0912345678"))


async def test_instructions_reach_the_node_in_order_with_what_they_need(shop: Shop, accepted: AcceptedCall) -> None:
    told = [("hold", ""), ("resume", ""), ("transfer", " 101 "), ("hang_up", "")]
    for kind, argument in told:
        await instruct_call(shop.core, shop.tenant.id, accepted.id, InstructionKind(kind), argument)
    taken = await shop.core.store.system.instructions.take(shop.node.id)
    assert [(one.kind.value, one.argument) for one in taken] == [(kind, argument.strip()) for kind, argument in told]
    assert {one.call_id for one in taken} == {accepted.id}


@pytest.mark.parametrize("argument", ["", "  "])
async def test_a_transfer_has_to_lead_somewhere(shop: Shop, accepted: AcceptedCall, argument: str) -> None:
    with pytest.raises(InvalidInput, match="number"):
        await instruct_call(shop.core, shop.tenant.id, accepted.id, InstructionKind.TRANSFER, argument)
    assert await shop.core.store.system.instructions.take(shop.node.id) == []


async def test_only_the_tenants_own_live_calls_are_told_anything(shop: Shop, accepted: AcceptedCall) -> None:
    other = await create_tenant(shop.core, NewTenant(name="other"))
    for tenant_id, call_id in ((shop.tenant.id, uuid4()), (other.id, accepted.id)):
        with pytest.raises(NotFound):
            await instruct_call(shop.core, tenant_id, call_id, InstructionKind.HANG_UP)
    assert await shop.core.store.system.instructions.take(shop.node.id) == []
