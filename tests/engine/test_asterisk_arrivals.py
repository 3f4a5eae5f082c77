"""Who may call the real engine, and what it makes of an INVITE."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

import aiohttp
import pytest

from cordboard.domain.arrival import Arrival, TransferAsked
from cordboard.domain.commands import Answer, HangUp, HangUpReason, Target, TargetKind
from cordboard.domain.leg_events import LegAnswered, LegEnded, LegHungUp
from cordboard.domain.trunk import Trunk
from cordboard.engine.asterisk.sip_objects import SESSION_SECONDS
from tests.engine.callers import SippCaller
from tests.engine.ground import TRUNK_ID, RealGround, dialled
from tests.support.invite import Answers, Invite, invited, sdp_codecs

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRANGER = "127.0.0.4"
ALAW, ULAW, G722, OPUS, G729 = (
    ("8", "PCMA/8000"), ("0", "PCMU/8000"), ("9", "G722/8000"), ("96", "opus/48000/2"), ("18", "G729/8000"),
)  # fmt: skip


@asynccontextmanager
async def arrived(real: RealGround, invite: Invite) -> AsyncIterator[tuple[Arrival, Answers]]:
    """A carrier's call, refused in the end."""
    since = len(real.witness.events)
    async with invited(invite, real.node.sip, host=real.lab.carrier.host) as answers:
        arrival = await real.witness.until(Arrival, since=since)
        yield arrival, answers
        await real.engine.execute(HangUp(leg_id=arrival.leg_id, reason=HangUpReason.UNKNOWN_NUMBER))
        await real.witness.ended(arrival.leg_id)


async def code_for(real: RealGround, invite: Invite, host: str) -> int:
    """What an INVITE is answered that must not arrive."""
    since = len(real.witness.events)
    async with invited(invite, real.node.sip, host=host) as answers:
        code, _ = await answers.final()
    assert not [each for each in real.witness.events[since:] if isinstance(each, Arrival)]
    return code


async def test_a_carrier_calls_without_a_password(real: RealGround) -> None:
    invite = Invite(user="842873001234", from_header='"Nguyễn, Văn An" <sip:+84912345678@carrier.invalid>')
    async with arrived(real, invite) as (arrival, _):
        assert arrival.carrier_host == arrival.remote_address == real.lab.carrier.host
        assert arrival.other_hosts == ()
        assert arrival.sip_username == ""
        assert arrival.dialled == ("842873001234",)
        assert (arrival.caller_number, arrival.caller_name) == ("+84912345678", "Nguyễn, Văn An")


@pytest.mark.parametrize(
    ("user", "to_user", "dialled"),
    [
        ("+842873001234", "+842873001234", ("+842873001234",)),
        # A trunk that registers is called by the user that it registered; who was meant is in To.
        ("account", "02873001234", ("account", "02873001234")),
        ("+842873001234;npdi;rn=1", "+842873001234;npdi", ("+842873001234",)),
        (None, "02873001234", ("02873001234",)),
        (None, None, ()),
        ("*98%23", "*98%23", ("*98#",)),
        ("1", "1", ("1",)),
        ("+84,1", "%2B84,1", ("+84,1",)),
        ("%00", "1%00%0a2", ("12",)),
        ("alice.smith-9_x", "alice", ("alice.smith-9_x", "alice")),
    ],
)
async def test_who_was_meant(real: RealGround, user: str | None, to_user: str | None, dialled: tuple[str, ...]) -> None:
    async with arrived(real, Invite(user=user, to_user=to_user)) as (arrival, _):
        assert arrival.dialled == dialled


@pytest.mark.parametrize("user", ["h", "(1)", "."])
async def test_what_is_no_number_does_not_exist(real: RealGround, user: str) -> None:
    assert await code_for(real, Invite(user=user), real.lab.carrier.host) == 404


