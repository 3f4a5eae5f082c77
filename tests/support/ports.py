"""Ports for programs that want several in a row, or choose late: below those that the kernel gives to any socket."""

import itertools
import random
from collections.abc import Iterator

# Below Asterisk's ranges too.
MEDIA_PORTS = range(12_000, 18_000, 4)
SIP_PORTS = range(18_000, 20_000, 2)


def in_turn(ports: range) -> Iterator[int]:
    """Each of ``ports``, again and again, from any of them on: others test on this machine too."""
    first = random.randrange(len(ports))
    return itertools.cycle((*ports[first:], *ports[:first]))
