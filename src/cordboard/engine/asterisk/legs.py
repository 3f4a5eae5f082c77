"""The commands that make, join and end legs and bridges, as ARI requests.

Asterisk 22.10 answers 409 to a duplicate channel id, but then also to whatever cannot be created on the same connection
afterwards (the reason sticks); nobody to dial is 500 "Allocation failed".
"""

import asyncio
import re
from collections.abc import Mapping

from cordboard.domain.commands import (
    CallerId,
    CreateBridge,
    DestroyBridge,
    Dial,
    HangUp,
    HangUpReason,
    JoinBridge,
    Target,
    TargetKind,
)
from cordboard.engine.asterisk.ari import REQUEST_SECONDS, AriResponse, AriSocket
from cordboard.engine.asterisk.events import EventReader
from cordboard.engine.asterisk.provision import NARROW_BAND_CODECS, trunk_endpoint
from cordboard.engine.port import EngineRefused

_DIALLABLE = re.compile(r"[+*0-9A-Za-z._-]+")
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f"\\<>]')

# What phones understand as "pick up by yourself": Call-Info's answer-after (Snom, Polycom, Grandstream), Alert-Info
# (Yealink, Cisco), Answer-Mode (RFC 5373). The URIs are never fetched.
_AUTO_ANSWER_HEADERS = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:cordboard.invalid>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<http://cordboard.invalid>;info=alert-autoanswer;delay=0",
    "PJSIP_HEADER(add,Answer-Mode)": "Auto",
}

_REASONS = {
    HangUpReason.NORMAL: "normal",
    HangUpReason.BUSY: "busy",
    HangUpReason.NO_ANSWER: "no_answer",
    HangUpReason.ANSWERED_ELSEWHERE: "answered_elsewhere",
}


class Legs:
    """Legs and bridges of one Asterisk. Each method raises EngineRefused and EngineAway."""

    def __init__(self, reader: EventReader, app: str) -> None:
        self._reader = reader
        self._app = app

    async def dial(self, ari: AriSocket, command: Dial) -> None:
        """Create a leg and send its INVITE; into its bridge first, when it has one."""
        if command.bridge_id is None:
            await self._originate(ari, command)
        else:
            await self._dial_into(ari, command, command.bridge_id)

    async def create_bridge(self, ari: AriSocket, command: CreateBridge) -> None:
        """Make a bridge."""
        response = await ari.request("POST", f"bridges/{command.bridge_id}", {"type": "mixing"})
        if not response.is_done:
            raise EngineRefused(response.reason)

    async def destroy_bridge(self, ari: AriSocket, command: DestroyBridge) -> None:
        """Take a bridge down."""
        response = await ari.request("DELETE", f"bridges/{command.bridge_id}")
        if not response.is_ok and not response.is_gone:
            raise EngineRefused(response.reason)

    async def join(self, ari: AriSocket, command: JoinBridge) -> None:
        """Put a leg in a bridge."""
        _check_joined(await _add(ari, command.bridge_id, command.leg_id))

    async def hang_up(self, ari: AriSocket, command: HangUp) -> None:
        """End a leg."""
        query = {"reason": _REASONS[command.reason]}
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
            "formats": ",".join(NARROW_BAND_CODECS),
            "variables": _headers(command),
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
            "formats": ",".join(NARROW_BAND_CODECS),
            "variables": {**_connected_line(command.caller), **_headers(command)},
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
        _check_joined(await _add(ari, bridge_id, command.leg_id))
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


async def _add(ari: AriSocket, bridge_id: str, leg_id: str) -> AriResponse:
    """Without the inhibition the other leg's number would become this one's caller id, in its INVITE."""
    body = {"channel": leg_id, "inhibitConnectedLineUpdates": True}
    return await ari.request("POST", f"bridges/{bridge_id}/addChannel", body)


def _check_joined(response: AriResponse) -> None:
    """400 is a leg that is not there, 404 a bridge."""
    if not response.is_ok:
        raise EngineRefused(response.reason, is_gone=response.status_code in {400, 404})


def _endpoint(target: Target) -> str:
    if not _DIALLABLE.fullmatch(target.address):
        raise EngineRefused(f"'{target.address}' cannot be dialled", is_unreachable=True)
    if target.kind is TargetKind.PHONE:
        return f"PJSIP/{target.address}"
    if target.trunk_id is None:
        raise EngineRefused("no trunk was given", is_unreachable=True)
    return f"PJSIP/{target.address}@{trunk_endpoint(target.trunk_id)}"


def _headers(command: Dial) -> Mapping[str, str]:
    return _AUTO_ANSWER_HEADERS if command.is_auto_answered else {}


def _caller_id(caller: CallerId) -> str:
    name, number = _plain(caller.name), _plain(caller.number)
    return f'"{name}" <{number}>' if name else f"<{number}>"


def _connected_line(caller: CallerId) -> Mapping[str, str]:
    """A created channel's From is the connected line; ``i`` sets it without telling anybody."""
    return {"CONNECTEDLINE(num,i)": _plain(caller.number), "CONNECTEDLINE(name,i)": _plain(caller.name)}


def _plain(text: str) -> str:
    return _NOT_IN_NAMES.sub("", text)
