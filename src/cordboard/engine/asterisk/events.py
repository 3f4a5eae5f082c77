"""Asterisk's events, and what they mean in our words. Field names are those of ARI's ``events.json``."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from cordboard.domain import ids
from cordboard.domain.cause import Cause
from cordboard.domain.leg_events import (
    LegAnswered,
    LegEnded,
    LegEvent,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
)
from cordboard.domain.registration import Registration
from cordboard.engine.asterisk.provision import is_trunk
from cordboard.engine.asterisk.resources import ONLINE, UP, Channel, Endpoint


class _Dial(msgspec.Struct, frozen=True, gc=False):
    timestamp: str
    peer: Channel
    dialstatus: str = ""


class _ChannelEvent(msgspec.Struct, frozen=True, gc=False):
    timestamp: str
    channel: Channel
    cause: int = 0
    tech_cause: int | None = None
    soft: bool = False


class _PeerStatusChange(msgspec.Struct, frozen=True, gc=False):
    timestamp: str
    endpoint: Endpoint


_decode_dial = msgspec.json.Decoder(_Dial).decode
_decode_channel_event = msgspec.json.Decoder(_ChannelEvent).decode
_decode_peer = msgspec.json.Decoder(_PeerStatusChange).decode

# The second of two comes right after the first; others may come between when many calls start at once.
_RECENT = 32

_OF_DIAL_STATUS: dict[str, type[LegEvent]] = {"RINGING": LegRinging, "PROGRESS": LegProgressed, "ANSWER": LegAnswered}


def instant(text: str) -> datetime:
    """An ARI timestamp (``2026-11-21T07:00:14.862+0000``, milliseconds) in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


class EventReader:
    """Turns Asterisk's events into ours, one at a time, in order.

    It remembers two things of a leg until it ends. A leg that was originated enters Stasis, where commands can reach
    it, a moment after it answered: LegAnswered waits for that. A leg that was created enters before it is dialled:
    whoever dials waits for that with ``entered``.
    """

    # What we ask Asterisk to send: all others (42 of 49 a call) are dropped there.
    TYPES = (
        "Dial",
        "StasisStart",
        "ChannelHangupRequest",
        "ChannelDestroyed",
        "ChannelHold",
        "ChannelUnhold",
        "PeerStatusChange",
    )

    def __init__(self) -> None:
        self._originated: dict[str, datetime | None] = {}
        self._entering: dict[str, asyncio.Future[bool]] = {}
        # Subscribed to legs and to their endpoints, we get each event of a leg twice, word for word.
        self._recent: deque[str] = deque(maxlen=_RECENT)
        self._readers: dict[str, Callable[[str], Iterable[LegEvent | Registration]]] = {
            "Dial": self._dial,
            "StasisStart": self._stasis_start,
            "ChannelHangupRequest": self._hangup_request,
            "ChannelDestroyed": self._destroyed,
            "ChannelHold": self._held,
            "ChannelUnhold": self._resumed,
            "PeerStatusChange": self._peer_status,
        }

    def read(self, kind: str, text: str) -> Iterable[LegEvent | Registration]:
        """What an event means; nothing, when it is about no leg or phone of ours."""
        reader = self._readers.get(kind)
        if reader is None or text in self._recent:
            return ()
        self._recent.append(text)
        return reader(text)

    def expect_originated(self, leg_id: str) -> None:
        """``leg_id`` is about to be originated: its answer counts once it is in Stasis."""
        self._originated.setdefault(leg_id, None)

    def expect_created(self, leg_id: str) -> asyncio.Future[bool]:
        """``leg_id`` is about to be created: True once it is in Stasis, False when it ended instead."""
        return self._entering.setdefault(leg_id, asyncio.get_running_loop().create_future())

    def forget(self, leg_id: str) -> None:
        """The leg will not come, or is in Stasis."""
        self._originated.pop(leg_id, None)
        self._entering.pop(leg_id, None)

    def disconnect(self) -> None:
        """No event comes any more: whoever waits for one goes on, and sees for himself."""
        for entering in self._entering.values():
            if not entering.done():
                entering.set_result(True)
        self._entering.clear()

    def _dial(self, text: str) -> Iterable[LegEvent]:
        event = _decode_dial(text)
        kind = _OF_DIAL_STATUS.get(event.dialstatus)
        leg_id, at = event.peer.id, instant(event.timestamp)
        if kind is None or not _is_ours(leg_id):
            return
        if kind is LegAnswered and leg_id in self._originated:
            self._originated[leg_id] = at
            return
        yield kind(leg_id=leg_id, at=at)

    def _stasis_start(self, text: str) -> Iterable[LegEvent]:
        event = _decode_channel_event(text)
        leg_id = event.channel.id
        entering = self._entering.pop(leg_id, None)
        if entering is not None and not entering.done():
            entering.set_result(True)
        if leg_id in self._originated:
            answered_at = self._originated.pop(leg_id) or instant(event.timestamp)
            yield LegAnswered(leg_id=leg_id, at=answered_at)

    def _hangup_request(self, text: str) -> Iterable[LegEvent]:
        """Ours are ``soft``. A refusal of our INVITE comes as one too, before the channel is up: it is no hang-up."""
        event = _decode_channel_event(text)
        if _is_ours(event.channel.id) and not event.soft and event.channel.state == UP:
            yield LegHungUp(leg_id=event.channel.id, at=instant(event.timestamp))

    def _destroyed(self, text: str) -> Iterable[LegEvent]:
        event = _decode_channel_event(text)
        leg_id, at = event.channel.id, instant(event.timestamp)
        if not _is_ours(leg_id):
            return
        entering = self._entering.pop(leg_id, None)
        if entering is not None and not entering.done():
            entering.set_result(False)
        answered_at = self._originated.pop(leg_id, None)
        if answered_at is not None:
            yield LegAnswered(leg_id=leg_id, at=answered_at)
        yield LegEnded(leg_id=leg_id, at=at, cause=Cause(q850=event.cause, sip=event.tech_cause or None))

    def _held(self, text: str) -> Iterable[LegEvent]:
        event = _decode_channel_event(text)
        if _is_ours(event.channel.id):
            yield LegHeld(leg_id=event.channel.id, at=instant(event.timestamp))

    def _resumed(self, text: str) -> Iterable[LegEvent]:
        event = _decode_channel_event(text)
        if _is_ours(event.channel.id):
            yield LegResumed(leg_id=event.channel.id, at=instant(event.timestamp))

    def _peer_status(self, text: str) -> Iterable[Registration]:
        """Sent when the first contact of a phone becomes reachable and when the last one is gone."""
        event = _decode_peer(text)
        if not is_trunk(event.endpoint.resource):
            yield Registration(
                sip_username=event.endpoint.resource,
                is_registered=event.endpoint.state == ONLINE,
                at=instant(event.timestamp),
            )


def _is_ours(leg_id: str) -> bool:
    return ids.call_id_of(leg_id) is not None
