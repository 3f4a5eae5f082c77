"""Limits as a client sees them (docs/dialects/common.md, Limits; the documents' "Rate Limit Headers")."""

import io
from pathlib import Path

import asyncpg
import pytest

from cordboard.actions.count_request import count_request
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.domain.errors import Unavailable
from cordboard.store import Store
from cordboard.store.request_counts import RequestCounts
from tests.api.house import CLICK_TO_CALL, MAKE_CALL, MEDIA, SEARCH, Answer, House, Office, running_house
from tests.support.database import as_administrator

LIMIT_TENANT = "x-ratelimit-limit-tenant"
REMAINING_TENANT = "x-ratelimit-remaining-tenant"
LIMIT_ROUTE = "x-ratelimit-limit-route"
REMAINING_ROUTE = "x-ratelimit-remaining-route"
HEADERS = (LIMIT_TENANT, REMAINING_TENANT, LIMIT_ROUTE, REMAINING_ROUTE)


@pytest.fixture
async def limited(house: House) -> Office:
    return await house.open_office("limited", limit_tenant=200, limit_route=100)


def told(answer: Answer) -> tuple[int | None, ...]:
    """The four headers; None for one that is not there."""
    return tuple(int(answer.headers[name]) if name in answer.headers else None for name in HEADERS)


async def let_ten_seconds_pass(database_url: str) -> None:
    """In the counts, whose clock is the database's own."""
    connection = await asyncpg.connect(as_administrator(database_url))
    await connection.execute("UPDATE request_counts SET tick = tick - 21")
    await connection.close()


async def test_the_four_headers(limited: Office) -> None:
    assert told(await limited.post(SEARCH, {})) == (200, 199, 100, 99)
    assert told(await limited.post(f"{SEARCH}/", {})) == (200, 198, 100, 98)
    assert told(await limited.post(CLICK_TO_CALL, {})) == (200, 197, 100, 99)


async def test_every_answer_to_a_known_key_has_them(house: House, limited: Office) -> None:
    key = await limited.new_key("report")
    only_report = {"Authorization": key}
    answers = [
        await limited.post(SEARCH, {}),
        await limited.post(SEARCH, b"{"),
        await limited.post(SEARCH, {"page": 0}),
        await limited.post(SEARCH, {}, Accept="text/html"),
        await limited.post(SEARCH, bytes(2 << 20)),
        await limited.post(SEARCH, {}, **{"X-Tenant-ID": "424242"}),
        await limited.get(SEARCH),
        await limited.get(MEDIA, url="none.mp3"),
        await house.ask("POST", MAKE_CALL, headers=only_report),
        await limited.call(),
    ]
    assert [answer.status for answer in answers] == [200, 400, 400, 406, 413, 403, 405, 404, 403, 200]
    for used, answer in enumerate(answers, 1):
        assert told(answer)[:2] == (200, 200 - used), answer
        assert told(answer)[2] == 100
        assert "retry-after" not in answer.headers


async def test_a_recording_has_them(limited: Office) -> None:
    recording = await limited.recording(b"sound")
    for method, headers, status in (("GET", {}, 200), ("HEAD", {}, 200), ("GET", {"Range": "bytes=1-2"}, 206)):
        answer = await limited.get(MEDIA, method=method, headers=headers, url=recording.name)
        assert answer.status == status
        assert told(answer)[::2] == (200, 100)


async def test_what_is_not_counted_has_none(house: House, limited: Office) -> None:
    for answer in (
        await house.ask("POST", SEARCH),
        await house.ask("POST", SEARCH, headers={"Authorization": "unknown"}),
        await house.ask("GET", SEARCH),
        await limited.get("/nothing"),
        await limited.get("/livez"),
        await limited.get("/healthz"),
        await limited.get("/metrics"),
        await house.ask("OPTIONS", SEARCH, headers={"Authorization": limited.key, "Origin": "https://x.example"}),
    ):
        assert told(answer) == (None,) * 4
    assert told(await limited.post(SEARCH, {})) == (200, 199, 100, 99)


async def test_what_is_unlimited_is_left_out(house: House) -> None:
    for limits, shown in (((0, 5), (None, None, 5, 4)), ((5, 0), (5, 4, None, None)), ((0, 0), (None,) * 4)):
        office = await house.open_office(f"o{limits}", limit_tenant=limits[0], limit_route=limits[1])
        assert told(await office.post(SEARCH, {})) == shown


async def test_without_limits_the_database_is_not_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    office = await house.open_office("free", limit_tenant=0, limit_route=0)
    monkeypatch.delattr(RequestCounts, "count")
    assert (await office.post(SEARCH, {})).status == 200


