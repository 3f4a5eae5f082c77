"""Where the contract is tried: an engine with people around it, real or simulated."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from itertools import count
from typing import Protocol, TypeVar
from uuid import UUID

from cordboard.domain import ids
from cordboard.domain.arrival import Arrival
from cordboard.domain.cause import Cause
from cordboard.domain.commands import CallerId, CreateBridge, Dial, Target, TargetKind
from cordboard.domain.leg_events import LegEnded, LegEvent
from cordboard.domain.provisioning import SIP_REALM, NodeConfiguration, Phone
from cordboard.domain.trunk import Trunk
from cordboard.engine.fake import FakeEngine
from cordboard.engine.fake_script import FOREVER_SECONDS, Script
from cordboard.engine.port import Engine, EngineConnected, EngineEvent
from cordboard.lab import number_plan
from cordboard.lab.behaviour import FOREVER_SECONDS as LAB_FOREVER_SECONDS
from cordboard.lab.behaviour import Behaviour
from cordboard.lab.lab import Lab
from tests.engine.callers import Caller, FakeCaller, SippCaller
from tests.support.asterisk import AsteriskNode
from tests.support.cable import Cable
from tests.support.sipp import Sipp

T = TypeVar("T", bound=EngineEvent)

WAIT_SECONDS = 20.0
PASSWORD = "secret"
TRUNK_ID = 1
SILENT_TRUNK_ID = 2
CALLER = CallerId(number="0912345678")

_names = count(101)


class Witness:
    """Reads all that an engine tells. ``events``: oldest first."""

    def __init__(self, engine: Engine) -> None:
        self.events: list[EngineEvent] = []
        self._engine = engine
        self._change = asyncio.Event()

    async def run(self) -> None:
        """Read until cancelled."""
        async for event in self._engine.events():
            self.events.append(event)
            self._change.set()
            self._change = asyncio.Event()

    async def until(
        self,
        kind: type[T],
        where: Callable[[T], bool] = lambda _: True,
        *,
        since: int = 0,
        seconds: float = WAIT_SECONDS,
    ) -> T:
        """Wait for an event; ``since`` is how many to pass over. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                change = self._change
                for event in self.events[since:]:
                    if isinstance(event, kind) and where(event):
                        return event
                await change.wait()

    async def leg(self, kind: type[T], leg_id: str) -> T:
        """Wait for an event of a leg."""
        return await self.until(kind, lambda event: getattr(event, "leg_id", "") == leg_id)

    async def ended(self, leg_id: str) -> Cause:
        """Wait for a leg's end, and say why it ended."""
        return (await self.leg(LegEnded, leg_id)).cause

    def told(self, leg_id: str) -> list[type[LegEvent]]:
        """What was told of a leg: each kind once (phones may say twice that they ring), in order; no event twice."""
        events = [event for event in self.events if isinstance(event, LegEvent) and event.leg_id == leg_id]
        assert len(set(events)) == len(events)
        return list(dict.fromkeys(type(event) for event in events))

    async def until_true(self, ask: Callable[[], Awaitable[bool]]) -> None:
        """Ask until it is so. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not await ask():
                await asyncio.sleep(0.01)


class Ground(Protocol):
    """An engine and the people around it."""

    engine: Engine
    witness: Witness

    async def add_phone(self, script: Script | None = None, *, is_registered: bool = True) -> Target:
        """A new phone, provisioned; known to be registered when this returns, unless it shall not be."""

    def number(self, script: Script) -> Target:
        """A number behind a trunk where somebody does what ``script`` says."""

    async def hang_up(self, target: Target, leg_id: str) -> None:
        """The far end hangs up."""

    async def hold(self, target: Target, leg_id: str, *, is_held: bool = True) -> None:
        """The far end puts us on hold, or comes back."""

    async def unregister(self, target: Target, *, is_second: bool = False) -> None:
        """The phone, or the second one of its account, takes its registration back."""

    async def call_from(self, target: Target, number: str) -> Caller:
        """The phone calls ``number``; the call has arrived when this returns."""

    async def refused(self, target: Target, number: str) -> tuple[int, ...]:
        """The phone calls ``number`` and never arrives: what it was told."""

    async def add_second_phone(self, target: Target, script: Script) -> None:
        """Another phone of the same account; known to be registered when this returns."""

    async def cut(self) -> None:
        """Break the connection to the engine."""

    async def mend(self) -> None:
        """Let it come back."""

    async def restart(self) -> None:
        """Kill the engine and start it again."""

    def calls(self, target: Target) -> int:
        """How many INVITEs ``target`` got."""


class Book:
    """What a node shall know: phones are added, none is taken away."""

    def __init__(self, *trunks: Trunk) -> None:
        self.configuration = NodeConfiguration(revision=1, trunks=trunks)

    def add_phone(self) -> str:
        """A new account's SIP username."""
        name = f"{next(_names)}-abcdef"
        phone = Phone(
            sip_username=name,
            password_md5=hashlib.md5(f"{name}:{SIP_REALM}:{PASSWORD}".encode()).hexdigest(),  # noqa: S324 - RFC 2617
            tenant_id=1,
            extension=name[:3],
            display_name="",
        )
        phones = (*self.configuration.phones, phone)
        revision = self.configuration.revision + 1
        self.configuration = NodeConfiguration(revision=revision, phones=phones, trunks=self.configuration.trunks)
        return name


