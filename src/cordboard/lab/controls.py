"""What one can do to the lab's Asterisk while it runs: the actions that phones, carriers and the lab are made of."""

import asyncio
import contextlib

from cordboard.engine.asterisk.ami import Ami
from cordboard.engine.asterisk.ari import AriSocket
from cordboard.engine.port import EngineRefused
from cordboard.lab.dialplan import HOLD_CONTEXT, Notes
from cordboard.lab.ledger import LabCall, Ledger

HOLD_SECONDS = 10.0
# How long a key is pressed, and the pause after it.
DIGIT_SECONDS = 0.2


class LabRefused(Exception):
    """The lab's Asterisk refused something. The text is its reason."""


class Controls:
    """The connections to the lab's Asterisk, and the record of its calls."""

    def __init__(self, ledger: Ledger, ami: Ami, ari: AriSocket) -> None:
        self.ledger = ledger
        self._ami = ami
        self._ari = ari

    async def hang_up(self, call: LabCall) -> None:
        """Hang a call up. One that is gone already counts as done."""
        with contextlib.suppress(EngineRefused):
            await self._ami.do("Hangup", Channel=call.id, Cause="16")

    async def hold(self, call: LabCall) -> None:
        """Put a call on hold by re-INVITE. Raises LabRefused."""
        await self._ami.do("Redirect", Channel=call.id, Context=HOLD_CONTEXT, Exten="s", Priority="1")
        async with asyncio.timeout(HOLD_SECONDS):
            # 404 and 409 until it has come there.
            while (answer := await self._ari.request("POST", f"channels/{call.id}/hold")).status_code != 204:
                if not call.is_live:
                    raise LabRefused(answer.reason)
                await asyncio.sleep(0.005)

    async def resume(self, call: LabCall) -> None:
        """Take a call off hold. Raises LabRefused."""
        for method, path in (("DELETE", "hold"), ("POST", "continue")):
            answer = await self._ari.request(method, f"channels/{call.id}/{path}")
            if not answer.is_done:
                raise LabRefused(answer.reason)

    async def press(self, call: LabCall, digits: str) -> None:
        """Press keys, one after another."""
        for digit in digits:
            await self._ami.do("PlayDTMF", Channel=call.id, Digit=digit)
            await asyncio.sleep(DIGIT_SECONDS)

    async def originate(self, **values: str) -> None:
        """Place a call; ``values`` are the fields of AMI's Originate."""
        await self._ami.do("Originate", **values)

    async def command(self, line: str) -> str:
        """What Asterisk's console prints for ``line``."""
        return (await self._ami.do("Command", Command=line)).get("Output", "")

    async def note(self, notes: Notes) -> None:
        """How much is told of calls from now on."""
        await self._ami.do("Setvar", Variable="NOTES", Value=str(notes.value))

    async def store(self, family: str, key: str, value: str) -> None:
        """Put a value into the dialplan's database; "" counts as none."""
        await self._ami.do("DBPut", Family=family, Key=key, Val=value)

    async def push(self, kind: str, name: str, values: dict[str, str]) -> None:
        """Make or change a SIP object. Raises LabRefused."""
        body = {"fields": [{"attribute": key, "value": value} for key, value in values.items()]}
        answer = await self._ari.request("PUT", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}", body)
        if not answer.is_done:
            raise LabRefused(f"{kind} {name}: {answer.reason}")

    async def drop(self, kind: str, name: str) -> None:
        """Take a SIP object away, if it is there. Raises LabRefused."""
        answer = await self._ari.request("DELETE", f"asterisk/config/dynamic/res_pjsip/{kind}/{name}")
        if not answer.is_done and not answer.is_gone:
            raise LabRefused(f"{kind} {name}: {answer.reason}")
