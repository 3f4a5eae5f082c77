"""What holds at every path, on the wire: bodies, methods, origins, errors (docs/dialects/common.md)."""

import asyncio
import io
import json
from collections.abc import AsyncIterator

import pytest

from tests.api.house import CUSTOMER, EXTENSION, MAKE_CALL, MEDIA, SEARCH, House, Office

CALL = json.dumps({"phoneNumber": CUSTOMER, "ipPhone": EXTENSION}).encode()
MIB = 1 << 20


async def test_any_content_type_is_read_as_json(office: Office) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"):
        answer = await office.post(MAKE_CALL, CALL, **{"Content-Type": content_type})
        assert answer.json["success"] == "1"
        await office.end_calls()
    assert (await office.post(MAKE_CALL, b"\xef\xbb\xbf" + CALL)).json["success"] == "1"


async def test_what_is_no_json_object(office: Office) -> None:
    for body in (b"{", b"[]", b'"text"', b"null", b"7", b"phoneNumber=1", b"\xff\xfe", b'{"page":1}}', b'{"page":01}'):
        answer = await office.post(SEARCH, body)
        assert answer.code == (400, "INVALID_INPUT"), body
        assert "'body'" in answer.json["error_message"]
    assert (await office.post(SEARCH, b'{"agent":"\xff"}')).code == (400, "INVALID_INPUT")


async def test_depth(office: Office) -> None:
    def body(levels: int) -> bytes:
        return b'{"x":' + b"[" * levels + b"]" * levels + b"}"

    assert (await office.post(SEARCH, body(31))).status == 200
    for levels in (32, 5_000, 400_000):
        assert (await office.post(SEARCH, body(levels))).code == (400, "INVALID_INPUT")


async def test_a_body_of_exactly_the_limit(office: Office) -> None:
    body = b'{"x":"%b"}' % (b"x" * (MIB - 8))
    assert len(body) == MIB
    assert (await office.post(SEARCH, body)).status == 200
    assert (await office.post(SEARCH, body + b" ")).code == (413, "PAYLOAD_TOO_LARGE")


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(MIB)


async def test_a_huge_body_is_read_and_dropped_so_that_the_answer_is_seen(house: House, office: Office) -> None:
    for data in (io.BytesIO(bytes(16 * MIB)), pieces(16)):
        answer = await house.ask("POST", SEARCH, data=data, headers={"Authorization": office.key})
        assert answer.code == (413, "PAYLOAD_TOO_LARGE")
        assert "connection" not in answer.headers
    for path, key, code in (
        (SEARCH, "unknown", (401, "UNAUTHORIZED")),
        ("/nothing", office.key, (404, "NOT_FOUND")),
        (MEDIA, office.key, (405, "METHOD_NOT_ALLOWED")),
    ):
        answer = await house.ask("POST", path, data=io.BytesIO(bytes(8 * MIB)), headers={"Authorization": key})
        assert answer.code == code


