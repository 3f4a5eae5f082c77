"""The lab's phones register, and do with a call what they were told; SIPp is registrar and caller."""

import re

import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.lab import Lab, PhoneAccount
from cordboard.lab.parties import LabPhone
from tests.support.sipp import SipMessage, Sipp, SippRun

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "a long and secret password"


async def registrar(sipp: Sipp) -> SippRun:
    """A registrar to which all phones have ``PASSWORD``."""
    return await sipp.listen("registrar", phone_password=PASSWORD)


async def registered_phone(lab: Lab, sipp: Sipp, behaviour: Behaviour) -> tuple[LabPhone, SipMessage]:
    """A phone, and the REGISTER that was accepted."""
    server = await registrar(sipp)
    phone = await lab.add_phone("6688-abcdef", PASSWORD, f"127.0.0.1:{server.port}", behaviour)
    await lab.registered()
    return phone, await server.until("REGISTER", times=2)


async def call(sipp: Sipp, register: SipMessage, *, scenario: str = "call", **more: str) -> SippRun:
    """Call a phone at the contact that it registered."""
    contact = re.search(r"<sip:([^@]+)@([^;>]+)([^>]*)>", register.headers["Contact"])
    assert contact
    user, target, parameters = contact.groups()
    return await sipp.call(user, target, scenario=scenario, talk_seconds=0.3, uri_parameters=parameters, **more)


async def test_a_phone_registers_and_is_called_at_its_contact(lab: Lab, sipp: Sipp) -> None:
    phone, register = await registered_phone(lab, sipp, Behaviour.answering(after_seconds=0))
    assert register.headers["To"].startswith("<sip:6688-abcdef@127.0.0.1")
    run = await call(sipp, register, from_user="0987654321")
    assert run.codes() == (200,)
    noted = await phone.released()
    assert (noted.from_user, noted.number, noted.is_answered) == ("0987654321", "6688-abcdef", True)
    assert not lab.carrier.calls()


async def test_phones_of_one_account_are_apart(lab: Lab, sipp: Sipp) -> None:
    server = await registrar(sipp)
    account = ("6688-abcdef", PASSWORD, f"127.0.0.1:{server.port}")
    desk = await lab.add_phone(*account, Behaviour.busy(), name="desk")
    mobile = await lab.add_phone(*account, Behaviour.answering(after_seconds=0), name="mobile")
    await lab.registered()
    accepted = [each for each in server.received("REGISTER") if "Authorization" in each.headers]
    assert {each.headers["To"] for each in accepted} == {f"<sip:{account[0]}@127.0.0.1>"}
    for phone, codes in ((desk, (486,)), (mobile, (200,))):
        register = next(each for each in accepted if f":{phone.name}@" in each.headers["Contact"])
        assert (await call(sipp, register)).codes() == codes
        await phone.released()
        assert len(phone.calls()) == 1


async def test_a_wrong_password_does_not_register(lab: Lab, sipp: Sipp) -> None:
    server = await registrar(sipp)
    await lab.add_phone("alice", "wrong", f"127.0.0.1:{server.port}")
    await server.until("REGISTER", times=2)
    assert await lab.ledger.until(lambda: None if server.codes("REGISTER") else True)
    assert (await lab.registration_states())["alice"] != "Registered"


@pytest.mark.parametrize(
    ("behaviour", "codes"),
    [
        (Behaviour.answering(after_seconds=0), (200,)),
        (Behaviour.answering(after_seconds=0.5), (180, 200)),
        (Behaviour.busy(), (486,)),
        (Behaviour.declining(after_seconds=0.5), (180, 603)),
        (Behaviour.rejecting(404), (404,)),
        (Behaviour.rejecting(480), (480,)),
        (Behaviour.rejecting(607), (607,)),
    ],
    ids=["answers", "rings and answers", "busy", "declines", "404", "480", "607"],
)
async def test_a_phone_behaves_as_told(lab: Lab, sipp: Sipp, behaviour: Behaviour, codes: tuple[int, ...]) -> None:
    phone, register = await registered_phone(lab, sipp, behaviour)
    assert (await call(sipp, register)).codes() == codes
    assert (await phone.released()).is_answered == (200 in codes)


async def test_a_phone_changes_its_mind_while_it_runs(lab: Lab, sipp: Sipp) -> None:
    phone, register = await registered_phone(lab, sipp, Behaviour.busy())
    assert (await call(sipp, register)).codes() == (486,)
    await phone.behave(Behaviour.ringing_out())
    assert (await call(sipp, register, scenario="call_and_give_up")).codes() == (180, 487)
    await phone.behave(Behaviour.answering(after_seconds=0, talk_seconds=1))
    run = await call(sipp, register, scenario="call_until_released")
    assert len(run.received("BYE")) == 1


async def test_an_automatic_phone_answers_only_when_it_is_asked_to(lab: Lab, sipp: Sipp) -> None:
    _, register = await registered_phone(lab, sipp, Behaviour.automatic())
    assert (await call(sipp, register, scenario="call_and_give_up")).codes() == (180, 487)
    assert (await call(sipp, register, call_info="<sip:127.0.0.1>;answer-after=0")).codes() == (200,)


async def test_a_phone_is_removed_and_can_come_back(lab: Lab, sipp: Sipp) -> None:
    server = await registrar(sipp)
    account = PhoneAccount(username="bob", password=PASSWORD, registrar=f"127.0.0.1:{server.port}")
    (phone,) = await lab.add_phones((account,))
    await lab.registered()
    await lab.remove_phone(phone)
    assert "bob" not in await lab.registration_states()
    await lab.add_phones((account,))
    await lab.registered()


async def test_two_hundred_phones_register_at_once(lab: Lab, sipp: Sipp) -> None:
    server = await registrar(sipp)
    where = f"127.0.0.1:{server.port}"
    names = [f"agent{index}" for index in range(200)]
    phones = await lab.add_phones(PhoneAccount(username=name, password=PASSWORD, registrar=where) for name in names)
    assert len(phones) == 200
    await lab.registered()
    states = await lab.registration_states()
    assert [name for name in names if states[name] != "Registered"] == []