class FakeGround:
    """The simulated engine, by the machine's clock."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine: Engine = engine
        self.witness = Witness(engine)
        self._fake = engine
        trunks = (Trunk(id=TRUNK_ID, tenant_id=1, name="one", host="carrier.invalid"),)
        self.book = Book(*trunks, Trunk(id=SILENT_TRUNK_ID, tenant_id=1, name="two", host="silent.invalid"))

    async def add_phone(self, script: Script | None = None, *, is_registered: bool = True) -> Target:
        name = self.book.add_phone()
        await self.engine.provision(self.book.configuration)
        self._fake.network.script(name, script or Script.answering())
        if is_registered:
            self._fake.network.register(name)
        return Target(kind=TargetKind.PHONE, address=name)

    def number(self, script: Script) -> Target:
        number = f"+8498{next(_names):07d}"
        self._fake.network.script(number, script)
        return Target(kind=TargetKind.TRUNK, address=number, trunk_id=TRUNK_ID)

    async def hang_up(self, _target: Target, leg_id: str) -> None:
        self._fake.network.hang_up(leg_id)

    async def hold(self, _target: Target, leg_id: str, *, is_held: bool = True) -> None:
        self._fake.network.hold(leg_id, is_held=is_held)

    async def unregister(self, target: Target, *, is_second: bool = False) -> None:
        contact = _second_contact(target) if is_second else ""
        self._fake.network.register(target.address, contact, is_registered=False)

    async def call_from(self, target: Target, number: str) -> Caller:
        leg = self._fake.network.call_in(number, sip_username=target.address)
        await self.witness.leg(Arrival, leg.id)
        return FakeCaller(self._fake.network, leg)

    async def refused(self, target: Target, number: str) -> tuple[int, ...]:
        return tuple(self._fake.network.call_in(number, sip_username=target.address).codes)

    async def add_second_phone(self, target: Target, script: Script) -> None:
        contact = _second_contact(target)
        self._fake.network.script(contact, script)
        self._fake.network.register(target.address, contact)

    async def cut(self) -> None:
        self._fake.cut()

    async def mend(self) -> None:
        self._fake.connect()

    async def restart(self) -> None:
        self._fake.restart()

    def calls(self, target: Target) -> int:
        dials = [each for each in self._fake.executed if isinstance(each, Dial) and each.target == target]
        return len({dial.leg_id for dial in dials})


class RealGround:
    """An Asterisk with the lab's phones and carriers around it."""

    def __init__(self, engine: Engine, node: AsteriskNode, lab: Lab, cable: Cable, sipp: Sipp) -> None:
        self.engine = engine
        self.sipp = sipp
        self.witness = Witness(engine)
        self.node = node
        self.lab = lab
        self._cable = cable
        carrier, (silent_host, silent_port) = lab.carrier, lab.black_hole
        trunks = (Trunk(id=TRUNK_ID, tenant_id=1, name="one", host=carrier.host, port=carrier.port),)
        silent = Trunk(id=SILENT_TRUNK_ID, tenant_id=1, name="two", host=silent_host, port=silent_port)
        self.book = Book(*trunks, silent)

    async def add_phone(self, script: Script | None = None, *, is_registered: bool = True) -> Target:
        return await self.add_lab_phone(_behaviour(script or Script.answering()), is_registered=is_registered)

    async def add_lab_phone(self, behaviour: Behaviour, *, is_registered: bool = True) -> Target:
        """A phone that can do all that the lab's can."""
        name = self.book.add_phone()
        await self.engine.provision(self.book.configuration)
        if is_registered:
            await self.lab.add_phone(name, PASSWORD, self.node.sip, behaviour)
            await self.is_registered(name)
        return Target(kind=TargetKind.PHONE, address=name)

    async def is_registered(self, name: str) -> None:
        """Wait until the engine knows that the phone is there."""
        async with asyncio.timeout(WAIT_SECONDS):
            while name not in {each.sip_username for each in await self.engine.registrations() if each.is_registered}:
                await asyncio.sleep(0.02)

    def number(self, script: Script) -> Target:
        trunk_id = SILENT_TRUNK_ID if script.is_silent else TRUNK_ID
        address = number_plan.number(_ending(script), is_international=True)
        return Target(kind=TargetKind.TRUNK, address=address, trunk_id=trunk_id)

    async def hang_up(self, target: Target, _leg_id: str) -> None:
        phone = self.lab.phones[target.address]
        await phone.answered()  # we may know before the lab does
        await phone.hang_up()

    async def hold(self, target: Target, _leg_id: str, *, is_held: bool = True) -> None:
        phone = self.lab.phones[target.address]
        await phone.answered()
        await (phone.hold() if is_held else phone.resume())

    async def unregister(self, target: Target, *, is_second: bool = False) -> None:
        name = _second_name(target) if is_second else target.address
        await self.lab.unregister(self.lab.phones[name])

    async def call_from(self, target: Target, number: str) -> Caller:
        since = len(self.witness.events)
        run = await self.sipp.dial(number, self.node.sip, (target.address, PASSWORD))
        try:
            arrival = await self.witness.until(Arrival, lambda each: each.sip_username == target.address, since=since)
        except TimeoutError:
            raise AssertionError(f"no call arrived; SIPp ended: {run.process.returncode}\n{run.transcript}") from None
        return SippCaller(run, arrival.leg_id)

    async def refused(self, target: Target, number: str) -> tuple[int, ...]:
        run = await self.sipp.dial(number, self.node.sip, (target.address, PASSWORD))
        return SippCaller(await run.finished(), "").codes()

    async def add_second_phone(self, target: Target, script: Script) -> None:
        phone = await self.lab.add_phone(
            target.address, PASSWORD, self.node.sip, _behaviour(script), name=_second_name(target)
        )
        await self.witness.until_true(partial(self._has_contacts, phone.username, 2))

    async def _has_contacts(self, name: str, count: int) -> bool:
        found = {each.sip_username: each.contacts for each in await self.engine.registrations()}
        return len(found[name]) == count

    async def cut(self) -> None:
        await self._cable.cut()

    async def mend(self) -> None:
        await self._cable.mend()

    async def restart(self) -> None:
        await self._contacts_are_on_disk()
        await self.node.kill()
        await self.node.start()

    async def _contacts_are_on_disk(self) -> None:
        """Asterisk commits its database once a second: a REGISTER just before ``kill -9`` is lost."""
        names = {each.sip_username for each in await self.engine.registrations() if each.is_registered}
        with closing(sqlite3.connect(self.node.layout.run_folder / "db" / "astdb.sqlite3")) as database:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    keys = " ".join(key for (key,) in database.execute("SELECT key FROM astdb"))
                    if all(name in keys for name in names):
                        return
                    await asyncio.sleep(0.05)

    def calls(self, target: Target) -> int:
        party = self.lab.phones[target.address] if target.kind is TargetKind.PHONE else self.lab.carrier
        return len(party.calls(target.address))