@pytest.mark.parametrize(
    ("from_header", "more", "number", "name"),
    [
        ("<sip:0912345678@carrier.invalid>", {}, "0912345678", ""),
        ('"0912345678" <sip:0912345678@carrier.invalid>', {}, "0912345678", ""),
        ('"An" <sip:anonymous@anonymous.invalid>', {}, "", "An"),
        (r'"\"An\" \\ Ngọc" <sip:0912345678@carrier.invalid>', {}, "0912345678", r'"An" \ Ngọc'),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', {"Privacy": "id"}, "", ""),
        ("<sip:0912345678@carrier.invalid>", {"Privacy": "user;id"}, "", ""),
        ("<sip:0912345678@carrier.invalid>", {"Privacy": "none"}, "0912345678", ""),
        (
            '"Anonymous" <sip:anonymous@anonymous.invalid>',
            {"P-Asserted-Identity": "<sip:+84912345678@carrier.invalid>", "Privacy": "id"},
            "",
            "",
        ),
        (
            "<sip:84287300@carrier.invalid>",
            {"P-Asserted-Identity": '"An, B" <sip:+84912345678@carrier.invalid>'},
            "+84912345678",
            "An, B",
        ),
        ("<sip:carrier.invalid>", {}, "", ""),
        ("<sip:alice@carrier.invalid>", {}, "", ""),
    ],
)
async def test_who_calls(real: RealGround, from_header: str, more: dict[str, str], number: str, name: str) -> None:
    async with arrived(real, Invite(from_header=from_header, more=more)) as (arrival, _):
        assert (arrival.caller_number, arrival.caller_name) == (number, name)


async def test_whoever_is_nobody_is_asked_for_a_password(real: RealGround) -> None:
    phone = await real.add_phone(is_registered=False)
    for caller in (phone.address, "trunk-1", f"carrier-{real.lab.carrier.host}", "0912345678", "anonymous"):
        assert await code_for(real, Invite(from_header=f"<sip:{caller}@x.invalid>"), STRANGER) == 401


async def test_a_carriers_caller_is_no_phone_without_its_password(real: RealGround) -> None:
    phone = await real.add_phone(is_registered=False)
    invite = Invite(from_header=f"<sip:{phone.address}@x.invalid>")
    assert await code_for(real, invite, real.lab.carrier.host) == 401
    run = await real.sipp.dial("100", real.node.sip, (phone.address, "wrong"))
    await run.until_told(401)
    await run.stop()
    assert not [
        each for each in real.witness.events if isinstance(each, Arrival) and each.sip_username == phone.address
    ]
    # It may call itself whatever else it likes: it is the carrier.
    async with arrived(real, Invite(from_header="<sip:trunk-1@x.invalid>")) as (arrival, _):
        assert arrival.sip_username == ""


async def test_a_carrier_whose_last_trunk_is_gone_is_nobody(real: RealGround) -> None:
    book = real.book.configuration
    host = real.lab.second_carrier.host
    trunk = Trunk(id=51, tenant_id=7, name="x", host=host)
    assert await code_for(real, Invite(), host) == 401
    await real.engine.provision(replace(book, trunks=(*book.trunks, trunk, replace(trunk, id=52, tenant_id=8))))
    await real.engine.provision(replace(book, trunks=(*book.trunks, trunk)))
    since = len(real.witness.events)
    async with invited(Invite(), real.node.sip, host=host) as answers:
        arrival = await real.witness.until(Arrival, since=since)
        await real.engine.execute(HangUp(leg_id=arrival.leg_id, reason=HangUpReason.UNKNOWN_NUMBER))
        assert (await answers.final())[0] == 404
    assert arrival.carrier_host == host
    await real.engine.provision(book)
    assert await code_for(real, Invite(), host) == 401


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ((G722, ALAW, ULAW), "8"),
        ((OPUS, G722, ULAW), "0"),
        ((G729, G722), "9"),
        ((OPUS,), "96"),
        ((OPUS, G722), "9"),
    ],
)
async def test_one_codec_is_answered_narrow_ones_first(
    real: RealGround, offered: tuple[tuple[str, str], ...], chosen: str
) -> None:
    async with arrived(real, Invite(codecs=offered)) as (arrival, answers):
        await real.engine.execute(Answer(leg_id=arrival.leg_id))
        code, text = await answers.final()
        assert code == 200
        assert sdp_codecs(text) == (chosen,)
        assert "Session-Expires: 90" in text


