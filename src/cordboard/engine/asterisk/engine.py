"""The engine that is an Asterisk: ARI over one websocket, AMI besides."""

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, TypeVar

import aiohttp
import structlog

from cordboard.domain import ids
from cordboard.domain.arrival import Arrival
from cordboard.domain.clock import Clock
from cordboard.domain.commands import (
    Alert,
    Answer,
    Command,
    CreateBridge,
    DestroyBridge,
    Dial,
    HangUp,
    JoinBridge,
    LeaveBridge,
    OpenAudio,
    PauseRecording,
    PlayTone,
    ReportTransfer,
    ResetAudio,
    ResumeRecording,
    StartRecording,
    StopRecording,
    StopTone,
)
from cordboard.domain.provisioning import NodeConfiguration
from cordboard.domain.registration import Registration
from cordboard.domain.snapshot import EngineSnapshot, LegSnapshot
from cordboard.engine.asterisk.ami import Ami
from cordboard.engine.asterisk.ari import HEARTBEAT_SECONDS, MAX_MESSAGE_BYTES, AriSocket
from cordboard.engine.asterisk.audio import Audio
from cordboard.engine.asterisk.bridges import Bridges
from cordboard.engine.asterisk.carriers import Carriers
from cordboard.engine.asterisk.events import EventReader, instant
from cordboard.engine.asterisk.legs import Legs
from cordboard.engine.asterisk.provision import Provisioner
from cordboard.engine.asterisk.resources import RINGING, UP, Bridge, Channel, Endpoint, Info
from cordboard.engine.asterisk.sip_objects import is_phone
from cordboard.engine.asterisk.trunk_states import TrunkStates
from cordboard.engine.port import EngineAway, EngineConnected, EngineDisconnected, EngineEvent, EngineRefused
from cordboard.settings import Settings

log = structlog.get_logger()

APP = "cordboard"

# A restarted Asterisk is back after 0.3 s: try often at first, then once a second.
FIRST_RETRY_SECONDS = 0.05
LAST_RETRY_SECONDS = 1.0
CONNECT_SECONDS = 5.0

T = TypeVar("T")
Do = Callable[[AriSocket, Any], Awaitable[None]]


