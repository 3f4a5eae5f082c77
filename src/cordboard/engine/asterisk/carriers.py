"""Where carriers call from: the addresses of the hosts that trunks name.

Asterisk could look the names up by itself, but waits for the answer with every other request behind it, and looks only
once. So it is given addresses.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address

import structlog

from cordboard.domain.arrival import Arrival

log = structlog.get_logger()

# How long a change of trunks waits for names; whoever waits for the change gives up after 2 s.
LOOKUP_SECONDS = 1.0
# How often all names are looked up again, and how soon when one is not found.
REFRESH_SECONDS = 60.0
RETRY_SECONDS = 5.0

LookUp = Callable[[str], Awaitable[frozenset[str]]]


async def look_up(host: str) -> frozenset[str]:
    """The addresses of a host name; none when it has none, nobody answers, or it cannot be a name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(str(sockaddr[0]) for *_, sockaddr in found)


class Carriers:
    """The hosts of a node's trunks with their ``addresses``. A name that is not found any more keeps what it had."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self.addresses: dict[str, frozenset[str]] = {}
        self._look_up = look_up

    async def know(self, hosts: Iterable[str]) -> None:
        """Exactly these hosts. Waits for the addresses of new ones, but not for long: ``follow`` finds the others."""
        known = self.addresses
        self.addresses = {host: known.get(host) or _literal(host) for host in hosts}
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOKUP_SECONDS):
                await self._ask(host for host in self.addresses if host not in known)

    async def follow(self, on_change: Callable[[], Awaitable[None]]) -> None:
        """Look names up again and again until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS if all(self.addresses.values()) else RETRY_SECONDS)
            if await self._ask(self.addresses):
                log.info("carriers_moved", addresses={host: sorted(each) for host, each in self.addresses.items()})
                await on_change()

    def named(self, arrival: Arrival) -> Arrival:
        """The arrival of a carrier with all names of the host that called."""
        hosts = sorted(host for host, each in self.addresses.items() if arrival.remote_address in each)
        if arrival.sip_username or not hosts:
            return arrival
        return replace(arrival, carrier_host=hosts[0], other_hosts=tuple(hosts[1:]))

    async def _ask(self, hosts: Iterable[str]) -> bool:
        """Look names up; whether any has other addresses than before."""
        return any(await asyncio.gather(*(self._learn(host) for host in hosts if not _literal(host))))

    async def _learn(self, host: str) -> bool:
        found = await self._look_up(host)
        if not found or self.addresses.get(host, found) == found:
            return False
        self.addresses[host] = found
        return True


def _literal(host: str) -> frozenset[str]:
    """The host itself, when it is an address."""
    try:
        return frozenset((str(ip_address(host.strip("[]"))),))
    except ValueError:
        return frozenset()
