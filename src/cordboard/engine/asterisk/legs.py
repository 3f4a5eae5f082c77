"""The commands that make, answer and end legs, as ARI requests.

Asterisk 22.10 answers 409 to a duplicate channel id, but then also to whatever cannot be created on the same connection
afterwards (the reason sticks); nobody to dial is 500 "Allocation failed".
"""

import asyncio
import re
from collections.abc import Mapping

from cordboard.domain.commands import (
    Alert,
    Answer,
    CallerId,
    Dial,
    HangUp,
    HangUpReason,
    OpenAudio,
    ReportTransfer,
    Target,
    TargetKind,
    TransferState,
)
from cordboard.engine.asterisk.ari import REQUEST_SECONDS, AriResponse, AriSocket
from cordboard.engine.asterisk.bridges import add, check_joined
from cordboard.engine.asterisk.events import EventReader
from cordboard.engine.asterisk.sip_objects import CODECS, trunk_endpoint
from cordboard.engine.port import EngineRefused

_DIALLABLE = re.compile(r"[+*0-9A-Za-z._-]+")
# A registered contact, as Asterisk has it.
_CONTACT = re.compile(r"sips?:[^\s<>\"\x00-\x1f\x7f]+", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f"\\<>]')

# What phones understand as "pick up by yourself": Call-Info's answer-after (Snom, Polycom, Grandstream), Alert-Info
# (Yealink, Cisco), Answer-Mode (RFC 5373). The URIs are never fetched.
_AUTO_ANSWER_HEADERS = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:cordboard.invalid>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<http://cordboard.invalid>;info=alert-autoanswer;delay=0",
    "PJSIP_HEADER(add,Answer-Mode)": "Auto",
}

# Asks Asterisk to tell us of a REFER and to do nothing itself (dialplan: nodes/asterisk_config.py).
_TRANSFERS = {"PJSIP_TRANSFER_HANDLING()": "ari-only"}

# Q.850 causes. A leg that was answered is told them as they are; to a caller who was not they are SIP codes, by
# Asterisk's table: 1 404, 16 603, 17 486, 19 and 20 480, 21 403, 26 603 "completed elsewhere", 34 503, 38 500.
_CAUSES = {
    HangUpReason.NORMAL: 16,
    HangUpReason.BUSY: 17,
    HangUpReason.NO_ANSWER: 19,
    HangUpReason.ANSWERED_ELSEWHERE: 26,
    HangUpReason.UNREACHABLE: 20,
    HangUpReason.DECLINED: 16,
    HangUpReason.FORBIDDEN: 21,
    HangUpReason.UNKNOWN_NUMBER: 1,
    HangUpReason.OVERLOADED: 34,
    HangUpReason.FAILED: 38,
}

# As a NOTIFY says it: 100 Trying, 200 OK, 503 Service Unavailable (RFC 3515 2.4.5).
_PROGRESS = {
    TransferState.RINGING: "channel_progress",
    TransferState.ANSWERED: "channel_answered",
    TransferState.FAILED: "channel_unavailable",
}