class AsteriskEngine:
    """A node's Asterisk, where ``settings`` say it is. Implements ``engine.port.Engine``."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self._reader = EventReader()
        self._provisioner = Provisioner(has_nat=not _is_loopback(settings.sip))
        self._carriers = Carriers()
        self._configuration = NodeConfiguration(revision=0)
        self._ami = Ami(settings.ami_address, user=settings.ami_user, password=settings.ami_password)
        self._trunk_states = TrunkStates(self._ami, clock, self._events.put_nowait)
        self._ari: AriSocket | None = None
        # Events that come before EngineConnected was told; None once it was.
        self._held: list[tuple[str, str]] | None = []
        self._startup_time = ""
        self._unreachable_reason = ""
        legs, bridges, audio = Legs(self._reader, APP), Bridges(), Audio(self._ami, settings.raw_recordings)
        self._doing: dict[type[Command], Do] = {
            Dial: legs.dial,
            Alert: legs.alert,
            OpenAudio: legs.open_audio,
            Answer: legs.answer,
            HangUp: legs.hang_up,
            ReportTransfer: legs.report_transfer,
            CreateBridge: bridges.create,
            JoinBridge: bridges.join,
            LeaveBridge: bridges.leave,
            DestroyBridge: bridges.destroy,
            PlayTone: audio.play,
            StopTone: audio.stop,
            ResetAudio: audio.reset,
            StartRecording: audio.record,
            StopRecording: audio.stop_recording,
            PauseRecording: audio.pause,
            ResumeRecording: audio.resume,
        }

    async def run(self) -> None:
        """Connect, and stay connected until cancelled."""
        wait_seconds = FIRST_RETRY_SECONDS
        try:
            async with aiohttp.ClientSession() as client:
                while True:
                    if await self._connect(client):
                        wait_seconds = FIRST_RETRY_SECONDS
                    await asyncio.sleep(wait_seconds * random.uniform(0.8, 1.2))
                    wait_seconds = min(2 * wait_seconds, LAST_RETRY_SECONDS)
        finally:
            await self._ami.close()

    async def events(self) -> AsyncIterator[EngineEvent]:
        """All that happens, in order. One reader."""
        while True:
            event = await self._events.get()
            # Only now: whoever reads has meanwhile provisioned us, so that a carrier has a name.
            yield self._carriers.named(event) if isinstance(event, Arrival) else event

    async def execute(self, command: Command) -> None:
        """Do one command."""
        await self._doing[type(command)](self._connected(), command)

    async def snapshot(self) -> EngineSnapshot:
        """What Asterisk has now."""
        ari, taken_at = self._connected(), self._clock.now()
        channels, bridges = await asyncio.gather(
            _get(ari, "channels", list[Channel]), _get(ari, "bridges", list[Bridge])
        )
        legs = {
            channel.id: LegSnapshot(
                leg_id=channel.id,
                is_answered=channel.state == UP,
                is_ringing=channel.state == RINGING,
                created_at=instant(channel.creationtime),
            )
            for channel in channels
            if ids.call_id_of(channel.id) or channel.came_in(APP)
        }
        members = {bridge.id: frozenset(bridge.channels) for bridge in bridges if ids.call_id_of(bridge.id)}
        return EngineSnapshot(taken_at=taken_at, legs=legs, bridges=members)

    async def registrations(self) -> tuple[Registration, ...]:
        """The state of every phone account that Asterisk knows."""
        ari, at = self._connected(), self._clock.now()
        endpoints = await _get(ari, "endpoints", list[Endpoint])
        await self._read_contacts()
        return tuple(
            Registration(sip_username=endpoint.resource, contacts=self._reader.contacts.of(endpoint.resource), at=at)
            for endpoint in endpoints
            if is_phone(endpoint.resource)
        )

    async def provision(self, configuration: NodeConfiguration) -> None:
        """Make Asterisk know exactly this."""
        self._connected()
        self._configuration = configuration
        await self._carriers.know(trunk.host for trunk in configuration.trunks)
        await self._push()
        self._trunk_states.watch(is_needed=any(trunk.does_register for trunk in configuration.trunks))

    async def forget_provisioning(self) -> None:
        """Assume that Asterisk knows nothing."""
        self._provisioner.forget()

    async def _push(self) -> None:
        ari = self._connected()
        try:
            await self._provisioner.push(ari.request, self._configuration, self._carriers.addresses)
            await _subscribe(ari)
        except EngineRefused as refused:
            raise EngineAway(refused.reason) from refused

    async def _push_moved_carriers(self) -> None:
        with suppress(EngineAway):  # the next connection pushes all
            await self._push()

    async def _read_contacts(self) -> None:
        """Events tell of what changes; this is the whole."""
        try:
            rows = await self._ami.rows("PJSIPShowContacts")
        except EngineRefused as refused:
            if not refused.reason.endswith("No Contacts found"):
                raise EngineAway(refused.reason) from refused
            rows = []
        self._reader.contacts.replace(rows)

    def _connected(self) -> AriSocket:
        if self._ari is None:
            raise EngineAway("not connected to Asterisk")
        return self._ari

    async def _connect(self, client: aiohttp.ClientSession) -> bool:
        """One connection, until it breaks. False when none came about."""
        was_open = False
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                socket = await client.ws_connect(
                    f"{self._settings.ari_url}/events",
                    params={"app": APP},
                    headers={"Authorization": _basic(self._settings.ari_user, self._settings.ari_password)},
                    heartbeat=HEARTBEAT_SECONDS,
                    max_msg_size=MAX_MESSAGE_BYTES,
                )
            async with socket:
                was_open = await self._converse(AriSocket(socket, self._take))
        except (aiohttp.ClientError, OSError, TimeoutError, EngineAway, EngineRefused) as error:
            self._say_why(str(error) or type(error).__name__)
        return was_open

    def _say_why(self, reason: str) -> None:
        """Once, not at every try."""
        if reason != self._unreachable_reason:
            log.warning("engine_unreachable", reason=reason)
        self._unreachable_reason = reason

    async def _converse(self, ari: AriSocket) -> bool:
        self._held = []
        tasks = [asyncio.create_task(ari.read())]
        try:
            await self._greet(ari)
            tasks.append(asyncio.create_task(self._trunk_states.run()))
            tasks.append(asyncio.create_task(self._carriers.follow(self._push_moved_carriers)))
            await tasks[0]
            return True
        finally:
            if self._ari is not None:
                self._ari = None
                self._events.put_nowait(EngineDisconnected(at=self._clock.now()))
            self._reader.disconnect()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self, ari: AriSocket) -> None:
        """Say what we want to hear, learn whether it is the Asterisk that we knew, and let events through."""
        allowed = [{"type": kind} for kind in ("RESTResponse", *EventReader.TYPES)]
        filtered = await ari.request("PUT", f"applications/{APP}/eventFilter", {"allowed": allowed})
        if not filtered.is_ok:
            raise EngineRefused(filtered.reason)
        await _subscribe(ari)
        await self._read_contacts()
        startup_time = (await _get(ari, "asterisk/info", Info)).status.startup_time
        if startup_time != self._startup_time:
            self._provisioner.forget()
        self._startup_time = startup_time
        self._ari = ari
        self._unreachable_reason = ""
        self._events.put_nowait(EngineConnected(at=self._clock.now(), startup_time=startup_time))
        held, self._held = self._held, None
        for kind, text in held or ():
            self._take(kind, text)

    def _take(self, kind: str, text: str) -> None:
        if self._held is not None:
            self._held.append((kind, text))
            return
        for event in self._reader.read(kind, text):
            self._events.put_nowait(event)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False


async def _get(ari: AriSocket, path: str, kind: type[T]) -> T:
    response = await ari.request("GET", path)
    if not response.is_ok:
        raise EngineAway(f"GET {path}: {response.reason}")
    return response.body(kind)


async def _subscribe(ari: AriSocket) -> None:
    """Hear of phones' registrations. Refused (422) while Asterisk has no SIP endpoint: done again after each push.

    Legs' events come twice then, which costs Asterisk 1 % of a call; ``EventReader`` drops the second.
    """
    await ari.request("POST", f"applications/{APP}/subscription", {"eventSource": "endpoint:PJSIP"})
