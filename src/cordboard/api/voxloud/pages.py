"""Pages as this dialect has them: numbered from 0, sorted by one property, with what there is besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec

from cordboard.api.common.fields import one_of, whole_number_of
from cordboard.api.common.wire_types import YES, among, says
from cordboard.api.voxloud.records import TelephonyEvent
from cordboard.domain.cdr import CdrOrder

SIZE = 20
MOST_SIZE = 1000
# Far beyond any tenant's last page, and the offset stays within a bigint.
MOST_PAGES = 1_000_000_000

_ORDERS: Mapping[str, CdrOrder] = {
    "timestamp": CdrOrder.STARTED,
    "duration": CdrOrder.DURATION,
    "id": CdrOrder.NUMBER,
    "direction": CdrOrder.DIRECTION,
    "type": CdrOrder.KIND,
}
_WAYS = {"": False, "asc": False, "desc": True}


class PageQuery(msgspec.Struct):
    """Which page, of what order."""

    sort: Annotated[
        str,
        says(
            "`timestamp`, `duration`, `id`, `direction` or `type`; `,desc` after it for descending. (timestamp,desc)",
            "timestamp,desc",
        ),
    ] = ""
    size: Annotated[str, says("Events of a page, 1 to 1,000. (20)", "30")] = ""
    page: Annotated[str, says("From 0. (0)", "0")] = ""


class Sort(msgspec.Struct, rename="camel"):
    """What a page is sorted by."""

    direction: Annotated[str, says("Which way.", "DESC"), among("ASC", "DESC")]
    property: Annotated[str, says("What by.", "timestamp")]
    ignore_case: Annotated[bool, says("Always false.")]
    null_handling: Annotated[str, says("Always `NATIVE`.", "NATIVE")]
    ascending: Annotated[bool, says("Whether `direction` is `ASC`.")]
    descending: Annotated[bool, says("Whether `direction` is `DESC`."), YES]


class EventPage(msgspec.Struct, rename="camel"):
    """A page of telephony events, and where it stands among the others."""

    content: list[TelephonyEvent]
    last: Annotated[bool, says("Whether this is the last page."), YES]
    total_elements: Annotated[int, says("All events that match.", 1)]
    total_pages: Annotated[int, says("All pages of them.", 1)]
    sort: list[Sort]
    first: Annotated[bool, says("Whether this is the first page."), YES]
    number_of_elements: Annotated[int, says("The events of this page.", 1)]
    size: Annotated[int, says("The most that a page has.", 30)]
    number: Annotated[int, says("Which page this is, from 0.", 0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """Which page, of what order. ``is_sized``: the client said how large it is."""

    sorted_by: str
    is_descending: bool
    size: int
    number: int
    is_sized: bool

    @property
    def order(self) -> CdrOrder:
        """What it is sorted by, in the house's words."""
        return _ORDERS[self.sorted_by]


def read_page(query: PageQuery) -> WantedPage:
    """Which page is asked for. Raises InvalidInput."""
    name, _, way = (query.sort.strip() or "timestamp,desc").partition(",")
    name = name.strip()
    one_of(_ORDERS, name, "sort")
    return WantedPage(
        sorted_by=name,
        is_descending=one_of(_WAYS, way.strip().lower(), "sort"),
        size=whole_number_of(query.size, "size", default=SIZE, least=1, most=MOST_SIZE),
        number=whole_number_of(query.page, "page", default=0, least=0, most=MOST_PAGES),
        is_sized=bool(query.size.strip()),
    )


def event_page(wanted: WantedPage, events: list[TelephonyEvent], total: int) -> EventPage:
    """The page with ``events`` in it, of ``total`` that there are."""
    sort = Sort(
        direction="DESC" if wanted.is_descending else "ASC",
        property=wanted.sorted_by,
        ignore_case=False,
        null_handling="NATIVE",
        ascending=not wanted.is_descending,
        descending=wanted.is_descending,
    )
    pages = -(-total // wanted.size)
    return EventPage(
        content=events,
        last=wanted.number + 1 >= pages,
        total_elements=total,
        total_pages=pages,
        sort=[sort],
        first=wanted.number == 0,
        number_of_elements=len(events),
        size=wanted.size,
        number=wanted.number,
    )