class Legs:
    """Legs of one Asterisk. Each method raises EngineRefused and EngineAway."""

    def __init__(self, reader: EventReader, app: str) -> None:
        self._reader = reader
        self._app = app

    async def dial(self, ari: AriSocket, command: Dial) -> None:
        """Create a leg and send its INVITE; into its bridge first, when it has one."""
        if command.bridge_id is None:
            await self._originate(ari, command)
        else:
            await self._dial_into(ari, command, command.bridge_id)

    async def alert(self, ari: AriSocket, command: Alert) -> None:
        """180 to a caller."""
        _check_there(await ari.request("POST", f"channels/{command.leg_id}/ring"))

    async def open_audio(self, ari: AriSocket, command: OpenAudio) -> None:
        """183 with SDP to a caller."""
        _check_there(await ari.request("POST", f"channels/{command.leg_id}/progress"))

    async def answer(self, ari: AriSocket, command: Answer) -> None:
        """200 to a caller; one who has it already counts as done."""
        _check_there(await ari.request("POST", f"channels/{command.leg_id}/answer"))

    async def report_transfer(self, ari: AriSocket, command: ReportTransfer) -> None:
        """NOTIFY to a phone that asked for a transfer; one that asked for none hears nothing."""
        body = {"states": _PROGRESS[command.state]}
        response = await ari.request("POST", f"channels/{command.leg_id}/transfer_progress", body)
        if not response.is_ok and not response.is_gone:
            raise EngineRefused(response.reason)

    async def hang_up(self, ari: AriSocket, command: HangUp) -> None:
        """End a leg."""
        query = {"reason_code": str(_CAUSES[command.reason])}
        response = await ari.request("DELETE", f"channels/{command.leg_id}", query=query)
        if not response.is_ok and not response.is_gone:
            raise EngineRefused(response.reason)

    async def _originate(self, ari: AriSocket, command: Dial) -> None:
        body = {
            "endpoint": _endpoint(command.target),
            "app": self._app,
            "channelId": command.leg_id,
            "callerId": _caller_id(command.caller),
            "timeout": command.ring_seconds,
            "formats": ",".join(CODECS),
            "variables": _variables(command),
        }
        self._reader.expect_originated(command.leg_id)
        response = await ari.request("POST", "channels", body)
        if not response.is_ok and not await _exists_already(ari, response, command.leg_id):
            self._reader.forget(command.leg_id)
            raise _not_created(response)

    async def _dial_into(self, ari: AriSocket, command: Dial, bridge_id: str) -> None:
        leg_id = command.leg_id
        body = {
            "endpoint": _endpoint(command.target),
            "app": self._app,
            "channelId": leg_id,
            "formats": ",".join(CODECS),
            "variables": {**_connected_line(command.caller), **_variables(command)},
        }
        entered = self._reader.expect_created(leg_id)
        response = await ari.request("POST", "channels/create", body)
        if not response.is_ok:
            self._reader.forget(leg_id)
            if await _exists_already(ari, response, leg_id):
                return
            raise _not_created(response)
        try:
            if await _enters(entered, leg_id):
                await self._put_through(ari, command, bridge_id)
        except EngineRefused:
            await ari.request("DELETE", f"channels/{leg_id}")
            raise

    async def _put_through(self, ari: AriSocket, command: Dial, bridge_id: str) -> None:
        check_joined(await add(ari, bridge_id, command.leg_id))
        dialled = await ari.request("POST", f"channels/{command.leg_id}/dial", {"timeout": command.ring_seconds})
        if not dialled.is_ok:
            raise EngineRefused(dialled.reason, is_gone=dialled.is_gone)


async def _enters(entered: asyncio.Future[bool], leg_id: str) -> bool:
    """Whether a created leg came into Stasis. It may have ended instead: then its LegEnded says why."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            return await entered
    except TimeoutError:
        raise EngineRefused(f"{leg_id} was not in Stasis within {REQUEST_SECONDS:g} s") from None


async def _exists_already(ari: AriSocket, response: AriResponse, leg_id: str) -> bool:
    """Whether the command was done before. Asterisk's 409 alone does not say so."""
    return response.status_code == 409 and (await ari.request("GET", f"channels/{leg_id}")).is_ok


def _not_created(response: AriResponse) -> EngineRefused:
    """Nobody registered, no such endpoint, or an address that cannot be one: Asterisk tells none of these apart."""
    return EngineRefused(response.reason, is_unreachable=response.status_code in {409, 500})


def _check_there(response: AriResponse) -> None:
    if not response.is_ok:
        raise EngineRefused(response.reason, is_gone=response.is_gone)


def _endpoint(target: Target) -> str:
    if not _DIALLABLE.fullmatch(target.address):
        raise EngineRefused(f"'{target.address}' cannot be dialled", is_unreachable=True)
    if target.kind is TargetKind.PHONE and not target.contact:
        return f"PJSIP/{target.address}"
    if target.kind is TargetKind.PHONE:
        if not _CONTACT.fullmatch(target.contact):
            raise EngineRefused(f"'{target.contact}' cannot be dialled", is_unreachable=True)
        return f"PJSIP/{target.address}/{target.contact}"
    if target.trunk_id is None:
        raise EngineRefused("no trunk was given", is_unreachable=True)
    return f"PJSIP/{target.address}@{trunk_endpoint(target.trunk_id)}"


def _variables(command: Dial) -> Mapping[str, str]:
    headers = _AUTO_ANSWER_HEADERS if command.is_auto_answered else {}
    return {**headers, **_TRANSFERS} if command.target.kind is TargetKind.PHONE else headers


def _caller_id(caller: CallerId) -> str:
    name, number = _plain(caller.name), _plain(caller.number)
    return f'"{name}" <{number}>' if name else f"<{number}>"


def _connected_line(caller: CallerId) -> Mapping[str, str]:
    """A created channel's From is the connected line; ``i`` sets it without telling anybody."""
    return {"CONNECTEDLINE(num,i)": _plain(caller.number), "CONNECTEDLINE(name,i)": _plain(caller.name)}


def _plain(text: str) -> str:
    return _NOT_IN_NAMES.sub("", text)
