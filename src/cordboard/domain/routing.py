"""How a call finds its way: which trunks to try for a number, and with which numbers as each carrier wants them."""

from collections.abc import Iterable

from cordboard.domain.call_state import Route
from cordboard.domain.commands import Target, TargetKind
from cordboard.domain.number import carrier_form
from cordboard.domain.trunk import Trunk


def routes_to(number: str, *, trunks: Iterable[Trunk], did_number: str, country: str) -> tuple[Route, ...]:
    """The ways to a canonical ``number``, best first, each showing the canonical ``did_number`` to the customer."""
    return tuple(_route(number, trunk, did_number, country) for trunk in sorted(trunks, key=_preference))


def _preference(trunk: Trunk) -> tuple[int, int]:
    return trunk.priority, trunk.id


def _route(number: str, trunk: Trunk, did_number: str, country: str) -> Route:
    address = carrier_form(number, trunk.number_format, country)
    return Route(
        target=Target(kind=TargetKind.TRUNK, address=address, trunk_id=trunk.id),
        caller_number=carrier_form(did_number, trunk.number_format, country),
    )
