"""Made-up call records as years of work leave them: by working hours, with regular customers and busy agents."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TypeAlias

from cordboard.domain.call_facts import Direction, RecordingStatus
from cordboard.domain.call_state import EndedBy, EndReason, FlowName, Party
from cordboard.domain.cause import Outcome

Columns: TypeAlias = dict[str, object]

DAYS = 730
LOCAL = timedelta(hours=7)
RECORDING_DAYS = 90

# Monday first; hours of the local day, 0 first.
_WEEK = (1.1, 1.0, 1.0, 1.0, 0.9, 0.4, 0.1)
_HOURS = (0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 1, 3, 9, 12, 12, 8, 4, 8, 11, 11, 10, 8, 5, 4, 3, 2, 1, 0.5)
_FLOWS = {FlowName.CLICK_TO_CALL: 45, FlowName.OUTBOUND: 15, FlowName.INBOUND: 35, FlowName.INTERNAL: 5}
_DIRECTIONS = {FlowName.INBOUND: Direction.INBOUND, FlowName.INTERNAL: Direction.INTERNAL}
# Outcome, end reason, SIP code, ended by: of an outbound or internal call, and of one that came in.
_OUT = {
    (Outcome.ANSWERED, EndReason.CUSTOMER_HUNG_UP, None, EndedBy.CUSTOMER): 33,
    (Outcome.ANSWERED, EndReason.AGENT_HUNG_UP, None, EndedBy.AGENT): 25,
    (Outcome.MISSED, EndReason.CUSTOMER_NO_ANSWER, 480, EndedBy.SYSTEM): 20,
    (Outcome.MISSED, EndReason.AGENT_GAVE_UP, 487, EndedBy.AGENT): 8,
    (Outcome.BUSY, EndReason.CUSTOMER_BUSY, 486, EndedBy.CUSTOMER): 8,
    (Outcome.REJECTED, EndReason.CUSTOMER_DECLINED, 603, EndedBy.CUSTOMER): 2,
    (Outcome.FAILED, EndReason.CUSTOMER_UNREACHABLE, 404, EndedBy.SYSTEM): 4,
}
_IN = {
    (Outcome.ANSWERED, EndReason.CUSTOMER_HUNG_UP, None, EndedBy.CUSTOMER): 55,
    (Outcome.ANSWERED, EndReason.AGENT_HUNG_UP, None, EndedBy.AGENT): 25,
    (Outcome.MISSED, EndReason.CUSTOMER_GAVE_UP, 487, EndedBy.CUSTOMER): 15,
    (Outcome.MISSED, EndReason.AGENT_NO_ANSWER, 480, EndedBy.SYSTEM): 5,
}
_PREFIXES = ("90", "91", "93", "97", "98", "96", "86", "88", "89", "70", "79", "32", "35", "38", "39", "56", "58", "81")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A tenant and how it works.

    ``customers`` is how many different numbers it deals with, ``share`` its part of all calls.
    """

    tenant_id: int
    share: float
    customers: int
    agents: int
    dids: tuple[str, ...]

    def agent(self, place: int) -> tuple[int, str, str]:
        """The id, user name and extension of its nth agent."""
        return self.tenant_id * 1000 + place, f"agent{place}", str(1000 + place)


def customer_number(tenant_id: int, place: int) -> str:
    """The number of a tenant's nth customer; the lower, the more calls."""
    mixed = (place * 2_654_435_761 + tenant_id * 97_003) % 180_000_000
    return f"+84{_PREFIXES[mixed // 10_000_000]}{mixed % 10_000_000:07d}"


def shares(tenants: int, big_share: float) -> list[float]:
    """The part of all calls that each tenant has: one big one, the others as Zipf has them."""
    weights = [1 / place for place in range(1, tenants)]
    return [big_share, *((1 - big_share) * weight / sum(weights) for weight in weights)]


