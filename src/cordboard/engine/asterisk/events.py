"""Asterisk's events, and what they mean in our words. Field names are those of ARI's ``events.json``."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from cordboard.domain.arrival import Arrival, TransferAsked
from cordboard.domain.cause import NO_USER_RESPONDING, Cause
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
from cordboard.engine.asterisk.arrivals import arrival_of
from cordboard.engine.asterisk.contacts import Contacts
from cordboard.engine.asterisk.resources import UP, Channel, Endpoint
from cordboard.engine.asterisk.sip_objects import is_phone

Happening = LegEvent | Arrival | TransferAsked | Registration


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


class _StasisStart(msgspec.Struct, frozen=True, gc=False):
    timestamp: str
    channel: Channel
    args: list[str] = []


class _ContactInfo(msgspec.Struct, frozen=True, gc=False):
    uri: str
    contact_status: str


class _ContactStatusChange(msgspec.Struct, frozen=True, gc=False):
    timestamp: str
    endpoint: Endpoint
    contact_info: _ContactInfo


class _RequestedDestination(msgspec.Struct, frozen=True, gc=False):
    destination: str = ""
    protocol_id: str = ""


class _ReferTo(msgspec.Struct, frozen=True, gc=False):
    requested_destination: _RequestedDestination
    destination_channel: Channel | None = None


class _ReferredBy(msgspec.Struct, frozen=True, gc=False):
    source_channel: Channel


class _ChannelTransfer(msgspec.Struct, frozen=True, gc=False):
    timestamp: str
    refer_to: _ReferTo
    referred_by: _ReferredBy
    state: str = ""


_decode_dial = msgspec.json.Decoder(_Dial).decode
_decode_channel_event = msgspec.json.Decoder(_ChannelEvent).decode
_decode_start = msgspec.json.Decoder(_StasisStart).decode
_decode_contact = msgspec.json.Decoder(_ContactStatusChange).decode
_decode_transfer = msgspec.json.Decoder(_ChannelTransfer).decode

# The second of two comes right after the first; others may come between when many calls start at once.
_RECENT = 32

_OF_DIAL_STATUS: dict[str, type[LegEvent]] = {"RINGING": LegRinging, "PROGRESS": LegProgressed, "ANSWER": LegAnswered}


def instant(text: str) -> datetime:
    """An ARI timestamp (``2026-11-21T07:00:14.862+0000``, milliseconds) in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


class EventReader:
    """Turns Asterisk's events into ours, one at a time, in order.

    It remembers two things of a leg that we dial until it ends. One that was originated enters Stasis, where commands
    can reach it, a moment after it answered: LegAnswered waits for that. One that was created enters before it is
    dialled: whoever dials waits for that with ``entered``. Any other that enters is a call that comes in.

    Legs that are nobody's are told of as well: after a restart we do not know which came in before.
    """

    # What we ask Asterisk to send: all others are dropped there.
    TYPES = (
        "Dial",
        "StasisStart",
        "ChannelHangupRequest",
        "ChannelDestroyed",
        "ChannelHold",
        "ChannelUnhold",
        "ChannelTransfer",
        "ContactStatusChange",
    )

    def __init__(self) -> None:
        self.contacts = Contacts()
        self._originated: dict[str, datetime | None] = {}
        self._entering: dict[str, asyncio.Future[bool]] = {}
        # Subscribed to legs and to their endpoints, we get each event of a leg twice, word for word.
        self._recent: deque[str] = deque(maxlen=_RECENT)
        self._readers: dict[str, Callable[[str], Iterable[Happening]]] = {
            "Dial": self._dial,
            "StasisStart": self._stasis_start,
            "ChannelHangupRequest": self._hangup_request,
            "ChannelDestroyed": self._destroyed,
            "ChannelHold": self._held,
            "ChannelUnhold": self._resumed,
            "ChannelTransfer": self._transfer,
            "ContactStatusChange": self._contact_status,
        }

    def read(self, kind: str, text: str) -> Iterable[Happening]:
        """What an event means, if anything."""
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
        if kind is None:
            return
        if kind is LegAnswered and leg_id in self._originated:
            self._originated[leg_id] = at
            return
        yield kind(leg_id=leg_id, at=at)

    def _stasis_start(self, text: str) -> Iterable[LegEvent | Arrival]:
        event = _decode_start(text)
        leg_id, at = event.channel.id, instant(event.timestamp)
        entering = self._entering.pop(leg_id, None)
        if entering is not None and not entering.done():
            entering.set_result(True)
        if leg_id in self._originated:
            yield LegAnswered(leg_id=leg_id, at=self._originated.pop(leg_id) or at)
        elif arrival := arrival_of(event.channel, event.args, at):
            yield arrival

    def _hangup_request(self, text: str) -> Iterable[LegEvent]:
        """Ours are ``soft``. A refused INVITE and a caller's CANCEL come as one too, before the channel is up.

        So does Asterisk's own hang-up of a peer that no longer answers: it asked for nothing.
        """
        event = _decode_channel_event(text)
        if not event.soft and event.channel.state == UP and event.cause != NO_USER_RESPONDING:
            yield LegHungUp(leg_id=event.channel.id, at=instant(event.timestamp))

    def _destroyed(self, text: str) -> Iterable[LegEvent]:
        event = _decode_channel_event(text)
        leg_id, at = event.channel.id, instant(event.timestamp)
        entering = self._entering.pop(leg_id, None)
        if entering is not None and not entering.done():
            entering.set_result(False)
        answered_at = self._originated.pop(leg_id, None)
        if answered_at is not None:
            yield LegAnswered(leg_id=leg_id, at=answered_at)
        yield LegEnded(leg_id=leg_id, at=at, cause=Cause(q850=event.cause, sip=event.tech_cause or None))

    def _held(self, text: str) -> Iterable[LegEvent]:
        event = _decode_channel_event(text)
        yield LegHeld(leg_id=event.channel.id, at=instant(event.timestamp))

    def _resumed(self, text: str) -> Iterable[LegEvent]:
        event = _decode_channel_event(text)
        yield LegResumed(leg_id=event.channel.id, at=instant(event.timestamp))

    def _transfer(self, text: str) -> Iterable[TransferAsked]:
        """One with a state echoes what we told the phone.

        A dialog that Asterisk does not know has no channel. Its Call-ID stands for the leg: nobody knows that either.
        """
        event = _decode_transfer(text)
        if event.state:
            return
        wanted, other = event.refer_to.requested_destination, event.refer_to.destination_channel
        yield TransferAsked(
            leg_id=event.referred_by.source_channel.id,
            at=instant(event.timestamp),
            number=wanted.destination,
            other_leg_id=other.id if other else wanted.protocol_id,
        )

    def _contact_status(self, text: str) -> Iterable[Registration]:
        event = _decode_contact(text)
        account, at = event.endpoint.resource, instant(event.timestamp)
        self.contacts.take(account, event.contact_info.uri, event.contact_info.contact_status)
        if is_phone(account):
            yield Registration(sip_username=account, contacts=self.contacts.of(account), at=at)
