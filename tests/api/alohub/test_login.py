"""Login, logout, and the token that the older reports want besides the key ("Call Lookup")."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.api.common.access_tokens import ALGORITHM, AccessTokens
from cordboard.domain.errors import TokenRefused
from cordboard.domain.login import ATTEMPTS_WITHIN, LIFETIME, MOST_ATTEMPTS, Login
from cordboard.domain.tenant import SCOPES
from cordboard.store import Store
from tests.api.alohub.samples import REPORTED, golden
from tests.api.house import Answer, House, Office
from tests.support.database import as_administrator

LOGIN, LOGOUT = "/api/auth/login", "/api/auth/logout"
LOOKUPS = "/api/report/call-logs"
PASSWORD = "mật khẩu của Lan "
# The document's request, word for word.
REQUEST: dict[str, Any] = {
    "callStartTime": "2025-04-13T00:00:00+07:00",
    "callEndtime": "2026-04-13T23:59:59+07:00",
    "page": 1,
    "limit": 50,
}
# And its headers.
HEADERS = {"Accept": "application/json, text/plain, */*", "X-Requested-With": "XMLHttpRequest"}
UNAUTHORIZED = (401, "UNAUTHORIZED")


@pytest.fixture
async def staffed(office: Office) -> Office:
    """With an agent who can log in, and no limits: a test asks faster than a client may."""
    await office.change(limit_tenant=0, limit_route=0)
    await office.rows.agents.create(user_name="lan", extension="7001", sip_password="x", password=PASSWORD)
    return office


async def try_login(office: Office, user_name: str = "lan", password: str = PASSWORD) -> Answer:
    return await office.post(LOGIN, {"userName": user_name, "password": password})


async def log_in(office: Office) -> str:
    answer = await try_login(office)
    assert answer.code == (200, "SUCCESS"), answer
    token: str = answer.json["data"]["accessToken"]
    return token


async def look_up(office: Office, token: str) -> Answer:
    return await office.post(LOOKUPS, REQUEST, **HEADERS, **{"X-ACCESS-TOKEN": token})


async def log_out(office: Office, token: str) -> Answer:
    return await office.post(LOGOUT, b"", **{"X-ACCESS-TOKEN": token})


async def test_login_gives_a_token_for_the_reports(staffed: Office) -> None:
    await staffed.rows.cdrs.insert(replace(REPORTED, tenant_id=staffed.tenant.id), None)
    for path in (LOGIN, f"{LOGIN}/"):
        answer = await staffed.post(path, {"userName": " lan ", "password": PASSWORD})
        assert list(answer.json) == ["success", "error_code", "error_message", "data"]
        assert list(answer.json["data"]) == ["accessToken", "expiresIn"]
        assert answer.json["data"]["expiresIn"] == 900
        found = await look_up(staffed, answer.json["data"]["accessToken"])
        envelope = {"success": "1", "error_code": "SUCCESS", "error_message": "SUCCESS", "totalRecord": 1}
        assert found.json == {**envelope, "data": [golden("report_row")]}


async def test_the_older_detail_has_two_fields_more(staffed: Office) -> None:
    facts = replace(REPORTED, tenant_id=staffed.tenant.id, customer_name="20260107172924-KZGTVFTE-600")
    await staffed.rows.cdrs.insert(facts, None)
    token = {"X-ACCESS-TOKEN": await log_in(staffed)}
    for path in (f"{LOOKUPS}/{facts.reference}", f"{LOOKUPS}/{facts.reference}/"):
        answer = await staffed.get(path, headers=HEADERS | token)
        expected: Any = golden("report_detail")
        assert answer.json["totalRecord"] == 1
        assert answer.json["data"] == [{**expected, "recording_url": "", "transcript": ""}]
    malformed = await staffed.get(f"{LOOKUPS}/nothing", headers=token)
    assert malformed.code == (400, "INVALID_INPUT")
    assert "'call_id'" in malformed.json["error_message"]
    unknown = await staffed.get(f"{LOOKUPS}/20260121095227-IMCRRNJW-342", headers=token)
    assert unknown.code == (404, "NOT_FOUND")
    assert (unknown.json["totalRecord"], unknown.json["data"]) == (0, [])


async def test_the_four_documented_fields_are_required(staffed: Office) -> None:
    token = await log_in(staffed)
    for name in REQUEST:
        for body in ({key: value for key, value in REQUEST.items() if key != name}, REQUEST | {name: ""}):
            answer = await staffed.post(LOOKUPS, body, **{"X-ACCESS-TOKEN": token})
            assert answer.code == (400, "INVALID_INPUT"), name
            assert f"'{name}'" in answer.json["error_message"]
    answer = await staffed.post(LOOKUPS, REQUEST | {"page": "1", "limit": "50"}, **{"X-ACCESS-TOKEN": token})
    assert answer.status == 200


async def test_a_key_and_a_token_both(staffed: Office, stranger: Office) -> None:
    token = await log_in(staffed)
    assert (await look_up(staffed, token)).status == 200
    for wrong in ("", "x", "a.b.c", staffed.key, token[:-2], f"{token}x", "khóa", "Bearer"):
        answer = await staffed.post(LOOKUPS, REQUEST, **{"X-ACCESS-TOKEN": wrong})
        assert answer.code == UNAUTHORIZED, wrong
        assert "X-ACCESS-TOKEN" in answer.json["error_message"]
    assert (await staffed.post(LOOKUPS, REQUEST)).code == UNAUTHORIZED
    assert (await staffed.get(f"{LOOKUPS}/20260121095227-IMCRRNJW-342")).code == UNAUTHORIZED
    assert (await staffed.house.ask("POST", LOOKUPS, headers={"X-ACCESS-TOKEN": token})).code == UNAUTHORIZED
    # A token is its own tenant's.
    assert (await look_up(stranger, token)).code == UNAUTHORIZED
    assert (await log_out(stranger, token)).code == UNAUTHORIZED
    assert (await look_up(staffed, token)).status == 200


async def test_a_token_gives_no_scope(staffed: Office) -> None:
    token = await log_in(staffed)
    lacking = await staffed.new_key(*(set(SCOPES) - {"report"}))
    answer = await staffed.house.ask("POST", LOOKUPS, headers={"Authorization": lacking, "X-ACCESS-TOKEN": token})
    assert answer.code == (403, "INSUFFICIENT_SCOPE")


async def test_any_key_may_log_in_and_out(staffed: Office) -> None:
    for scope in SCOPES:
        headers = {"X-Api-Key": await staffed.new_key(scope)}
        body = {"userName": "lan", "password": PASSWORD}
        answer = await staffed.house.ask("POST", LOGIN, json=body, headers=headers)
        assert answer.status == 200, scope
        token = answer.json["data"]["accessToken"]
        assert (await staffed.house.ask("POST", LOGOUT, headers=headers | {"X-ACCESS-TOKEN": token})).status == 200
    assert (await staffed.house.ask("POST", LOGIN, json={})).code == UNAUTHORIZED
    named = {"Authorization": staffed.key, "X-Tenant-ID": "1"}
    assert (await staffed.house.ask("POST", LOGIN, json={}, headers=named)).code == (403, "INSUFFICIENT_SCOPE")


async def test_a_token_ends_after_fifteen_minutes(staffed: Office) -> None:
    token = await log_in(staffed)
    staffed.house.clock.move(LIFETIME.total_seconds() - 2)
    assert (await look_up(staffed, token)).status == 200
    staffed.house.clock.move(2)
    assert (await look_up(staffed, token)).code == UNAUTHORIZED


async def test_logout_ends_this_token_and_no_other(staffed: Office) -> None:
    first, second = await log_in(staffed), await log_in(staffed)
    answer = await log_out(staffed, first)
    assert answer.json == {"success": "1", "error_code": "SUCCESS", "error_message": "SUCCESS"}
    assert (await look_up(staffed, first)).code == UNAUTHORIZED
    assert (await log_out(staffed, first)).code == UNAUTHORIZED
    assert (await look_up(staffed, second)).status == 200


async def change_agent(database_url: str, change: str) -> None:
    """As an action of the house would."""
    connection = await asyncpg.connect(as_administrator(database_url))
    await connection.execute(f"UPDATE agents SET {change} WHERE user_name = 'lan'")  # noqa: S608 -- our own text
    await connection.close()


async def test_a_disabled_agents_tokens_end_for_good(staffed: Office, database_url: str) -> None:
    token = await log_in(staffed)
    await change_agent(database_url, "first_name = 'Lan'")
    assert (await look_up(staffed, token)).status == 200
    await change_agent(database_url, "is_enabled = false")
    assert (await look_up(staffed, token)).code == UNAUTHORIZED
    assert (await try_login(staffed)).code == UNAUTHORIZED
    await change_agent(database_url, "is_enabled = true")
    assert (await look_up(staffed, token)).code == UNAUTHORIZED
    assert (await try_login(staffed)).status == 200


async def test_a_new_password_and_a_removed_agent_end_tokens(staffed: Office, database_url: str) -> None:
    token = await log_in(staffed)
    await change_agent(database_url, "password_hash = 'another'")
    assert (await look_up(staffed, token)).code == UNAUTHORIZED
    await staffed.rows.agents.create(user_name="mai", extension="7002", sip_password="x", password=PASSWORD)
    token = (await try_login(staffed, "mai")).json["data"]["accessToken"]
    assert (await look_up(staffed, token)).status == 200
    await staffed.rows.agents.remove("mai")
    assert (await look_up(staffed, token)).code == UNAUTHORIZED


async def test_nobody_learns_what_was_wrong(staffed: Office, stranger: Office) -> None:
    await staffed.rows.agents.create(user_name="no-login", extension="7003", sip_password="x")
    await stranger.change(limit_tenant=0, limit_route=0)
    answers = [
        await try_login(staffed, "lan", "wrong"),
        await try_login(staffed, "lan", PASSWORD.strip()),
        await try_login(staffed, "nobody", PASSWORD),
        await try_login(staffed, "no-login", PASSWORD),
        await try_login(staffed, "LAN", PASSWORD),
    ]
    for answer in answers:
        assert answer.code == UNAUTHORIZED
        assert answer.body == answers[0].body
    assert "mật khẩu" in answers[0].json["error_message"]
    assert (await try_login(stranger)).code == UNAUTHORIZED


async def test_what_login_needs(staffed: Office) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "userName"),
        ({"userName": " ", "password": "x"}, "userName"),
        ({"userName": "lan"}, "password"),
        ({"userName": "lan", "password": ""}, "password"),
        ({"userName": "lan", "password": ["x"]}, "password"),
        ({"userName": {"$ne": ""}, "password": "x"}, "userName"),
        ({"userName": "l" * 65, "password": "x"}, "userName"),
        ({"userName": "lan\0", "password": "x"}, "userName"),
        ({"userName": "lan", "password": "x" * 1025}, "password"),
    ]
    for body, named in cases:
        answer = await staffed.post(LOGIN, body)
        assert answer.code == (400, "INVALID_INPUT"), body
        assert f"'{named}'" in answer.json["error_message"]
    assert (await staffed.get(LOGIN)).code == (405, "METHOD_NOT_ALLOWED")
    assert (await try_login(staffed, "lan", "\ud800")).status in {400, 401}


@pytest.mark.parametrize("user_name", ["lan", "nobody"])
async def test_guessing_is_slow(staffed: Office, user_name: str) -> None:
    answers = await asyncio.gather(*(try_login(staffed, user_name, f"guess {number}") for number in range(25)))
    statuses = [answer.status for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (MOST_ATTEMPTS, 25 - MOST_ATTEMPTS)
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.code == (429, "RATE_LIMIT_EXCEEDED")
    wait = int(refused.headers["retry-after"])
    assert 0 < wait <= ATTEMPTS_WITHIN.total_seconds()
    # Not even the right one is looked at, and nobody else is kept out.
    assert (await try_login(staffed, user_name)).status == 429
    await staffed.rows.agents.create(user_name="mai", extension="7002", sip_password="x", password=PASSWORD)
    assert (await try_login(staffed, "mai")).status == 200
    staffed.house.clock.move(wait)
    assert (await try_login(staffed, user_name)).status == (200 if user_name == "lan" else 401)


async def test_who_logs_in_may_go_on(staffed: Office) -> None:
    for _ in range(MOST_ATTEMPTS + 2):
        assert (await try_login(staffed)).status == 200


async def test_what_is_over_is_purged(staffed: Office, store: Store) -> None:
    await log_in(staffed)
    await try_login(staffed, "lan", "wrong")
    now = staffed.house.clock.now()
    assert await store.system.purge(now) == 0
    assert await store.system.purge(now + LIFETIME + timedelta(seconds=1)) == 2


TOKENS = AccessTokens(b"the house's secret")
LOGGED_IN = Login(id=uuid4(), tenant_id=7, agent_id=70, expires_at=REPORTED.requested_at + LIFETIME)
NOW = REPORTED.requested_at


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_is_read_as_it_was_written() -> None:
    token = TOKENS.write(LOGGED_IN, NOW)
    holder = TOKENS.read(token, NOW)
    assert (holder.login_id, holder.tenant_id) == (LOGGED_IN.id, 7)
    assert jwt.get_unverified_header(token) == {"alg": ALGORITHM, "typ": "JWT"}
    for at in (NOW + LIFETIME, NOW + timedelta(days=1)):
        with pytest.raises(TokenRefused):
            TOKENS.read(token, at)
    with pytest.raises(TokenRefused):
        AccessTokens(b"another house's secret").read(token, NOW)


def test_only_the_pinned_algorithm_counts() -> None:
    claims = jwt.decode(TOKENS.write(LOGGED_IN, NOW), options={"verify_signature": False})
    forged = [
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.",
        f"{part({'alg': 'None'})}.{part(claims)}.",
        jwt.encode(claims, TOKENS._key * 2, algorithm="HS384"),
        jwt.encode(claims, TOKENS._key * 2, algorithm="HS512"),
        jwt.encode(claims, b"0" * 32, algorithm="HS256"),
    ]
    for token in forged:
        with pytest.raises(TokenRefused):
            TOKENS.read(token, NOW)


@pytest.mark.parametrize("claim", ["jti", "tid", "sub", "iat", "exp"])
def test_every_claim_is_needed(claim: str) -> None:
    claims = jwt.decode(TOKENS.write(LOGGED_IN, NOW), options={"verify_signature": False})
    for changed in ({name: value for name, value in claims.items() if name != claim}, claims | {claim: None}):
        with pytest.raises(TokenRefused):
            TOKENS.read(jwt.encode(changed, TOKENS._key, algorithm=ALGORITHM), NOW)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_nothing_made_up_is_a_token(text: str) -> None:
    head = TOKENS.write(LOGGED_IN, NOW).rpartition(".")[0]
    for token in (text, f"{head}.{text}", f"{text}.{text}.{text}"):
        with pytest.raises(TokenRefused):
            TOKENS.read(token, NOW)


async def test_another_process_reads_the_same_tokens(house: House) -> None:
    """A key file is all that a second process needs to read the tokens of the first."""
    tokens = AccessTokens.from_key_file(house.core.settings.key_file)
    again = AccessTokens.from_key_file(house.core.settings.key_file)
    assert again.read(tokens.write(LOGGED_IN, NOW), NOW).login_id == LOGGED_IN.id
