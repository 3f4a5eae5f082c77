"""The facts of an ended call as the reports show them (docs/dialects/common.md, Facts of a call; "Call Report")."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cordboard.api.alohub.descriptions import description
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.render import parties, shown_times
from cordboard.api.alohub.report_schemas import LookupDetail, ReportDetail, ReportRow
from cordboard.api.common.clock_faces import ClockFaces, clock_faces
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.number import national_form
from cordboard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Shows calls of one tenant. ``names``: whom the tenant's contacts know by a canonical number, the best first."""

    tenant: Tenant
    urls: RecordingUrls
    names: Mapping[str, Sequence[str]]

    def rows(self, page: Iterable[CallFacts], *, is_expanded: bool) -> list[ReportRow]:
        """Calls in the list: a row for each, or, expanded, for each contact whom its number may mean."""
        faces = clock_faces(self.tenant.zone)
        if is_expanded:
            return [self._row(faces, facts, name) for facts in page for name in self._names(facts)]
        return [self._row(faces, facts, self._names(facts)[0]) for facts in page]

    def _row(self, faces: ClockFaces, facts: CallFacts, customer_name: str) -> ReportRow:
        who, times = parties(self.tenant, facts), shown_times(facts)
        return ReportRow(
            call_id=facts.reference,
            caller=who.caller,
            called=who.called,
            start_time=faces.day_first(times.start),
            waiting_time=str(times.waiting_seconds),
            first_ring_time=faces.day_first(times.ring),
            first_connect_time=faces.day_first(times.connect),
            agent_id=who.agent,
            end_time=faces.day_first(times.end),
            acd_time=str(times.talk_seconds),
            description=description(facts, self.tenant.language),
            customer_name=customer_name,
            url=self._url(facts),
        )

    def detail(self, facts: CallFacts) -> ReportDetail:
        """A call by itself."""
        return self._detail(ReportDetail, facts)

    def lookup_detail(self, facts: CallFacts) -> ReportDetail:
        """A call by itself at the older path. Nothing is transcribed, so its transcript is always ""."""
        return self._detail(LookupDetail, facts, lookup_recording_url=self._url(facts))

    def _detail(self, kind: type[ReportDetail], facts: CallFacts, **more: str) -> ReportDetail:
        who, times, faces = parties(self.tenant, facts), shown_times(facts), clock_faces(self.tenant.zone)
        return kind(
            call_id=facts.reference,
            caller=who.caller,
            called=who.called,
            agent_id=who.agent,
            start_time=faces.day_first(times.start),
            end_time=faces.day_first(times.end),
            ring_time=faces.day_first(times.ring),
            connect_time=faces.day_first(times.connect),
            answer_time=times.answer_seconds,
            duration=times.total_seconds or 0,
            call_type="0" if facts.direction is Direction.INBOUND else "1",
            description=description(facts, self.tenant.language),
            customer_name=self._names(facts)[0],
            recording_url=self._url(facts),
            **more,
        )

    def _names(self, facts: CallFacts) -> Sequence[str]:
        """The other party's names, at least one: the contacts', else the one it had in the call, else its number."""
        known = self.names.get(facts.customer_number)
        return known or [facts.customer_name or national_form(facts.customer_number, self.tenant.country)]

    def _url(self, facts: CallFacts) -> str:
        name = facts.recorded_name
        return self.urls.listed_url_of(facts.tenant_id, name) if name else ""


def outside_numbers(calls: Iterable[CallFacts]) -> set[str]:
    """The numbers that contacts may have: inside a tenant people have names of their own."""
    return {facts.customer_number for facts in calls if facts.direction is not Direction.INTERNAL}
