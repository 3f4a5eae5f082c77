"""A simulated engine: no SIP and no audio, only what an engine says about scripted parties.

It keeps the real one's promises (``tests/engine`` runs one suite on both). Time is that of the clock it is given: with
a ``ManualClock`` nothing happens until ``fire_due``; ``run`` follows a real one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

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
from cordboard.engine.fake_legs import OK, PROGRESS, RINGING, FakeLeg
from cordboard.engine.fake_network import FakeNetwork, Happening
from cordboard.engine.port import EngineAway, EngineConnected, EngineDisconnected, EngineEvent, EngineRefused


class FakeEngine:
    """A node that only pretends. Implements ``engine.port.Engine``; not connected until ``connect`` or ``run``.

    ``network`` is who can be called, and who calls; ``executed`` are the commands it was given while connected, oldest
    first.
    """

    def __init__(self, clock: Clock) -> None:
        self.network = FakeNetwork(clock, self._hear)
        self.executed: list[Command] = []
        self.configuration: NodeConfiguration | None = None
        self._clock = clock
        self._events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self._change = asyncio.Event()
        self._is_connected = False
        self._starts = 1

    async def run(self) -> None:
        """Connect, and follow the clock until cancelled."""
        self.connect()
        while True:
            self.fire_due()
            next_at = self.network.agenda.next_at
            self._change.clear()
            wait_seconds = (next_at - self._clock.now()).total_seconds() if next_at else None
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._change.wait()
            except TimeoutError:
                continue

    async def events(self) -> AsyncIterator[EngineEvent]:
        """All that happens, in order. One reader."""
        while True:
            yield await self._events.get()

    def drain(self) -> list[EngineEvent]:
        """What has happened since the last look. In place of ``events``, for tests that move the clock themselves."""
        self.fire_due()
        return [self._events.get_nowait() for _ in range(self._events.qsize())]

    def fire_due(self) -> None:
        """Let everything happen that is due by the clock."""
        self.network.agenda.fire_due()

    async def execute(self, command: Command) -> None:
        """Do one command."""
        self._check_connected()
        self.executed.append(command)
        _DOING[type(command)](self.network, command)
        self._change.set()

    async def snapshot(self) -> EngineSnapshot:
        """What there is now."""
        self._check_connected()
        legs = {
            leg.id: LegSnapshot(
                leg_id=leg.id, is_answered=leg.is_answered, is_ringing=leg.is_ringing, created_at=leg.created_at
            )
            for leg in self.network.legs.values()
        }
        bridges = {bridge_id: frozenset(members) for bridge_id, members in self.network.bridges.items()}
        return EngineSnapshot(taken_at=self._clock.now(), legs=legs, bridges=bridges)

    async def registrations(self) -> tuple[Registration, ...]:
        """The state of every phone account that was provisioned."""
        self._check_connected()
        phones = self.configuration.phones if self.configuration else ()
        return tuple(
            Registration(
                sip_username=phone.sip_username,
                contacts=self.network.contacts_of(phone.sip_username),
                at=self._clock.now(),
            )
            for phone in phones
        )

    async def provision(self, configuration: NodeConfiguration) -> None:
        """Know exactly this."""
        self._check_connected()
        self.configuration = configuration
        self.network.phones = {phone.sip_username for phone in configuration.phones}
        self.network.trunks = {trunk.id for trunk in configuration.trunks}

    async def forget_provisioning(self) -> None:
        """Nothing to do: ``provision`` always says everything."""

    def connect(self) -> None:
        """The connection comes up."""
        self._is_connected = self.network.is_attended = True
        at = self._clock.now()
        self._events.put_nowait(EngineConnected(at=at, startup_time=f"start {self._starts}"))

    def cut(self) -> None:
        """The connection breaks: calls go on, and what happens to them is not told."""
        self.fire_due()
        self._is_connected = self.network.is_attended = False
        self._events.put_nowait(EngineDisconnected(at=self._clock.now()))

    def restart(self) -> None:
        """The engine dies and comes back: all calls and all provisioning are gone, without a word."""
        self.cut()
        self._starts += 1
        self.network.lose_everything()
        self.connect()

    def _hear(self, event: Happening) -> None:
        if self._is_connected:
            self._events.put_nowait(event)
        self._change.set()

    def _check_connected(self) -> None:
        if not self._is_connected:
            raise EngineAway("not connected")


def _dial(network: FakeNetwork, command: Dial) -> None:
    if command.leg_id in network.legs:
        return
    if not network.can_reach(command.target):
        raise EngineRefused("nobody to dial", is_unreachable=True)
    if command.bridge_id is not None and command.bridge_id not in network.bridges:
        raise EngineRefused("no such bridge", is_gone=True)
    network.dial(command)


def _create_bridge(network: FakeNetwork, command: CreateBridge) -> None:
    network.bridges.setdefault(command.bridge_id, set())


def _join(network: FakeNetwork, command: JoinBridge) -> None:
    leg = _leg(network, command.leg_id)
    if command.bridge_id not in network.bridges:
        raise EngineRefused("no such bridge", is_gone=True)
    network.join(command.bridge_id, leg)


def _leave(network: FakeNetwork, command: LeaveBridge) -> None:
    network.bridges.get(command.bridge_id, set()).discard(command.leg_id)


def _destroy_bridge(network: FakeNetwork, command: DestroyBridge) -> None:
    network.bridges.pop(command.bridge_id, None)


def _alert(network: FakeNetwork, command: Alert) -> None:
    _leg(network, command.leg_id).tell(RINGING)


def _open_audio(network: FakeNetwork, command: OpenAudio) -> None:
    _leg(network, command.leg_id).tell(PROGRESS)


def _answer(network: FakeNetwork, command: Answer) -> None:
    _leg(network, command.leg_id).tell(OK)


def _report(network: FakeNetwork, command: ReportTransfer) -> None:
    if command.leg_id in network.legs:
        network.legs[command.leg_id].reports.append(command.state)


def _hang_up(network: FakeNetwork, command: HangUp) -> None:
    if command.leg_id in network.legs:
        network.end(command.leg_id, network.legs[command.leg_id].release(command.reason))


def _play(network: FakeNetwork, command: PlayTone) -> None:
    _leg(network, command.leg_id).tones.add(command.tone)


def _stop(network: FakeNetwork, command: StopTone) -> None:
    if command.leg_id in network.legs:
        network.legs[command.leg_id].tones.discard(command.tone)


def _reset(network: FakeNetwork, command: ResetAudio) -> None:
    """Nobody hears anything here."""
    _leg(network, command.leg_id)


def _record(network: FakeNetwork, command: StartRecording) -> None:
    leg = _leg(network, command.leg_id)
    if leg.recording != command:
        leg.recording, leg.is_paused = command, False


def _stop_recording(network: FakeNetwork, command: StopRecording) -> None:
    if command.leg_id in network.legs:
        network.legs[command.leg_id].recording = None


def _pause(network: FakeNetwork, command: PauseRecording | ResumeRecording) -> None:
    leg = _leg(network, command.leg_id)
    if not leg.recording:
        raise EngineRefused("the leg is not recorded")
    leg.is_paused = isinstance(command, PauseRecording)


def _leg(network: FakeNetwork, leg_id: str) -> FakeLeg:
    if leg_id not in network.legs:
        raise EngineRefused("no such leg", is_gone=True)
    return network.legs[leg_id]


# Each function takes its own kind of command; mypy cannot say so of a table.
_DOING: dict[type[Command], Callable[[FakeNetwork, Any], None]] = {
    Dial: _dial,
    Alert: _alert,
    OpenAudio: _open_audio,
    Answer: _answer,
    HangUp: _hang_up,
    ReportTransfer: _report,
    CreateBridge: _create_bridge,
    JoinBridge: _join,
    LeaveBridge: _leave,
    DestroyBridge: _destroy_bridge,
    PlayTone: _play,
    StopTone: _stop,
    ResetAudio: _reset,
    StartRecording: _record,
    StopRecording: _stop_recording,
    PauseRecording: _pause,
    ResumeRecording: _pause,
}
