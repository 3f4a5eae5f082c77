"""Which addresses a webhook may reach: public ones, and private networks that the operator named.

A callback's URL is text that a customer wrote; without this it could make us talk to our own neighbours. Names
are resolved once, and refused when any of their addresses is refused; the address that was judged is the
one that is dialled, and it is judged once more when that is done.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# (host, port, address family) → (address family, address) for each address. Blocks; raises OSError.
LookUp = Callable[[str, int, int], list[tuple[int, str]]]

# Python 3.11's `is_global` lets multicast, 6to4 and NAT64 forms of private addresses pass; hence a table of our own,
# from IANA's special-purpose registries (RFC 6890, as of 2026).
_NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network: RFC 791 3.2
        "10.0.0.0/8",  # private: RFC 1918
        "100.64.0.0/10",  # carrier-grade NAT: RFC 6598
        "127.0.0.0/8",  # loopback: RFC 1122 3.2.1.3
        "168.63.129.16/32",  # Azure's host, reachable from each of its machines only
        "169.254.0.0/16",  # link-local, and the clouds' metadata: RFC 3927
        "172.16.0.0/12",  # private: RFC 1918
        "192.0.0.0/24",  # protocol assignments: RFC 6890 2.1
        "192.0.2.0/24",  # documentation: RFC 5737
        "192.31.196.0/24",  # AS112: RFC 7535
        "192.52.193.0/24",  # multicast tunnels: RFC 7450
        "192.88.99.0/24",  # 6to4 relays: RFC 7526
        "192.168.0.0/16",  # private: RFC 1918
        "192.175.48.0/24",  # AS112: RFC 7534
        "198.18.0.0/15",  # benchmarks: RFC 2544
        "198.51.100.0/24",  # documentation: RFC 5737
        "203.0.113.0/24",  # documentation: RFC 5737
        "224.0.0.0/4",  # multicast: RFC 1112
        "240.0.0.0/4",  # reserved, and broadcast: RFC 1112, RFC 919
    )
)
# All that is not global unicast is refused: loopback, unique local (RFC 4193), link-local (RFC 4291), multicast,
# discard (RFC 6666), local NAT64 (RFC 8215), segment routing (RFC 9602).
_GLOBAL_UNICAST_6 = IPv6Network("2000::/3")  # RFC 4291 2.4
_NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them: RFC 2928, RFC 4380
        "2001:db8::/32",  # documentation: RFC 3849
        "2002::/16",  # 6to4, which no web server uses any more: RFC 3056, RFC 7526
        "2620:4f:8000::/48",  # AS112: RFC 7534
        "3fff::/20",  # documentation: RFC 9637
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how a host without IPv4 reaches all of IPv4
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291 2.5.5.1
_LOOPBACK_6 = IPv6Address("::1")
_LOOPBACK_4 = IPv4Address("127.0.0.1")

# Names are looked up in threads (the C library's resolver blocks). One hanging name server holds as many of them as
# there are names behind it; the others have the rest.
RESOLVER_THREADS = 32


class ForbiddenAddress(OSError):
    """An address that webhooks may not reach."""


def unwrap(address: Address) -> Address:
    """The address that is really reached: IPv4 inside IPv6 comes out, and IPv6's loopback counts as IPv4's.

    6to4 and Teredo are unwrapped too, so that a network that is allowed is allowed in each spelling.
    """
    if isinstance(address, IPv4Address):
        return address
    if address == _LOOPBACK_6:
        return _LOOPBACK_4  # "localhost" has both; whoever allows one means the other
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return address


def is_public(address: Address) -> bool:
    """True when anybody on the internet has this address in common."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None and address not in _NAT64:
        return address in _GLOBAL_UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)
    inner = unwrap(address)
    return not any(inner in network for network in _NOT_PUBLIC_4)


def look_up(host: str, port: int, family: int) -> list[tuple[int, str]]:
    """All addresses that this machine knows for ``host``. Blocks; raises OSError when there are none."""
    found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [(each, _with_scope(sockaddr)) for each, _, _, _, sockaddr in found]


def _with_scope(sockaddr: tuple[Any, ...]) -> str:
    """The address, with its scope when it has one: link-local ones are refused for it."""
    address = str(sockaddr[0])
    has_scope = len(sockaddr) == 4 and sockaddr[3] and "%" not in address
    return f"{address}%{sockaddr[3]}" if has_scope else address


class AddressGuard:
    """Judges addresses, and finds out those of names.

    ``allow_networks``: private networks that may be reached as well, ``10.1.0.0/16``. Raises ValueError when one of
    them is none. ``names`` is who knows the addresses of names.
    """

    def __init__(self, allow_networks: Iterable[str] = (), *, names: LookUp = look_up) -> None:
        self._names = names
        self._allowed: tuple[Network, ...] = tuple(ip_network(text, strict=False) for text in allow_networks)
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolver")

    def permits(self, address: Address) -> bool:
        """True when a webhook may be sent to ``address``."""
        if is_public(address):
            return True
        inner = unwrap(address)
        return any(address in network or inner in network for network in self._allowed)

    def vet(self, text: str) -> None:
        """Raise ForbiddenAddress unless ``text`` is an address that may be reached. Scopes (``%eth0``) never may."""
        try:
            address = ip_address(text)
        except ValueError:
            raise ForbiddenAddress(f"{text} is not an address") from None
        if (isinstance(address, IPv6Address) and address.scope_id) or not self.permits(address):
            raise ForbiddenAddress(f"{text} is not a public address")

    async def resolve(self, host: str, port: int = 0) -> list[tuple[int, str]]:
        """All addresses of ``host``, each with its family.

        Raises:
            ForbiddenAddress: at least one of them may not be reached.
            OSError: it has none.
        """
        try:
            literal = ip_address(host)
        except ValueError:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._threads, self._names, host, port, socket.AF_UNSPEC)
        else:
            found = [(socket.AF_INET if literal.version == 4 else socket.AF_INET6, host)]
        for _, address in found:
            self.vet(address)
        if not found:
            raise OSError(f"{host} has no address")
        return found

    async def close(self) -> None:
        """Let the threads go. Look-ups under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
