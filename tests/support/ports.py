"""Ports for programs that want several in a row, or choose late: below those that the kernel gives to any socket."""

import itertools
import random
from collections.abc import Iterator

from cordboard.nodes.ports import TCP, all_free, is_free

# Below Asterisk's ranges too.
MEDIA_PORTS = range(12_000, 18_000, 4)
SIP_PORTS = range(18_000, 20_000, 2)


def in_turn(ports: range) -> Iterator[int]:
    """Each of ``ports``, again and again, from any of them on: others test on this machine too."""
    first = random.randrange(len(ports))
    return itertools.cycle((*ports[first:], *ports[:first]))


_sip_ports = in_turn(SIP_PORTS)


def free_sip_port() -> int:
    """One for UDP and TCP, and the next for TLS, at every address."""
    return next(port for port in _sip_ports if _has_both(port))


def _has_both(port: int) -> bool:
    return all_free(range(port, port + 2)) and all(is_free(TCP, at) for at in (port, port + 1))