def _second_contact(target: Target) -> str:
    return f"sip:{target.address}@127.0.0.1:5064"


def _second_name(target: Target) -> str:
    return f"{target.address}-second"


def _behaviour(script: Script) -> Behaviour:
    talk_seconds = LAB_FOREVER_SECONDS if script.talk_seconds == FOREVER_SECONDS else script.talk_seconds
    return Behaviour(
        sip_code=script.sip_code,
        ring_seconds=script.ring_seconds,
        is_announced=bool(script.announce_seconds),
        talk_seconds=talk_seconds,
    )


def _ending(script: Script) -> str:
    """The number of the lab's plan whose party does that."""
    if script.is_silent:
        return "1000"
    if script.announce_seconds:
        return f"5{script.sip_code}"
    if script.sip_code == 0:
        return "7000"
    if script.sip_code != 200:
        return f"{'6' if script.ring_seconds else '4'}{script.sip_code}"
    if script.talk_seconds != FOREVER_SECONDS:
        return f"3{int(script.talk_seconds):03d}"
    return f"2{int(script.ring_seconds):03d}" if script.ring_seconds else "1000"


def dial(target: Target, leg_id: str = "", *, bridge_id: str | None = None, ring_seconds: int = 30) -> Dial:
    """The command that dials ``target`` for a call of its own."""
    leg_id = leg_id or ids.leg_id(ids.new_call_id(), 1)
    return Dial(leg_id=leg_id, target=target, caller=CALLER, ring_seconds=ring_seconds, bridge_id=bridge_id)


async def dialled(
    ground: Ground, target: Target, *, ring_seconds: int = 30, is_bridged: bool = False, call_id: UUID | None = None
) -> str:
    """Dial ``target``, into a bridge of its own when ``is_bridged``; the leg's id."""
    call_id = call_id or ids.new_call_id()
    bridge_id = ids.bridge_id(call_id) if is_bridged else None
    if bridge_id is not None:
        await ground.engine.execute(CreateBridge(bridge_id=bridge_id))
    command = dial(target, ids.leg_id(call_id, 1), bridge_id=bridge_id, ring_seconds=ring_seconds)
    await ground.engine.execute(command)
    return command.leg_id


async def connected(ground: Ground, *, since: int = 0) -> EngineConnected:
    """Wait for a connection."""
    return await ground.witness.until(EngineConnected, since=since)
