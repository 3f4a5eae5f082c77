"""What people ask of lists of calls, each time of somebody or something else."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat

from bench.support.call_history import DAYS, Company, customer_number

REPORTS = "/v1/reports/call-logs"
SEARCH = "/api/v1.0/base/searchCallV2"
FAR = 100_000
ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. ``parts``: what the naive table is asked instead, by column; None: it is not asked."""

    method: str = "POST"
    path: str = REPORTS
    body: bytes = b""
    parts: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A kind of request. ``most_ms``: what its p95 may be at 10 million records for the big tenant, None: no matter."""

    name: str
    most_ms: float | None
    asked: list[Asked]


def questions(company: Company, references: list[str], until: datetime, count: int) -> list[Question]:
    """All that is asked of a company, ``count`` times each. ``references`` are ids of its calls."""
    inquirer = _Inquirer(company, references, until)
    deep = 1 + (FAR if company.share > 0.1 else FAR // 100) // ROWS
    kinds: list[tuple[str, float | None, Callable[[], Asked]]] = [
        ("page 1", 5, inquirer.first_page),
        ("page 1, searchCallV2", 5, inquirer.first_search_page),
        ("exact number", 10, inquirer.number),
        ("six digits of a number", 50, inquirer.digits),
        ("agent", 25, inquirer.agent),
        ("call id", None, inquirer.call_id),
        ("call id, detail", None, inquirer.detail),
        ("30 days", 25, lambda: inquirer.reports(30)),
        ("30 days, inbound", 25, lambda: inquirer.reports(30, callType="0")),
        ("a year", 25, lambda: inquirer.reports(365)),
        ("a year, outbound", 25, lambda: inquirer.reports(365, callType="1")),
        ("a year, missed", 25, lambda: inquirer.search(365, call_status="missed")),
        ("a year, agent, answered", 25, inquirer.agents_year),
        ("a year, number", 25, inquirer.numbers_year),
        ("all time, busy", 25, lambda: inquirer.search(None, call_status="busy")),
        ("all time, a hotline", 25, inquirer.hotline),
        (f"offset {ROWS * (deep - 1):,}", 25, lambda: inquirer.far_page(deep)),
    ]
    return [Question(name=name, most_ms=most, asked=[ask() for _ in repeat(None, count)]) for name, most, ask in kinds]


class _Inquirer:
    """Draws whom to ask for: whoever calls often is asked for often."""

    def __init__(self, company: Company, references: list[str], until: datetime) -> None:
        self._random = random.Random(company.tenant_id)
        self._company = company
        self._until = until
        self._references: Iterator[str] = iter(references)

    def first_page(self) -> Asked:
        return Asked(body=b"{}", parts={})

    def first_search_page(self) -> Asked:
        return Asked(path=SEARCH, body=b"{}")

    def number(self) -> Asked:
        number = self._number()
        return _asked(REPORTS, {"customer_number": number[3:]}, phoneNumber=f"0{number[3:]}")

    def digits(self) -> Asked:
        digits = self._number()[5:11]
        return _asked(REPORTS, {"customer_number": digits}, phoneNumber=digits)

    def agent(self) -> Asked:
        name = self._agent()
        return _asked(SEARCH, {"agent_user_name": name}, agent=name)

    def call_id(self) -> Asked:
        reference = next(self._references)
        return _asked(SEARCH, {"reference": reference}, call_id=reference)

    def detail(self) -> Asked:
        return Asked(method="GET", path=f"{REPORTS}/{next(self._references)}")

    def agents_year(self) -> Asked:
        return self.search(365, agent=self._agent(), call_status="answered")

    def numbers_year(self) -> Asked:
        return self.reports(365, phoneNumber=f"0{self._number()[3:]}")

    def hotline(self) -> Asked:
        return _asked(REPORTS, None, phoneNumber=f"0{self._random.choice(self._company.dids)[3:]}")

    def far_page(self, page: int) -> Asked:
        return _asked(REPORTS, None, page=str(page), limit=str(ROWS))

    def reports(self, days: int, **more: str) -> Asked:
        start, end = self._range(days)
        return _asked(REPORTS, None, callStartTime=start, callEndtime=end, **more)

    def search(self, days: int | None, **more: str) -> Asked:
        if days is None:
            return _asked(SEARCH, None, **more)
        start, end = self._range(days)
        return _asked(SEARCH, None, starttime=start, endtime=end, **more)

    def _range(self, days: int) -> tuple[str, str]:
        end = self._until - timedelta(days=self._random.random() * (DAYS - days - 1))
        return tuple(f"{at:%Y-%m-%d %H:%M:%S}" for at in (end - timedelta(days=days), end))  # type: ignore[return-value]

    def _number(self) -> str:
        place = int(self._company.customers * self._random.random() ** 2)
        return customer_number(self._company.tenant_id, place)

    def _agent(self) -> str:
        return self._company.agent(int(self._company.agents * self._random.random() ** 1.5))[1]


def _asked(path: str, parts: dict[str, str] | None, **body: str) -> Asked:
    return Asked(path=path, body=json.dumps(body).encode(), parts=parts)