async def test_an_endless_body_is_not_read_for_ever(house: House, office: Office) -> None:
    reader, writer = await asyncio.open_connection(*house.address)
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: x\r\nAuthorization: {office.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())

    async def pour() -> None:
        while True:
            writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            await writer.drain()

    pouring = asyncio.create_task(pour())
    answer = await reader.read(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer
    await asyncio.wait([pouring])
    with pytest.raises(ConnectionError):
        await pouring
    writer.close()


async def raw(house: House, request: bytes) -> bytes:
    """What a request written by hand is answered; the connection is closed by the server."""
    reader, writer = await asyncio.open_connection(*house.address)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


async def test_who_waits_to_be_told_to_go_on_is_answered_at_once(house: House, office: Office) -> None:
    for key, length, status in (("unknown", 10, b"401"), (office.key, 2 * MIB, b"413")):
        head = f"POST {SEARCH} HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Length: {length}\r\n"
        answer = await raw(house, f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"\r\nconnection: close\r\n" in answer


async def test_an_offer_to_upgrade_does_not_swallow_the_body(house: House, office: Office) -> None:
    # As Java's HttpClient sends its first request.
    head = (
        f"POST {MAKE_CALL} HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings, close\r\nHost: x\r\n"
        f"HTTP2-Settings: AAEA\r\nUpgrade: h2c\r\nAuthorization: {office.key}\r\nContent-Length: {len(CALL)}\r\n\r\n"
    )
    answer = await raw(house, head.encode() + CALL)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"success":"1"' in answer


async def test_what_is_no_http_is_answered_in_json(house: House) -> None:
    for request in (b"\x16\x03\x01\x02\r\n\r\n", "GET /ế HTTP/1.1\r\nHost: x\r\n\r\n".encode()):
        answer = await raw(house, request)
        assert answer.startswith(b"HTTP/1.1 400 ")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"content-type: application/json" in head
        assert json.loads(body)["success"] == "0"


async def test_unknown_paths(house: House, office: Office) -> None:
    for path in (
        "/",
        "/api",
        "/api/v1.0/base",
        "/api/v1.0/base/makecall",
        "/v1/unknown/",
        "//livez",
        "/%00",
        "/%zz%ff",
    ):
        for method in ("GET", "POST", "DELETE", "PROPFIND"):
            answer = await house.ask(method, path, headers={"Authorization": office.key})
            assert answer.code == (404, "NOT_FOUND")
            assert answer.json["success"] == "0"


async def test_wrong_methods_say_which_are_right(house: House) -> None:
    for path, allowed, wrong in (
        (MAKE_CALL, "POST, OPTIONS", ("GET", "HEAD", "PUT", "DELETE")),
        (f"{SEARCH}/", "POST, OPTIONS", ("GET", "PATCH")),
        (MEDIA, "GET, HEAD, OPTIONS", ("POST", "DELETE", "TRACE")),
        ("/livez", "GET, HEAD, OPTIONS", ("POST",)),
    ):
        for method in wrong:
            answer = await house.ask(method, path)
            assert (answer.status, answer.headers["allow"]) == (405, allowed)
            assert method == "HEAD" or answer.json["error_code"] == "METHOD_NOT_ALLOWED"


async def test_accept(office: Office) -> None:
    for accept in ("application/json, text/plain, */*", "application/*", "APPLICATION/JSON;q=0.9", "json", "*/*"):
        assert (await office.post(SEARCH, {}, Accept=accept)).status == 200
    for accept in ("text/html", "application/xml, text/*"):
        assert (await office.post(SEARCH, {}, Accept=accept)).code == (406, "NOT_ACCEPTABLE")


async def test_preflights_need_no_key(house: House) -> None:
    await house.open_office("acme", cors_origins=("https://crm.example",))
    for path in (MAKE_CALL, f"{SEARCH}/", MEDIA, "/nothing"):
        answer = await house.ask("OPTIONS", path, headers={"Origin": "https://crm.example"})
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == "https://crm.example"
        assert {"POST", "GET", "PUT", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))
        assert set(answer.headers["access-control-allow-headers"].split(", ")) == {
            "authorization", "content-type", "accept", "range", "x-api-key", "x-tenant-id", "x-access-token",
            "x-requested-with", "voverc-auth",
        }  # fmt: skip
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        answer = await house.ask("OPTIONS", MAKE_CALL, headers=headers)
        assert answer.status == 204
        assert not any(name.startswith("access-control") for name in answer.headers)


async def test_answers_are_readable_by_the_keys_tenants_pages(house: House) -> None:
    office = await house.open_office("acme", cors_origins=("https://crm.example",))
    await house.open_office("globex", cors_origins=("https://globex.example",))
    for origin, key, allowed in (
        ("https://crm.example", office.key, "https://crm.example"),
        ("https://globex.example", office.key, None),
        ("https://globex.example", "unknown", "https://globex.example"),
        ("https://evil.example", "unknown", None),
    ):
        answer = await house.ask("POST", SEARCH, headers={"Origin": origin, "Authorization": key})
        assert answer.headers.get("access-control-allow-origin") == allowed
        assert (answer.headers.get("vary") == "Origin") == (allowed is not None)
        unknown = await house.ask("POST", "/nothing", headers={"Origin": origin, "Authorization": key})
        assert (unknown.status, unknown.headers.get("access-control-allow-origin")) == (404, allowed)
    exposed = (await house.ask("GET", "/nothing", headers={"Origin": "https://crm.example"})).headers
    assert {"Retry-After", "Content-Range", "Content-Length", "Accept-Ranges", "X-RateLimit-Limit-Tenant"} <= set(
        exposed["access-control-expose-headers"].split(", ")
    )


async def test_a_tenant_may_allow_every_page(house: House) -> None:
    office = await house.open_office("demo", cors_origins=("*",))
    for method, headers in (("OPTIONS", {}), ("POST", {"Authorization": office.key}), ("POST", {})):
        answer = await house.ask(method, SEARCH, headers={"Origin": "https://any.example", **headers})
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_pages_that_ask_at_once_just_after_the_start_are_all_answered(house: House) -> None:
    await house.open_office("acme", cors_origins=("https://crm.example",))
    asked = (house.ask("OPTIONS", SEARCH, headers={"Origin": "https://crm.example"}) for _ in range(10))
    for answer in await asyncio.gather(*asked):
        assert answer.headers["access-control-allow-origin"] == "https://crm.example"


async def test_an_origin_taken_away_is_gone_in_five_seconds(house: House) -> None:
    office = await house.open_office("acme", cors_origins=("https://crm.example",))
    headers = {"Origin": "https://crm.example"}
    assert "access-control-allow-origin" in (await house.ask("OPTIONS", SEARCH, headers=headers)).headers
    await office.change(cors_origins=())
    house.clock.move(5)
    assert "access-control-allow-origin" not in (await house.ask("OPTIONS", SEARCH, headers=headers)).headers


async def test_a_page_without_an_origin_gets_no_such_headers(office: Office) -> None:
    answer = await office.post(SEARCH, {})
    assert not any(name.startswith("access-control") for name in answer.headers)


async def test_what_a_browser_keeps_for_a_tag_is_not_given_to_a_script(house: House) -> None:
    office = await house.open_office("acme", cors_origins=("*",))
    recording = await office.recording(b"sound")
    for headers in ({}, {"Origin": "https://any.example"}):
        answer = await office.get(MEDIA, headers=headers, url=recording.name)
        assert answer.headers["vary"] == "Origin"
        assert ("access-control-allow-origin" in answer.headers) == bool(headers)
