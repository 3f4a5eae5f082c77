"""A ``CdrFilter`` as SQL. Conditions are written only when asked for: each then gets the plan that fits it."""

from dataclasses import dataclass
from datetime import datetime

from cordboard.domain.cdr import CdrFilter


@dataclass(frozen=True, slots=True)
class Search:
    """Conditions and their values; ``limit`` and ``offset`` are the two values after these.

    Of ``alternatives``, if there are any, one must hold besides.
    """

    condition: str
    values: list[object]
    alternatives: tuple[str, ...] = ()

    def page(self, columns: str) -> str:
        """The page's rows."""
        if self.alternatives:
            return self.far_page(columns)
        return f"SELECT {columns} FROM cdrs c WHERE {self.condition} {self._window}"

    def far_page(self, columns: str) -> str:
        """The same for a page far from the first."""
        calls = "cdrs c" if not self.alternatives else f"({self._arms}) c"
        condition = "true" if self.alternatives else self.condition
        ids = f"SELECT c.tenant_id, c.id FROM {calls} WHERE {condition} {self._window}"
        return f"SELECT {columns} FROM cdrs c JOIN ({ids}) page USING (tenant_id, id) ORDER BY {_ORDER}"

    def count(self) -> str:
        """How many rows there are on all pages."""
        either = f" AND ({' OR '.join(self.alternatives)})" if self.alternatives else ""
        return f"SELECT count(*) FROM cdrs c WHERE {self.condition}{either}"

    @property
    def _arms(self) -> str:
        """Up to the page's end, the ids that each alternative finds, by its own index.

        As one condition with OR the planner may read the tenant's whole history for a single call (125 against 0.5 ms
        at 400,000 calls).
        """
        place = len(self.values) + 1
        window = f"ORDER BY {_ORDER} LIMIT ${place}::bigint + ${place + 1}::bigint"
        ids = "SELECT c.tenant_id, c.id, c.requested_at FROM cdrs c"
        return " UNION ".join(f"({ids} WHERE {self.condition} AND {one} {window})" for one in self.alternatives)

    @property
    def _window(self) -> str:
        place = len(self.values) + 1
        return f"ORDER BY {_ORDER} LIMIT ${place} OFFSET ${place + 1}"


_ORDER = "c.requested_at DESC, c.id DESC"


def search_of(tenant_id: int, criteria: CdrFilter) -> Search:
    """The search for a tenant's records that meet ``criteria``."""
    search = Search("", [])
    conditions = [_is(search, "c.tenant_id = {}", tenant_id)]
    for template, value in (
        ("c.requested_at >= {}", criteria.started_from),
        ("c.requested_at < {}", criteria.started_before),
        ("c.reference = {}", criteria.reference),
        ("c.agent_extension = {}", criteria.extension),
        ("c.request_id = {} AND c.request_id <> ''", criteria.request_id),
        ("c.customer_number = ANY ({}::text[])", [] if criteria.is_number_of_either else list(criteria.number)),
        ("c.agent_user_name = ANY ({}::text[])", list(criteria.agent_user_names)),
        ("c.direction = ANY ({}::text[])", [direction.value for direction in criteria.directions]),
        ("c.outcome = ANY ({}::text[])", [outcome.value for outcome in criteria.outcomes]),
    ):
        if isinstance(value, datetime) or value:
            conditions.append(_is(search, template, value))
    if criteria.number_part:
        part = (criteria.number_part, criteria.number_beginning, criteria.is_number_of_either)
        times = (criteria.started_from, criteria.started_before)
        conditions.append(_is(search, "c.id IN (SELECT cdr_ids_with_number_part({}, {}, {}, {}, {}))", *part, *times))
    alternatives = _either_party(search, criteria.number) if criteria.is_number_of_either else ()
    return Search(" AND ".join(conditions), search.values, alternatives)


def _either_party(search: Search, numbers: tuple[str, ...]) -> tuple[str, ...]:
    """That a number is either party's, as conditions with an index each. What begins with + is no extension."""
    found = []
    for number in numbers:
        templates = ["c.customer_number = {}", "c.direction = 'inbound' AND c.did_number = {}"]
        if not number.startswith("+"):
            templates.append("c.direction <> 'inbound' AND c.agent_extension = {}")
        place = _is(search, "{}", number)
        found += [template.format(place) for template in templates]
    return tuple(found)


def _is(search: Search, template: str, *values: object) -> str:
    """The condition, with places for its values, which are noted in ``search``."""
    first = len(search.values) + 1
    search.values.extend(values)
    return template.format(*(f"${first + place}" for place in range(len(values))))
