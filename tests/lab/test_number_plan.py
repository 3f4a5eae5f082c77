"""Every kind of number does what the plan says, as SIPp sees it: another SIP stack than the lab's."""

import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.lab import Lab
from cordboard.lab.number_plan import DEMO_DID, number
from tests.support.sipp import CALL_KEYS, Sipp

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("ending", "codes"),
    [
        ("1044", (200,)),
        ("8000", (200,)),
        ("2001", (180, 200)),
        ("9999", (180, 200)),
        ("4404", (404,)),
        ("4480", (480,)),
        ("4486", (486,)),
        ("4503", (503,)),
        ("4603", (603,)),
        ("4000", (404,)),
        ("5404", (183, 404)),
        ("5480", (183, 480)),
        ("5200", (183, 200)),
        ("6486", (180, 486)),
        ("6603", (180, 603)),
    ],
)
async def test_a_number_is_answered_with_its_codes(lab: Lab, sipp: Sipp, ending: str, codes: tuple[int, ...]) -> None:
    run = await sipp.call(number(ending), lab.carrier.name)
    assert run.codes() == codes
    call = await lab.carrier.released(number(ending))
    assert call.is_answered == (200 in codes)


async def test_a_number_rings_for_as_long_as_it_says(lab: Lab, sipp: Sipp) -> None:
    await sipp.call(number("2002"), lab.carrier.name)
    call = await lab.carrier.released()
    assert call.answered_at is not None
    assert 2.0 <= call.answered_at - call.invited_at < 4.0


async def test_a_number_hangs_up_after_the_time_it_says(lab: Lab, sipp: Sipp) -> None:
    await sipp.call(number("3002"), lab.carrier.name, scenario="call_until_released")
    call = await lab.carrier.released()
    assert call.answered_at is not None
    assert call.ended_at is not None
    assert 2.0 <= call.ended_at - call.answered_at < 4.0


async def test_a_number_rings_until_the_caller_gives_up(lab: Lab, sipp: Sipp) -> None:
    run = await sipp.call(number("7000"), lab.carrier.name, scenario="call_and_give_up", talk_seconds=0.3)
    assert run.codes() == (180, 487)
    call = await lab.carrier.released()
    assert not call.is_answered


async def test_any_number_of_any_shape_is_taken(lab: Lab, sipp: Sipp) -> None:
    for digits in ("113", "+12025550123", "0987651050", "84987651050", "+84987651050", "anna"):
        run = await sipp.call(digits, lab.carrier.name)
        assert run.codes()[-1] == 200
        assert (await lab.carrier.released(digits)).number == digits


async def test_the_carrier_tells_what_it_was_called_with(lab: Lab, sipp: Sipp) -> None:
    await sipp.call("+84987651044", lab.carrier.name, from_user="+842873000001", call_info="<sip:x>;a=1, <sip:y>")
    call = await lab.carrier.released("0987651044")
    assert call.number == "+84987651044"
    assert call.from_user == "+842873000001"
    assert call.headers["Request-URI"] == f"sip:+84987651044@{lab.carrier.name}"
    assert call.headers["From"].startswith("<sip:+842873000001@127.0.0.1")
    assert call.headers["To"].startswith("<sip:+84987651044@127.0.0.2")
    assert call.headers["Call-Info"] == "<sip:x>;a=1, <sip:y>"


async def test_a_carrier_can_be_out_of_order_while_the_other_is_not(lab: Lab, sipp: Sipp) -> None:
    await lab.carrier.behave(Behaviour.rejecting(503))
    assert (await sipp.call(number("1044"), lab.carrier.name)).codes() == (503,)
    assert (await sipp.call(number("1044"), lab.second_carrier.name)).codes() == (200,)
    await lab.carrier.behave(None)
    assert (await sipp.call(number("1044"), lab.carrier.name)).codes() == (200,)
    assert [len(carrier.calls()) for carrier in lab.carriers] == [2, 1]


@pytest.mark.parametrize("dialled", [DEMO_DID, "02873000001"])
async def test_a_number_that_has_an_owner_is_brought_there(lab: Lab, sipp: Sipp, dialled: str) -> None:
    owner = await sipp.listen("refuse", code=480)
    await lab.carrier.route(DEMO_DID, f"{owner.host}:{owner.port}")
    run = await sipp.call(dialled, lab.second_carrier.name, from_user="+84912345678")
    assert run.codes() == (480,)
    (invite,) = owner.received("INVITE")
    assert invite.start_line.startswith(f"INVITE sip:{DEMO_DID}@{owner.host}:{owner.port} ")
    assert invite.headers["From"].startswith(f"<sip:+84912345678@{lab.carrier.host}")
    await lab.carrier.route(DEMO_DID, None)
    assert (await sipp.call(dialled, lab.carrier.name)).codes() == (180, 200)
    assert len(owner.received("INVITE")) == 1


async def test_a_call_can_be_hung_up_by_number(lab: Lab, sipp: Sipp) -> None:
    run = await sipp.run(
        "call_until_released", lab.carrier.name, "-s", number("1044"), "-m", "1",
        keys=CALL_KEYS,
    )  # fmt: skip
    await lab.carrier.answered(number("1044", is_international=True))
    await lab.carrier.hang_up(number("1044"))
    await run.finished()
    assert len(run.received("BYE")) == 1


async def test_nothing_comes_out_of_the_black_hole(lab: Lab, sipp: Sipp) -> None:
    host, port = lab.black_hole
    run = await sipp.run(
        "call", f"{host}:{port}", "-s", number("1044"), "-m", "1", "-max_invite_retrans", "2", "-timeout", "4",
        keys=CALL_KEYS,
    )  # fmt: skip
    assert await run.process.wait() != 0
    assert not any(message.is_received for message in run.messages())
