"""Where carriers call from, and which phones are one: what the adapter makes of names and of contacts."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from cordboard.domain.arrival import Arrival
from cordboard.engine.asterisk import carriers
from cordboard.engine.asterisk.carriers import Carriers
from cordboard.engine.asterisk.contacts import Contacts

ARRIVAL = Arrival(
    leg_id="1.0", at=datetime(2026, 3, 10, tzinfo=UTC), dialled=("100",), remote_address="203.0.113.5"
)  # fmt: skip


class Names:
    """Name servers that know ``found``."""

    def __init__(self, **found: str) -> None:
        self.found = found
        self.asked: list[str] = []
        self.is_silent = False

    async def look_up(self, host: str) -> frozenset[str]:
        self.asked.append(host)
        if self.is_silent:
            await asyncio.Event().wait()
        return frozenset(self.found.get(host, "").split())


async def followed(known: Carriers) -> None:
    """Let it look once more, and wait until something has changed."""
    changed = asyncio.Event()

    async def note() -> None:
        changed.set()

    task = asyncio.create_task(known.follow(note))
    async with asyncio.timeout(20):
        await changed.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_addresses_are_those_of_the_names_and_addresses_their_own() -> None:
    names = Names(one="203.0.113.5 203.0.113.6")
    known = Carriers(names.look_up)
    await known.know(["one", "198.51.100.1", "2001:db8::1", "[2001:db8::2]", "nowhere"])
    assert known.addresses == {
        "one": {"203.0.113.5", "203.0.113.6"},
        "198.51.100.1": {"198.51.100.1"},
        "2001:db8::1": {"2001:db8::1"},
        "[2001:db8::2]": {"2001:db8::2"},
        "nowhere": set(),
    }
    assert sorted(names.asked) == ["nowhere", "one"]
    await known.know(["one", "two"])
    assert names.asked[2:] == ["two"]
    assert known.addresses.keys() == {"one", "two"}


async def test_an_arrival_has_all_names_of_where_it_came_from() -> None:
    known = Carriers(Names(b="203.0.113.5", a="203.0.113.5 203.0.113.6", c="203.0.113.6").look_up)
    await known.know(["c", "b", "a", "203.0.113.5"])
    named = known.named(ARRIVAL)
    assert (named.carrier_host, named.other_hosts) == ("203.0.113.5", ("a", "b"))
    await known.know(["c"])
    assert known.named(ARRIVAL) == ARRIVAL


async def test_name_servers_that_are_silent_hold_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriers, "LOOKUP_SECONDS", 0.01)
    monkeypatch.setattr(carriers, "RETRY_SECONDS", 0.01)
    names = Names(one="203.0.113.5")
    names.is_silent = True
    known = Carriers(names.look_up)
    await known.know(["one", "203.0.113.6"])
    assert known.addresses == {"one": set(), "203.0.113.6": {"203.0.113.6"}}
    names.is_silent = False
    await followed(known)
    assert known.addresses["one"] == {"203.0.113.5"}


async def test_names_are_followed_when_they_move_and_kept_when_they_are_not_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carriers, "REFRESH_SECONDS", 0.01)
    names = Names(one="203.0.113.5", two="203.0.113.6")
    known = Carriers(names.look_up)
    await known.know(["one", "two"])
    names.found = {"two": "203.0.113.7"}
    await followed(known)
    assert known.addresses == {"one": {"203.0.113.5"}, "two": {"203.0.113.7"}}


@pytest.mark.parametrize("host", ["localhost", "no such host", "x" * 64 + ".invalid", ""])
async def test_looking_up_never_fails(host: str) -> None:
    assert await carriers.look_up(host) <= {"127.0.0.1", "::1"}


def row(uri: str, *, status: str = "Reachable", expires_at: int = 1, account: str = "alice") -> Mapping[str, str]:
    """As AMI's PJSIPShowContacts has it."""
    return {
        "ObjectType": "contact", "ObjectName": f"{account};@1f2e", "Uri": uri, "Status": status,
        "ExpirationTime": str(expires_at),
    }  # fmt: skip


PHONE = "sip:alice@192.0.2.1:5060"


async def test_contacts_come_and_go() -> None:
    contacts = Contacts()
    assert contacts.of("alice") == ()
    contacts.take("alice", PHONE, "NonQualified")
    contacts.take("alice", PHONE, "Reachable")
    contacts.take("alice", "sip:alice@192.0.2.1:5062", "Reachable")
    contacts.take("bob", "sip:bob@192.0.2.1:5060", "Reachable")
    assert contacts.of("alice") == (PHONE, "sip:alice@192.0.2.1:5062")
    contacts.take("alice", PHONE, "Unreachable")
    assert contacts.of("alice") == ("sip:alice@192.0.2.1:5062",)
    contacts.take("alice", "sip:alice@192.0.2.1:5062", "Removed")
    assert contacts.of("alice") == ()
    assert contacts.of("bob") == ("sip:bob@192.0.2.1:5060",)


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        (f"{PHONE};rinstance=1", f"{PHONE};rinstance=2", 1),
        (PHONE, f"{PHONE};transport=UDP;ob", 1),
        (PHONE, f"{PHONE};transport=tcp", 2),
        (PHONE, "sip:alice@192.0.2.1:5062", 2),
        (PHONE, "sip:alice@192.0.2.2:5060", 2),
        # Several phones behind one address of a gateway.
        (PHONE, "sip:alice-2@192.0.2.1:5060", 2),
        ("sip:192.0.2.1", "sip:192.0.2.1;ob", 1),
    ],
)
async def test_a_phone_that_registers_again_from_its_place_is_one(old: str, new: str, count: int) -> None:
    told, listed = Contacts(), Contacts()
    for uri in (old, new):
        told.take("alice", uri, "Reachable")
    listed.replace([row(new, expires_at=20), row(old, expires_at=10)])
    for contacts in (told, listed):
        assert len(contacts.of("alice")) == count
        assert new in contacts.of("alice")
        contacts.take("alice", old, "Removed")
        assert contacts.of("alice") == (new,)


async def test_the_list_is_the_whole() -> None:
    contacts = Contacts()
    contacts.take("alice", "sip:alice@192.0.2.9", "Reachable")
    contacts.replace([row(PHONE), row("sip:alice@192.0.2.3", status="Unreachable"), {"Event": "ContactListComplete"}])
    assert contacts.of("alice") == (PHONE,)
