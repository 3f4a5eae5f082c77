"""What may be reached, judged as addresses, and seen at the sockets that are (not) connected."""

import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from uuid import uuid4

import pytest

from cordboard.delivery.address_guard import AddressGuard, is_public
from cordboard.delivery.sender import Sender
from cordboard.domain.clock import ManualClock
from cordboard.domain.webhook import Attempt, Delivery, EventKind
from tests.support.receiver import Receiver

LOOPBACK = ("127.0.0.0/8",)

FORBIDDEN_4 = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.1.2.3", "127.255.255.255", "168.63.129.16", "169.254.0.1", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1"),
    *("192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
)
FORBIDDEN_6 = (
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1::7f00:1", "100::1"),
    *("2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1"),
    *("2002:7f00:1::1", "2002:a00:1::1", "2002:808:808::1", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1"),
)
PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1", "172.15.0.1"),
    *("172.32.0.1", "192.0.1.1", "198.17.255.255", "198.20.0.1", "203.0.114.1", "223.255.255.255"),
    *("2606:4700::1111", "2a00:1450:4001::200e", "2400:cb00::1", "::ffff:8.8.8.8", "64:ff9b::808:808"),
)


@pytest.mark.parametrize("address", [*FORBIDDEN_4, *FORBIDDEN_6])
def test_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not AddressGuard().permits(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_an_allowed_network_is_allowed_in_each_spelling(address: str) -> None:
    assert AddressGuard(LOOPBACK).permits(ip_address(address))


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fd00::1", "0.0.0.0"])
def test_an_allowed_network_allows_no_other(address: str) -> None:
    assert not AddressGuard(LOOPBACK).permits(ip_address(address))


def test_what_is_no_network_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/33"):
        AddressGuard(["10.0.0.0/33"])


_connects: list[object] = []
_is_watching = False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _is_watching and event == "socket.connect":
        _connects.append(arguments[1])


sys.addaudithook(_watch)  # the interpreter tells of every connect(), whoever calls it


@pytest.fixture
def connects() -> Iterator[list[object]]:
    """Every address that this process connects a socket to during the test."""
    global _is_watching  # noqa: PLW0603 - an audit hook cannot be taken away again
    _connects.clear()
    _is_watching = True
    yield _connects
    _is_watching = False


NAMES = {
    "public-and-private.example": ["8.8.8.8", "10.0.0.1"],
    "private-last.example": ["2606:4700::1111", "8.8.8.8", "::1"],
    "metadata.example": ["169.254.169.254"],
    "partner.example": ["127.0.0.1"],
    "scoped.example": ["fe80::1%2"],
    "nonsense.example": ["no address"],
}


def _names(host: str, _: int, __: int) -> list[tuple[int, str]]:
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [(socket.AF_INET6 if ":" in each else socket.AF_INET, each) for each in NAMES[host]]


def delivery_to(url: str) -> Delivery:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    return Delivery(
        id=uuid4(),
        tenant_id=1,
        subscription_id=1,
        call_id=uuid4(),
        kind=EventKind.CALL_RECORDED,
        body=b"{}",
        created_at=at,
        due_at=at,
        url=url,
    )


@asynccontextmanager
async def sender(guard: AddressGuard) -> AsyncIterator[Sender]:
    async with Sender(guard, ManualClock(), timeout_seconds=10) as each:
        yield each


async def attempt(guard: AddressGuard, url: str) -> Attempt:
    async with sender(guard) as each:
        return await each.send(delivery_to(url))


def _in_url(address: str) -> str:
    return f"http://[{address}]:{{port}}/hook" if ":" in address else f"http://{address}:{{port}}/hook"


# Each leads, or would lead a careless client, to an address that is not public.
DISGUISED = (
    *(
        "http://localhost:{port}/",
        "http://LOCALHOST:{port}/",
        "http://localhost.:{port}/",
        "http://ip6-localhost:{port}/",
    ),
    *("http://127.1:{port}/", "http://127.0.1:{port}/", "http://0177.0.0.1:{port}/", "http://0x7f.0.0.1:{port}/"),
    *("http://2130706433:{port}/", "http://017700000001:{port}/", "http://0x7f000001:{port}/", "http://0:{port}/"),
    *(
        "http://127.0.0.1.:{port}/",
        "http://%31%32%37.0.0.1:{port}/",
        "http://①②⑦.⓪.⓪.①:{port}/",
        "http://127。0。0。1:{port}/",
    ),
    *(
        "http://user:password@127.0.0.1:{port}/",
        "http://8.8.8.8@127.0.0.1:{port}/",
        "http://8.8.8.8%40127.0.0.1:{port}/",
    ),
    *("http://127.0.0.1:{port}#@8.8.8.8/", "http://127.0.0.1:{port}?@8.8.8.8/", "http://8.8.8.8\\@127.0.0.1:{port}/"),
    *("http://[::1]:{port}/", "http://[0:0:0:0:0:0:0:1]:{port}/", "http://[::ffff:7f00:1]:{port}/"),
    *(
        "http://[::]:{port}/",
        "http://[::1%25lo]:{port}/",
        "http://[fe80::1%25lo]:{port}/",
        "http://[::127.0.0.1]:{port}/",
    ),
    "https://127.0.0.1:{port}/",
)


@pytest.mark.parametrize("template", [*map(_in_url, FORBIDDEN_4), *map(_in_url, FORBIDDEN_6), *DISGUISED])
async def test_no_socket_is_connected(template: str, connects: list[object]) -> None:
    async with Receiver() as receiver:
        made = await attempt(AddressGuard(), template.replace("{port}", str(receiver.port)))
    assert connects == []
    assert receiver.requests == []
    assert made.status is None
    assert made.error


@pytest.mark.parametrize("host", [*NAMES, "unknown.example"])
async def test_a_name_with_any_forbidden_address_is_refused(host: str, connects: list[object]) -> None:
    made = await attempt(AddressGuard(names=_names), f"http://{host}:9/hook")
    assert connects == []
    assert made.status is None
    assert made.error


async def test_the_judged_address_is_dialled_under_the_original_name(connects: list[object]) -> None:
    async with Receiver() as receiver:
        made = await attempt(AddressGuard(LOOPBACK, names=_names), f"http://partner.example:{receiver.port}/hook")
        assert made.status == 200
        assert connects == [("127.0.0.1", receiver.port)]
        assert receiver.requests[0].headers["host"] == f"partner.example:{receiver.port}"


async def test_a_name_is_resolved_once(connects: list[object]) -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])

    def changing(*_: object) -> list[tuple[int, str]]:
        return [(socket.AF_INET, each) for each in next(answers)]

    async with Receiver() as receiver, sender(AddressGuard(LOOPBACK, names=changing)) as each:
        url = f"http://rebinding.example:{receiver.port}/hook"
        made = [await each.send(delivery_to(url)) for _ in range(3)]
    assert [each.status for each in made] == [200, 200, 200]
    assert set(connects) == {("127.0.0.1", receiver.port)}
    assert next(answers) == ["169.254.169.254"]


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, connects: list[object]) -> None:
    async with Receiver() as proxy, Receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        made = await attempt(AddressGuard(LOOPBACK), receiver.url)
        assert made.status == 200
        assert connects == [("127.0.0.1", receiver.port)]
        assert proxy.requests == []
