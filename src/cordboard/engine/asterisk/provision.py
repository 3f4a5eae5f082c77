"""Provisioning by push: phones and trunks as objects of Asterisk's sorcery, kept in its memory.

They take effect at once, and are gone when Asterisk is: then everything is pushed again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from cordboard.domain.provisioning import NodeConfiguration
from cordboard.engine.asterisk.ari import AriResponse
from cordboard.engine.asterisk.resources import Endpoint
from cordboard.engine.asterisk.sip_objects import KINDS, Addresses, Fields, Key, is_trunk, kinds_of, objects_of

log = structlog.get_logger()

# Requests under way at once: enough to keep Asterisk busy, few enough for a call's command to pass within 20 ms.
_IN_FLIGHT = 16

Request = Callable[[str, str, Mapping[str, object] | None], Awaitable[AriResponse]]


class Provisioner:
    """Remembers what Asterisk was told, and tells it the difference.

    ``has_nat``: a phone is where its REGISTER came from, whatever its Contact says, and is asked every minute whether
    it is still there, which keeps the NAT's way to it open. Without NAT (on loopback) a phone is taken at its word: it
    may listen on another port than it registers from, and need not answer OPTIONS.
    """

    def __init__(self, *, has_nat: bool = True) -> None:
        self._has_nat = has_nat
        self._told: dict[Key, Fields] = {}
        self._is_known = False
        self._one_at_a_time = asyncio.Lock()

    def forget(self) -> None:
        """Asterisk may know anything: the next push sends everything, and takes away what it should not have."""
        self._told = {}
        self._is_known = False

    async def push(
        self, request: Request, configuration: NodeConfiguration, addresses: Addresses | None = None
    ) -> None:
        """Make Asterisk know exactly ``configuration``; ``addresses``: see ``objects_of``.

        An object that Asterisk refuses is logged and tried again by the next push; the others are not held up.

        Raises:
            EngineAway, EngineRefused: as ``request`` does. What was told is remembered.
        """
        async with self._one_at_a_time:
            wanted = objects_of(configuration, addresses, has_nat=self._has_nat)
            is_first = not self._is_known
            stale = [key for key, fields in self._told.items() if _is_stale(fields, wanted.get(key))]
            if is_first:
                stale += await _strays(request, wanted)
            for kind in reversed(KINDS):
                await _each((key for key in stale if key[0] == kind), lambda key: self._take_away(request, key))
            for kind in KINDS:
                changed = [key for key in wanted if key[0] == kind and self._told.get(key) != wanted[key]]
                await _each(changed, lambda key: self._tell(request, key, wanted[key]))
            self._is_known = True

    async def _tell(self, request: Request, key: Key, fields: Fields) -> None:
        body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items()]}
        response = await request("PUT", _path(key), body)
        if response.is_ok:
            self._told[key] = fields
        else:
            log.error("not_provisioned", kind=key[0], name=key[1], reason=response.reason)

    async def _take_away(self, request: Request, key: Key) -> None:
        response = await request("DELETE", _path(key), None)
        if response.is_ok or response.is_gone:
            self._told.pop(key, None)
        else:
            log.error("not_taken_away", kind=key[0], name=key[1], reason=response.reason)


def _is_stale(told: Fields, wanted: Fields | None) -> bool:
    """Asterisk keeps the value of a field that an update leaves out: then the object must go first."""
    return wanted is None or bool(told.keys() - wanted.keys())


async def _strays(request: Request, wanted: Mapping[Key, Fields]) -> list[Key]:
    """What Asterisk may have from before, and should not: a ``switch`` that came back does not know what it said."""
    response = await request("GET", "endpoints", None)
    names = {endpoint.resource for endpoint in response.body(list[Endpoint])} if response.is_ok else set()
    return [(kind, name) for name in sorted(names) for kind in kinds_of(name) if _may_stray(kind, name, wanted)]


def _may_stray(kind: str, name: str, wanted: Mapping[Key, Fields]) -> bool:
    # A trunk is always begun anew: fields that it no longer has must go (see _is_stale). The others always have all.
    return (kind, name) not in wanted or (is_trunk(name) and kind == "endpoint")


def _path(key: Key) -> str:
    return f"asterisk/config/dynamic/res_pjsip/{key[0]}/{key[1]}"


async def _each(keys: Iterable[Key], do: Callable[[Key], Awaitable[None]]) -> None:
    waiting = iter(keys)

    async def work() -> None:
        for key in waiting:
            await do(key)

    await asyncio.gather(*(work() for _ in range(_IN_FLIGHT)))