class History:
    """All calls of ``companies``, ``count`` of them, in the order of their time, ending with ``until``."""

    def __init__(self, companies: list[Company], count: int, until: datetime) -> None:
        self._random = random.Random(4)
        self._companies = companies
        self._count = count
        self._until = until.replace(microsecond=0)
        self._pairs = [one + two for one in _LETTERS for two in _LETTERS]

    def days(self) -> Iterator[list[Columns]]:
        """The records of a day after another."""
        first = self._until - timedelta(days=DAYS)
        days = [first + timedelta(days=place) for place in range(DAYS)]
        weights = [_WEEK[(day + LOCAL).weekday()] for day in days]
        before = 0
        for day, part in zip(days, accumulate(weights), strict=True):
            after = round(self._count * part / sum(weights))
            yield self._day(day, after - before)
            before = after

    def _day(self, day: datetime, count: int) -> list[Columns]:
        draw = self._random
        hours = [_HOURS[(day.hour + 7 + hour) % 24] for hour in range(24)]
        seconds = sorted(hour * 3600 + draw.random() * 3600 for hour in draw.choices(range(24), hours, k=count))
        owners = draw.choices(self._companies, [company.share for company in self._companies], k=count)
        flows = draw.choices(list(_FLOWS), list(_FLOWS.values()), k=count)
        outs = draw.choices(list(_OUT), list(_OUT.values()), k=count)
        ins = draw.choices(list(_IN), list(_IN.values()), k=count)
        return [
            self._record(
                owner, day + timedelta(seconds=round(second, 3)), flow, into if flow is FlowName.INBOUND else out
            )
            for second, owner, flow, out, into in zip(seconds, owners, flows, outs, ins, strict=True)
        ]

    def _record(
        self, company: Company, at: datetime, flow: FlowName, end: tuple[Outcome, EndReason, int | None, EndedBy]
    ) -> Columns:
        draw, (outcome, reason, sip_code, ended_by) = self._random, end
        is_inbound, is_answered = flow is FlowName.INBOUND, outcome is Outcome.ANSWERED
        agent_id, user_name, extension = company.agent(int(company.agents * draw.random() ** 1.5))
        number = customer_number(company.tenant_id, int(company.customers * draw.random() ** 2))
        if flow is FlowName.INTERNAL:
            number = company.agent(int(company.agents * draw.random()))[2]
        ringing_at = at + timedelta(milliseconds=int(800 + 2000 * draw.random()))
        waited = ringing_at + timedelta(milliseconds=int(3000 + 25000 * draw.random()))
        ended_at = waited + timedelta(seconds=int(draw.expovariate(1 / 150))) if is_answered else waited
        stamp = int(at.timestamp() * 1000)
        bits = draw.getrandbits(104)
        call_id = f"{stamp:012x}7{bits & 0xFFF:03x}8{bits >> 12 & (1 << 60) - 1:015x}"
        local = at + LOCAL
        letters = "".join(self._pairs[bits >> shift & 511] for shift in (20, 30, 40, 50))
        is_kept = self._until - at < timedelta(days=RECORDING_DAYS)
        kept = RecordingStatus.READY if is_kept else RecordingStatus.EXPIRED
        status = kept if is_answered else RecordingStatus.NONE
        has_nobody = is_inbound and not is_answered
        return {
            "tenant_id": company.tenant_id,
            "id": call_id,
            "reference": f"{local.year}{local.month:02d}{local.day:02d}{local.hour:02d}{local.minute:02d}"
            f"{local.second:02d}-{letters}-{1000 + bits % 9000}",
            "flow": flow.value,
            "direction": _DIRECTIONS.get(flow, Direction.OUTBOUND).value,
            "first": Party.AGENT.value if flow is FlowName.CLICK_TO_CALL else Party.CUSTOMER.value,
            "request_id": f"order-{bits % 10**9}" if flow is FlowName.CLICK_TO_CALL and bits & 1 else "",
            "agent_id": None if has_nobody else agent_id,
            "agent_user_name": "" if has_nobody else user_name,
            "agent_name": "" if has_nobody else user_name.title(),
            "agent_extension": extension,
            "customer_number": number,
            "did_number": company.dids[bits % len(company.dids)],
            "requested_at": at,
            "ringing_at": ringing_at,
            "connected_at": waited if is_answered else None,
            "ended_at": ended_at,
            "outcome": outcome.value,
            "ended_by": ended_by.value,
            "end_reason": reason.value,
            "failed_party": None if is_answered else Party.CUSTOMER.value,
            "sip_code": sip_code,
            "recording_name": f"{call_id[:8]}-{bits:032x}.mp3" if is_answered else "",
            "recording_status": status.value,
        }
