"""Which DID a carrier means, and whether the call may come from there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

import structlog

from cordboard.actions.core import Core
from cordboard.domain.arrival import Arrival
from cordboard.domain.number import read_number
from cordboard.store import OwnedDid

log = structlog.get_logger()

_NO_COUNTRY = "ZZ"
_NUMBER = re.compile(r"[+0-9 ().\-/]*\Z")
_NOT_DIGIT = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDid:
    """A DID, and the trunk of its owner that the call came in through."""

    owned: OwnedDid
    trunk_id: int


async def find_did(core: Core, arrival: Arrival) -> FoundDid | None:
    """The DID that is called: of ``arrival.dialled`` the first that is one and may be called from there; else None.

    A DID is called through its own tenant's trunks alone: what other carriers bring for it is refused. Numbers are read
    as E.164 with ``+``, with ``00`` or bare, then as people write them in the owner's country.

    Raises:
        Unavailable: the database is away.
    """
    dids = core.store.system.dids
    countries: list[str] | None = None
    for text in arrival.dialled:
        international = read_international(text)
        found = _first_served(arrival, await dids.owned([international]) if international else ())
        if found is not None:
            return found
        if countries is None:
            countries = await dids.countries()
        readings = {(read_number(text, country), country) for country in countries}
        numbers = sorted({number for number, _ in readings if number is not None and number != international})
        candidates = [one for one in await dids.owned(numbers) if (one.did.number, one.tenant.country) in readings]
        found = _first_served(arrival, candidates)
        if found is not None:
            return found
    return None


def read_international(text: str) -> str | None:
    """The canonical number that ``text`` is in E.164, with or without ``+`` or ``00`` before it."""
    return read_number(f"+{digits_of(text).removeprefix('00')}", _NO_COUNTRY)


def digits_of(text: str) -> str:
    """The digits of a number; "" when ``text`` is none."""
    return _NOT_DIGIT.sub("", text) if _NUMBER.match(text) else ""


def _first_served(arrival: Arrival, candidates: Iterable[OwnedDid]) -> FoundDid | None:
    callers = {_plain(host) for host in (arrival.carrier_host, *arrival.other_hosts, arrival.remote_address) if host}
    for owned in candidates:
        for trunk in owned.trunks:
            if _plain(trunk.host) in callers:
                return FoundDid(owned=owned, trunk_id=trunk.id)
        log.info("did_of_another_carrier", did=owned.did.number, tenant=owned.tenant.id, address=arrival.remote_address)
    return None


def _plain(host: str) -> str:
    """One way to write a host."""
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return host.removesuffix(".").lower()
