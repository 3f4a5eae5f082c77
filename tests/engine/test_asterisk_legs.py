"""What a phone and a carrier see of the legs that the real engine dials."""

import pytest

from cordboard.domain import ids
from cordboard.domain.commands import CallerId, CreateBridge, Dial, HangUp, JoinBridge, Target, TargetKind
from cordboard.domain.leg_events import LegAnswered
from cordboard.lab import number_plan
from cordboard.lab.behaviour import Behaviour
from cordboard.lab.ledger import LabCall
from tests.engine.ground import TRUNK_ID, RealGround

pytestmark = pytest.mark.asyncio(loop_scope="session")

CUSTOMER = "0987654321"
NUMBER = number_plan.number("7000", is_international=True)
DID = "+842873001234"


async def invited(real: RealGround, command: Dial) -> LabCall:
    """What the party saw of the INVITE that ``command`` sends."""
    target = command.target
    party = real.lab.phones[target.address] if target.kind is TargetKind.PHONE else real.lab.carrier
    number = "" if target.kind is TargetKind.PHONE else target.address
    before = len(party.calls(number))
    await real.engine.execute(command)
    call = await party.called(number, times=before + 1)
    await real.engine.execute(HangUp(leg_id=command.leg_id))
    await real.witness.ended(command.leg_id)
    return call


async def dial(
    real: RealGround, target: Target, caller: CallerId, *, is_bridged: bool = False, is_auto_answered: bool = False
) -> LabCall:
    call_id = ids.new_call_id()
    if is_bridged:
        await real.engine.execute(CreateBridge(bridge_id=ids.bridge_id(call_id)))
    return await invited(
        real,
        Dial(
            leg_id=ids.leg_id(call_id, 1),
            target=target,
            caller=caller,
            ring_seconds=20,
            bridge_id=ids.bridge_id(call_id) if is_bridged else None,
            is_auto_answered=is_auto_answered,
        ),
    )


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_the_phone_shows_the_customer(real: RealGround, *, is_bridged: bool) -> None:
    phone = await real.add_lab_phone(Behaviour.ringing_out())
    call = await dial(real, phone, CallerId(number=CUSTOMER, name="Nguyễn Văn An"), is_bridged=is_bridged)
    assert call.from_user == CUSTOMER
    assert call.headers["From"].startswith(f'"Nguyễn Văn An" <sip:{CUSTOMER}@')
    assert not {"Call-Info", "Alert-Info", "Answer-Mode"} & call.headers.keys()
    assert call.headers["User-Agent"] == "Cordboard"


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_without_a_name_the_phone_shows_the_number_alone(real: RealGround, *, is_bridged: bool) -> None:
    phone = await real.add_lab_phone(Behaviour.ringing_out())
    call = await dial(real, phone, CallerId(number=CUSTOMER), is_bridged=is_bridged)
    assert call.headers["From"].startswith(f"<sip:{CUSTOMER}@")


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_a_name_cannot_forge_headers(real: RealGround, *, is_bridged: bool) -> None:
    phone = await real.add_lab_phone(Behaviour.ringing_out())
    name = 'An" <sip:911@evil.invalid>\r\nX-Forged: yes\\'
    call = await dial(real, phone, CallerId(number=CUSTOMER, name=name), is_bridged=is_bridged)
    assert call.from_user == CUSTOMER
    assert "X-Forged" not in call.headers


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_the_phone_is_asked_to_pick_up_by_itself(real: RealGround, *, is_bridged: bool) -> None:
    phone = await real.add_lab_phone(Behaviour.ringing_out())
    call = await dial(real, phone, CallerId(number=CUSTOMER), is_bridged=is_bridged, is_auto_answered=True)
    assert call.headers["Call-Info"].endswith(">;answer-after=0")
    assert call.headers["Alert-Info"].endswith(">;info=alert-autoanswer;delay=0")
    assert call.headers["Answer-Mode"] == "Auto"


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_the_carrier_reads_both_numbers_as_they_were_given(real: RealGround, *, is_bridged: bool) -> None:
    target = Target(kind=TargetKind.TRUNK, address=NUMBER, trunk_id=TRUNK_ID)
    call = await dial(real, target, CallerId(number=DID), is_bridged=is_bridged)
    assert call.headers["Request-URI"] == f"sip:{NUMBER}@{real.lab.carrier.host}:{real.lab.carrier.port}"
    assert call.headers["To"].startswith(f"<sip:{NUMBER}@")
    assert call.headers["From"].startswith(f"<sip:{DID}@")


async def test_the_agents_caller_id_does_not_reach_the_carrier(real: RealGround) -> None:
    """Asterisk would tell each leg of a bridge the other's number, and put it in the next INVITE."""
    call_id = ids.new_call_id()
    agent, bridge_id = ids.leg_id(call_id, 1), ids.bridge_id(call_id)
    phone = await real.add_lab_phone(Behaviour.answering(after_seconds=0))
    await real.engine.execute(
        Dial(leg_id=agent, target=phone, caller=CallerId(number=CUSTOMER, name="An"), ring_seconds=20)
    )
    await real.witness.leg(LegAnswered, agent)
    await real.engine.execute(CreateBridge(bridge_id=bridge_id))
    await real.engine.execute(JoinBridge(bridge_id=bridge_id, leg_id=agent))
    target = Target(kind=TargetKind.TRUNK, address=NUMBER, trunk_id=TRUNK_ID)
    for ordinal in range(2, 12):
        dialled = Dial(
            leg_id=ids.leg_id(call_id, ordinal),
            target=target,
            caller=CallerId(number=DID),
            ring_seconds=20,
            bridge_id=bridge_id,
        )
        call = await invited(real, dialled)
        assert call.headers["From"].startswith(f"<sip:{DID}@")
        assert CUSTOMER not in str(call.headers)
    await real.engine.execute(HangUp(leg_id=agent))