async def test_over_the_routes_limit(limited: Office, database_url: str) -> None:
    await limited.change(limit_tenant=5, limit_route=2, language="en")
    for remaining in (1, 0):
        assert told(await limited.post(SEARCH, {}))[3] == remaining
    for attempt in (await limited.post(SEARCH, {}), await limited.post(SEARCH, b"{"), await limited.post(SEARCH, {})):
        assert attempt.code == (429, "RATE_LIMIT_EXCEEDED")
        assert told(attempt) == (5, 3, 2, 0)
        seconds = attempt.headers["retry-after"]
        assert 10 <= int(seconds) <= 11
        assert attempt.json == {
            "success": "0",
            "error_code": "RATE_LIMIT_EXCEEDED",
            "error_message": f"Too many requests, try again in {seconds} seconds",
        }
    # Nothing of that counted for the tenant: three more, elsewhere, are its five.
    for path, status in ((MAKE_CALL, 400), (MAKE_CALL, 400), (CLICK_TO_CALL, 400), (CLICK_TO_CALL, 429)):
        assert (await limited.post(path, {})).status == status
    assert told(await limited.post(CLICK_TO_CALL, {})) == (5, 0, 2, 1)
    await let_ten_seconds_pass(database_url)
    assert told(await limited.post(SEARCH, {})) == (5, 4, 2, 1)


async def test_a_key_without_the_right_does_not_get_around_it(house: House, limited: Office) -> None:
    await limited.change(limit_route=1)
    key = await limited.new_key("call")
    for status in (403, 429):
        assert (await house.ask("POST", SEARCH, headers={"Authorization": key})).status == status


async def test_a_body_that_is_refused_unread_is_dropped(limited: Office) -> None:
    await limited.change(limit_route=1)
    for status in (413, 429):
        assert (await limited.post(SEARCH, bytes(4 << 20))).status == status


async def test_a_path_is_a_route_by_its_template_and_method(limited: Office) -> None:
    await limited.change(limit_route=2)
    recording = await limited.recording(b"sound")
    for remaining in (1, 0):
        assert told(await limited.get(MEDIA, url=recording.name))[3] == remaining
        assert told(await limited.get(MEDIA, method="HEAD", url=recording.name))[3] == remaining
        assert told(await limited.get(f"/api{MEDIA}", url=recording.name))[3] == remaining
    assert (await limited.get(MEDIA, url="other.mp3")).status == 429


async def test_methods_that_are_made_up_share_one_route(limited: Office, database_url: str) -> None:
    await limited.change(limit_route=3)
    for method, status in (("GET", 405), ("PUT", 405), ("PROPFIND", 405), ("DELETE", 429)):
        assert (await limited.get(SEARCH, method=method)).status == status
    connection = await asyncpg.connect(as_administrator(database_url))
    assert await connection.fetchval("SELECT count(*) FROM request_counts") == 2
    await connection.close()


async def test_a_signed_url_is_played_whatever_was_asked_before(house: House, limited: Office) -> None:
    await limited.change(limit_route=1)
    recording = await limited.recording(b"sound")
    settings = house.core.settings
    urls = RecordingUrls(public_url=settings.public_url, signer=UrlSigner.from_key_file(settings.key_file))
    path = urls.url_of(limited.tenant.id, recording.name).removeprefix(house.base_url)
    for _ in range(3):
        answer = await house.ask("GET", path)
        assert (answer.status, told(answer)) == (200, (None,) * 4)


async def test_a_gateways_requests_count_for_the_tenant_it_names(store: Store, tmp_path: Path) -> None:
    async with running_house(store, tmp_path, trusted_gateways=("127.0.0.1",)) as house:
        office = await house.open_office("acme", limit_tenant=7)
        named = await house.open_office("globex", limit_tenant=3)
        assert told(await office.post(SEARCH, {}, **{"X-Tenant-ID": str(named.tenant.pbx_id)}))[:2] == (3, 2)
        assert told(await office.post(SEARCH, {}))[:2] == (7, 6)
        assert told(await office.post(SEARCH, {}, **{"X-Tenant-ID": "424242"}))[:2] == (7, 5)


async def test_a_changed_limit_holds_within_a_second(house: House, limited: Office) -> None:
    assert told(await limited.post(SEARCH, {})) == (200, 199, 100, 99)
    await limited.rows.tenants.change(limit_tenant=0, limit_route=1)
    house.clock.move(1)
    assert told(await limited.post(SEARCH, {})) == (None, None, 1, 0)


async def test_while_the_counts_are_away(limited: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise Unavailable

    monkeypatch.setattr(RequestCounts, "count", away)
    answer = await limited.post(SEARCH, {})
    assert answer.code == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "5"
    assert (await limited.get(SEARCH)).code == (405, "METHOD_NOT_ALLOWED")
    with pytest.raises(Unavailable):
        await count_request(limited.house.core, limited.tenant, "r")


async def test_pages_of_other_origins_may_read_them(house: House) -> None:
    office = await house.open_office("demo", limit_tenant=1, cors_origins=("https://crm.example",))
    for status in (200, 429):
        answer = await house.ask(
            "POST", SEARCH, data=io.BytesIO(b""), headers={"Authorization": office.key, "Origin": "https://crm.example"}
        )
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == "https://crm.example"
        exposed = {name.lower() for name in answer.headers["access-control-expose-headers"].split(", ")}
        assert {*HEADERS, "retry-after"} <= exposed
