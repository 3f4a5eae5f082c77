"""Who takes part in the lab: phones that register with us, and carriers behind our trunks."""

import secrets
import time
from typing import TYPE_CHECKING

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.configuration import carrier_name
from cordboard.lab.dialplan import DATABASE_FAMILY, TALK_CONTEXT, VARIABLES
from cordboard.lab.ledger import WAIT_SECONDS, LabCall

if TYPE_CHECKING:
    from cordboard.lab.lab import Lab

# Numbers are compared by their last digits: 0987651044 and +84987651044 are one.
_SAME_DIGITS = 9


class _Party:
    """A phone or a carrier: ``name`` is what its calls are noted under, ``account`` the SIP endpoint it dials with."""

    def __init__(self, lab: "Lab", name: str, account: str) -> None:
        self._lab = lab
        self.name = name
        self._account = account

    def calls(self, number: str = "") -> tuple[LabCall, ...]:
        """All its calls, or those to ``number``, in the order they came."""
        mine = (call for call in self._lab.ledger.calls if call.party == self.name)
        return tuple(call for call in mine if call.number[-_SAME_DIGITS:].endswith(number[-_SAME_DIGITS:]))

    def live_calls(self, number: str = "") -> tuple[LabCall, ...]:
        """Those that go on."""
        return tuple(call for call in self.calls(number) if call.is_live)

    async def called(self, number: str = "", *, times: int = 1, seconds: float = WAIT_SECONDS) -> LabCall:
        """Wait until it has been called (``times``), and return the last call. Raises TimeoutError."""
        calls = await self._lab.ledger.until(
            lambda: calls if len(calls := self.calls(number)) >= times else None, seconds
        )
        return calls[-1]

    async def answered(self, number: str = "", *, seconds: float = WAIT_SECONDS) -> LabCall:
        """Wait until its last call is answered, and return it. Raises TimeoutError."""
        return await self._lab.ledger.until(
            lambda: next((call for call in self.calls(number)[-1:] if call.is_answered), None), seconds
        )

    async def released(self, number: str = "", *, seconds: float = WAIT_SECONDS) -> LabCall:
        """Wait until its last call, and all others, have ended; return the last. Raises TimeoutError."""
        return await self._lab.ledger.until(
            lambda: (calls := self.calls(number)) and not self.live_calls(number) and calls[-1] or None, seconds
        )

    async def hang_up(self, number: str = "") -> None:
        """Hang up its live calls."""
        for call in self.live_calls(number):
            await self._lab.hang_up(call)

    async def hold(self) -> None:
        """Put its live, answered calls on hold: a re-INVITE with sendonly."""
        for call in self.live_calls():
            await self._lab.hold(call)

    async def resume(self) -> None:
        """Take them off hold."""
        for call in self.live_calls():
            await self._lab.resume(call)

    async def _dial(self, number: str, target: str, behaviour: Behaviour, caller_number: str) -> LabCall:
        call = self._lab.ledger.add(
            LabCall(
                id=f"dialled-{secrets.token_hex(8)}", channel="", party=self.name, number=number,
                from_user=caller_number, from_name="", headers={}, invited_at=time.time(),
            )
        )  # fmt: skip
        variables = dict(zip(VARIABLES, behaviour.encoded().split(","), strict=True)) | {"DIALLED_ID": call.id}
        await self._lab.manager.do(
            "Originate",
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
    """A phone: a SIP account that the lab registers with ``registrar`` (host:port)."""

    def __init__(self, lab: "Lab", username: str, registrar: str) -> None:
        super().__init__(lab, username, username)
        self.registrar = registrar

    async def behave(self, behaviour: Behaviour) -> None:
        """What it does with calls from now on."""
        await self._lab.store(DATABASE_FAMILY, self.name, behaviour.encoded())

    async def dial(self, number: str, behaviour: Behaviour | None = None) -> LabCall:
        """Call ``number``; ``behaviour`` says what it plays once answered, and for how long."""
        return await self._dial(number, self.registrar, behaviour or Behaviour(), self.name)


class Carrier(_Party):
    """A carrier: takes any number at ``host``:``port`` and does what ``number_plan`` says."""

    def __init__(self, lab: "Lab", index: int, host: str, port: int) -> None:
        super().__init__(lab, f"{host}:{port}", carrier_name(index))
        self.host = host
        self.port = port

    async def behave(self, behaviour: Behaviour | None) -> None:
        """Do this with every call, whatever its number. None: as the number plan says."""
        await self._lab.store(DATABASE_FAMILY, self.name, behaviour.encoded() if behaviour else "")

    async def record(self, *, is_recorded: bool = True) -> None:
        """Keep what is heard of every call from now on."""
        await self._lab.store(f"{DATABASE_FAMILY}-record", self.name, "1" if is_recorded else "")

    async def dial(
        self, number: str, target: str, *, caller_number: str, behaviour: Behaviour | None = None
    ) -> LabCall:
        """Call ``number`` at ``target`` (host:port), as a carrier brings a call in."""
        return await self._dial(number, target, behaviour or Behaviour(), caller_number)