async def test_a_caller_with_no_codec_of_ours_is_told_so(real: RealGround) -> None:
    assert await code_for(real, Invite(codecs=(G729,)), real.lab.carrier.host) == 488


async def test_callers_keep_their_numbers_when_all_is_pushed_again(real: RealGround) -> None:
    """Asterisk would show all of them as unknown."""
    for _ in range(2):
        await real.engine.forget_provisioning()
        await real.engine.provision(real.book.configuration)
    async with arrived(real, Invite()) as (arrival, _):
        assert arrival.caller_number == "0912345678"


async def test_what_is_not_ours_is_not_in_the_snapshot(real: RealGround) -> None:
    settings = real.node.settings
    headers = {"Authorization": aiohttp.encode_basic_auth(settings.ari_user, settings.ari_password)}
    body = {"endpoint": f"PJSIP/100@trunk-{TRUNK_ID}", "app": "another", "channelId": "foreign-1"}
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        url = f"{settings.ari_url}/channels"
        await stack.enter_async_context(client.ws_connect(f"{settings.ari_url}/events", params={"app": "another"}))
        async with client.post(f"{url}/create", json=body) as answer:
            assert answer.status == 200
        async with client.get(f"{url}/foreign-1") as answer:
            assert answer.status == 200
        assert "foreign-1" not in (await real.engine.snapshot()).legs
        async with client.delete(f"{url}/foreign-1") as answer:
            assert answer.status == 204


async def test_a_carrier_cannot_transfer(real: RealGround) -> None:
    book = real.book.configuration
    carrier = await real.sipp.listen("answer_and_refer", calls=1, code=603)
    trunk = Trunk(id=53, tenant_id=1, name="x", host=carrier.host, port=carrier.port)
    await real.engine.provision(replace(book, trunks=(*book.trunks, trunk)))
    leg_id = await dialled(real, Target(kind=TargetKind.TRUNK, address="100", trunk_id=trunk.id))
    await real.witness.ended(leg_id)
    assert real.witness.told(leg_id) == [LegAnswered, LegHungUp, LegEnded]
    assert not [each for each in real.witness.events if isinstance(each, TransferAsked) and each.leg_id == leg_id]
    await carrier.finished()
    await real.engine.provision(book)


async def test_peers_that_vanish_are_missed(real: RealGround) -> None:
    """One that called and one that was called, while they talk: 57 and 66 s were seen (session timers of 90 s)."""
    caller = await real.call_from(await real.add_phone(is_registered=False), "100")
    await real.engine.execute(Answer(leg_id=caller.leg_id))
    await caller.until_told(200)
    assert isinstance(caller, SippCaller)
    carrier = await real.sipp.listen("answer", calls=1)
    trunk = Trunk(id=54, tenant_id=1, name="x", host=carrier.host, port=carrier.port)
    await real.engine.provision(replace(real.book.configuration, trunks=(*real.book.configuration.trunks, trunk)))
    leg_id = await dialled(real, Target(kind=TargetKind.TRUNK, address="100", trunk_id=trunk.id))
    await real.witness.leg(LegAnswered, leg_id)
    caller.run.freeze()
    carrier.freeze()
    for each in (caller.leg_id, leg_id):
        ended = await real.witness.until(LegEnded, partial(_is_of, each), seconds=SESSION_SECONDS)
        assert ended.cause.sip == 408
    await real.engine.provision(real.book.configuration)


def _is_of(leg_id: str, event: LegEnded) -> bool:
    return event.leg_id == leg_id
