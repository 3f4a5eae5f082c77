"""A conversation of a softphone, which called, and a customer, in the real engine."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cordboard.domain import ids
from cordboard.domain.arrival import Arrival
from cordboard.domain.commands import (
    Answer,
    CallerId,
    Command,
    CreateBridge,
    Dial,
    HangUp,
    JoinBridge,
    Side,
    StartRecording,
    Target,
    TargetKind,
)
from cordboard.domain.leg_events import LegAnswered
from cordboard.domain.recording import raw_name
from cordboard.lab import number_plan
from cordboard.media.encode import RawPart, encode_mp3, opened
from tests.engine.ground import PASSWORD, TRUNK_ID, WAIT_SECONDS, RealGround
from tests.support.baresip import ALAW, Baresip, BaresipAccount, running_baresip
from tests.support.programs import Program
from tests.support.tones import Sound, decode_mp3

AGENT_HZ, CUSTOMER_HZ = 600, 1000


async def talk(seconds: float) -> None:
    """Let the parties hear each other for so long."""
    await asyncio.sleep(seconds)


@asynccontextmanager
async def softphone(
    real: RealGround, program: Program, folder: Path, codec: str = ALAW, *, is_answering: bool = False
) -> AsyncIterator[tuple[Baresip, Target]]:
    """A registered baresip that knows one codec."""
    target = await real.add_phone(is_registered=False)
    account = BaresipAccount(
        username=target.address, registrar=real.node.sip, password=PASSWORD, is_answering=is_answering, codecs=(codec,)
    )
    async with running_baresip(program, folder, account, tone_hz=AGENT_HZ) as phone:
        await real.is_registered(target.address)
        yield phone, target


class Conversation:
    """An agent at a softphone who called, and a customer; ``name`` is the recording's."""

    def __init__(self, real: RealGround) -> None:
        self.real = real
        self.call_id = ids.new_call_id()
        self.bridge_id = ids.bridge_id(self.call_id)
        self.name = ids.new_recording_name(self.call_id)
        self.agent = self.customer = ""
        self.parts = 0

    async def do(self, *commands: Command) -> None:
        """Have the engine do this."""
        for command in commands:
            await self.real.engine.execute(command)

    async def call(self, phone: Baresip, ending: str) -> None:
        """The agent calls; a customer of the lab's plan is dialled into the bridge where it waits."""
        since = len(self.real.witness.events)
        await phone.do("dial", f"sip:0987654321@{self.real.node.sip}")
        await self.reach((await self.real.witness.until(Arrival, since=since)).leg_id, ending)

    async def reach(self, agent: str, ending: str) -> None:
        """The same for an agent who has called already."""
        self.agent = agent
        await self.do(CreateBridge(bridge_id=self.bridge_id), JoinBridge(bridge_id=self.bridge_id, leg_id=agent))
        number = number_plan.number(ending, is_international=True)
        self.customer = ids.leg_id(self.call_id, 1)
        await self.do(
            Dial(
                leg_id=self.customer,
                target=Target(kind=TargetKind.TRUNK, address=number, trunk_id=TRUNK_ID),
                caller=CallerId(number="+8428"),
                ring_seconds=20,
                bridge_id=self.bridge_id,
            )
        )

    async def begin(self, phone: Baresip) -> None:
        """The agent calls, and the customer answers."""
        await self.call(phone, number_plan.tone_number(CUSTOMER_HZ))
        await self.real.witness.leg(LegAnswered, self.customer)
        await self.do(Answer(leg_id=self.agent))
        await phone.until("CALL_ESTABLISHED")

    async def record(self, leg_id: str) -> None:
        """Go on recording from this leg."""
        self.parts += 1
        side = Side.LEFT if leg_id == self.agent else Side.RIGHT
        await self.do(StartRecording(leg_id=leg_id, name=self.name, part=self.parts, side=side))

    async def end(self) -> None:
        """Hang up both."""
        for leg_id in (self.agent, self.customer):
            await self.do(HangUp(leg_id=leg_id))
            await self.real.witness.ended(leg_id)

    async def recorded(self) -> tuple[Sound, Sound]:
        """End the call, and join what was recorded of it: the agent, the customer."""
        await self.end()
        folder = self.real.node.settings.raw_recordings
        parts = [
            RawPart(
                left=folder / raw_name(self.name, part, Side.LEFT), right=folder / raw_name(self.name, part, Side.RIGHT)
            )
            for part in range(1, self.parts + 1)
        ]
        await _are_quiet([path for part in parts for path in (part.left, part.right)])
        into = io.BytesIO()
        with opened(parts) as sources:
            encode_mp3(sources, into)
        left, right = decode_mp3(into.getvalue())
        return left, right


async def _are_quiet(files: list[Path]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        sizes: list[int] = []
        while sizes != (sizes := [file.stat().st_size for file in files]):
            await asyncio.sleep(0.1)
