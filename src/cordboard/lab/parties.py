"""Who takes part in the lab: phones that register with us, and carriers behind our trunks."""

import asyncio
import secrets
import time
from pathlib import Path

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.configuration import carrier_name
from cordboard.lab.controls import Controls
from cordboard.lab.dialplan import DATABASE_FAMILY, OWNERS_FAMILY, SAME_DIGITS, TALK_CONTEXT, VARIABLES
from cordboard.lab.ledger import WAIT_SECONDS, LabCall


class _Party:
    """A phone or a carrier: ``name`` is what its calls are noted under, ``account`` the SIP endpoint it dials with."""

    def __init__(self, controls: Controls, name: str, account: str) -> None:
        self._controls = controls
        self.name = name
        self._account = account

    def calls(self, number: str = "") -> tuple[LabCall, ...]:
        """All its calls, or those to ``number``, in the order they came."""
        mine = (call for call in self._controls.ledger.calls if call.party == self.name)
        return tuple(call for call in mine if call.number[-SAME_DIGITS:].endswith(number[-SAME_DIGITS:]))

    def live_calls(self, number: str = "") -> tuple[LabCall, ...]:
        """Those that go on."""
        return tuple(call for call in self.calls(number) if call.is_live)

    async def called(self, number: str = "", *, times: int = 1, seconds: float = WAIT_SECONDS) -> LabCall:
        """Wait until it has been called (``times``), and return the last call. Raises TimeoutError."""
        calls = await self._controls.ledger.until(
            lambda: calls if len(calls := self.calls(number)) >= times else None, seconds
        )
        return calls[-1]

    async def answered(self, number: str = "", *, seconds: float = WAIT_SECONDS) -> LabCall:
        """Wait until its last call is answered, and return it. Raises TimeoutError."""
        return await self._controls.ledger.until(
            lambda: next((call for call in self.calls(number)[-1:] if call.is_answered), None), seconds
        )

    async def released(self, number: str = "", *, seconds: float = WAIT_SECONDS) -> LabCall:
        """Wait until its last call, and all others, have ended; return the last. Raises TimeoutError."""
        calls = await self._controls.ledger.until(
            lambda: None if self.live_calls(number) else self.calls(number), seconds
        )
        return calls[-1]

    async def heard(self, call: LabCall | None = None, *, seconds: float = WAIT_SECONDS) -> Path:
        """What it heard in ``call`` (None: its last), which has ended: 8 kHz wav, complete. Raises TimeoutError.

        Only what came is in it: while nothing was sent to it (it was on hold), no time passes.
        """
        path = (call or self.calls()[-1]).heard
        async with asyncio.timeout(seconds):
            while True:
                if is_complete(path):
                    return path
                await asyncio.sleep(0.01)

    async def hang_up(self, number: str = "") -> None:
        """Hang up its live calls."""
        for call in self.live_calls(number):
            await self._controls.hang_up(call)

    async def hold(self) -> None:
        """Put its live, answered calls on hold: a re-INVITE with sendonly."""
        for call in self.live_calls():
            await self._controls.hold(call)

    async def resume(self) -> None:
        """Take them off hold."""
        for call in self.live_calls():
            await self._controls.resume(call)

    async def press(self, digits: str) -> None:
        """Press keys in its live calls: telephone-events (RFC 4733)."""
        for call in self.live_calls():
            await self._controls.press(call, digits)

    async def _dial(self, number: str, target: str, behaviour: Behaviour, caller_number: str) -> LabCall:
        call = self._controls.ledger.add(
            LabCall(
                id=f"dialled-{secrets.token_hex(8)}", channel="", party=self.name, number=number,
                from_user=caller_number, from_name="", headers={}, invited_at=time.time(),
            )
        )  # fmt: skip
        variables = dict(zip(VARIABLES, behaviour.encoded().split(","), strict=True)) | {"DIALLED_ID": call.id}
        await self._controls.originate(
            Channel=f"PJSIP/{self._account}/sip:{number}@{target}",
            ChannelId=call.id,
            Context=TALK_CONTEXT,
            Exten="dialled",
            Priority="1",
            CallerID=caller_number,
            Codecs="alaw,ulaw",
            Async="true",
            Variable=",".join(f"{key}={value}" for key, value in variables.items()),
        )
        return call


class LabPhone(_Party):
    """A phone that the lab registers with ``registrar`` (host:port), by the SIP account ``username``."""

    def __init__(self, controls: Controls, name: str, username: str, registrar: str) -> None:
        super().__init__(controls, name, name)
        self.username = username
        self.registrar = registrar

    async def behave(self, behaviour: Behaviour) -> None:
        """What it does with calls from now on."""
        await self._controls.store(DATABASE_FAMILY, self.name, behaviour.encoded())

    async def dial(self, number: str, behaviour: Behaviour | None = None) -> LabCall:
        """Call ``number``; ``behaviour`` says what it plays once answered, and for how long."""
        return await self._dial(number, self.registrar, behaviour or Behaviour(), self.username)


class Carrier(_Party):
    """A carrier: takes any number at ``host``:``port`` and does what ``number_plan`` says."""

    def __init__(self, controls: Controls, index: int, host: str, port: int) -> None:
        super().__init__(controls, f"{host}:{port}", carrier_name(index))
        self.host = host
        self.port = port

    async def behave(self, behaviour: Behaviour | None) -> None:
        """Do this with every call, whatever its number. None: as the number plan says."""
        await self._controls.store(DATABASE_FAMILY, self.name, behaviour.encoded() if behaviour else "")

    async def record(self, *, is_recorded: bool = True) -> None:
        """Keep what is heard of every call from now on."""
        await self._controls.store(f"{DATABASE_FAMILY}-record", self.name, "1" if is_recorded else "")

    async def route(self, number: str, target: str | None) -> None:
        """Bring calls to ``number``, through any carrier, to its owner at ``target`` (host:port). None: it has none."""
        owner = f"PJSIP/{self._account}/sip:{number}@{target}" if target else ""
        await self._controls.store(OWNERS_FAMILY, number[-SAME_DIGITS:], owner)

    async def dial(
        self, number: str, target: str, *, caller_number: str, behaviour: Behaviour | None = None
    ) -> LabCall:
        """Call ``number`` at ``target`` (host:port), as a carrier brings a call in."""
        return await self._dial(number, target, behaviour or Behaviour(), caller_number)


def is_complete(wav: Path) -> bool:
    """Whether a wav file is closed: its length is then in the header (RIFF, bytes 4 to 8)."""
    try:
        with wav.open("rb") as file:
            head = file.read(8)
            return len(head) == 8 and int.from_bytes(head[4:], "little") + 8 == wav.stat().st_size > 44
    except FileNotFoundError:
        return False
