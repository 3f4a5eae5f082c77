"""Every method of every path, and every way to ask it wrongly: the documented status and envelope."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

import pytest

from cordboard.api.alohub.routes import build_dialect
from cordboard.api.common.json_body import BODY_BYTES
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.domain.tenant import SCOPES
from tests.api.alohub.specimens import (
    BAD_INPUT,
    NOT_FOUND,
    PASSWORD,
    SPECIMENS,
    SUCCESS,
    UNAUTHORIZED,
    USER_NAME,
    Specimen,
)
from tests.api.house import EXTENSION, Answer, House, Office

FORBIDDEN = (403, "INSUFFICIENT_SCOPE")
WRONG_METHOD = (405, "METHOD_NOT_ALLOWED")
NOT_ACCEPTABLE = (406, "NOT_ACCEPTABLE")
TOO_LARGE = (413, "PAYLOAD_TOO_LARGE")
TOO_MANY = (429, "RATE_LIMIT_EXCEEDED")
AWAY = (503, "SERVICE_UNAVAILABLE")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
# No field of any body may be one of these.
UNUSABLE: tuple[object, ...] = ({}, {"a": 1}, True, [{}], "a\0b", "x" * 2000)
PARAMETER = re.compile(r"\{\w+\}")

every_path = pytest.mark.parametrize(("method", "template"), SPECIMENS, ids=lambda part: part)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One request, and what it is answered. ``says`` stands in the message."""

    why: str
    expected: tuple[int, str]
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None
    says: str = ""

    def but(self, why: str, expected: tuple[int, str], *, says: str = "", **changes: object) -> "Attempt":
        """The same, spoilt."""
        return replace(self, why=why, expected=expected, says=says, **changes)  # type: ignore[arg-type] # its fields

    def with_header(self, why: str, expected: tuple[int, str], **headers: str) -> "Attempt":
        """The same with headers, ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.but(why, expected, headers={**self.headers, **named})


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A tenant that can do everything, another one, and the request that succeeds."""

    office: Office
    stranger: Office
    specimen: Specimen
    good: Attempt

    async def check(self, *attempts: Attempt) -> None:
        """Make them all, and name each that is answered otherwise."""
        wrong = []
        for attempt in attempts:
            answer = await self._make(attempt)
            if fault := self._fault(attempt, answer):
                wrong.append(f"{attempt.why}: {fault}, not {answer.status} {answer.body[:200]!r}")
        assert wrong == []

    async def _make(self, attempt: Attempt) -> Answer:
        return await self.office.house.ask(
            attempt.method,
            attempt.path,
            params=attempt.query,
            headers=attempt.headers,
            data=None if attempt.data is None else io.BytesIO(attempt.data),
        )

    def _fault(self, attempt: Attempt, answer: Answer) -> str:
        """What is wrong with an answer; "" when nothing is."""
        status, code = attempt.expected
        if answer.status != status:
            return f"expected {attempt.expected}"
        if ("retry-after" in answer.headers) != (status in (429, 503)):
            return "Retry-After stands on 429 and 503 alone"
        if status == 200 and (code == "SUCCESS" or not self.specimen.is_json):
            return ""
        if answer.headers["content-type"] != "application/json":
            return "not JSON"
        body = answer.json
        if body["success"] != "0" or body["error_code"] != code:
            return f"expected {attempt.expected}"
        return "" if attempt.says in body["error_message"] else f"does not say '{attempt.says}'"


def fill_in(template: str, thing: str) -> str:
    return PARAMETER.sub(thing, template)


@pytest.fixture
async def scene(house: House, method: str, template: str) -> Scene:
    specimen = SPECIMENS[method, template]
    office = await house.open_office("acme", language="en")
    # Hashing a password takes longer than all the rest.
    password = PASSWORD if specimen.wants_token or template.endswith("/login") else None
    agent = await office.rows.agents.create(
        user_name=USER_NAME, extension=EXTENSION, sip_password="secret", password=password
    )
    await office.register(agent)
    await office.rows.trunks.add(name="carrier", host="127.0.0.2")
    await office.rows.dids.add(number="+842873000001")
    stranger = await house.open_office("globex", language="en")
    headers = {"Authorization": office.key}
    if specimen.wants_token:
        login = await office.post("/api/auth/login", {"userName": USER_NAME, "password": PASSWORD})
        headers["X-ACCESS-TOKEN"] = login.json["data"]["accessToken"]
    thing = await specimen.thing(office)
    good = Attempt(
        why="as documented",
        expected=SUCCESS,
        method=method,
        path=fill_in(template, thing),
        query={name: fill_in(value, thing) for name, value in (specimen.query or {}).items()},
        headers=headers,
        data=None if specimen.body is None else json.dumps(specimen.body).encode(),
    )
    return Scene(office=office, stranger=stranger, specimen=specimen, good=good)


async def test_the_table_of_routes_is_what_is_tried(house: House) -> None:
    core = house.core
    dialect = build_dialect(core, TenantDirectory(core), UrlSigner(bytes(32)))
    served = {(method, template) for template, methods in dialect.resources.items() for method in methods}
    assert served == set(SPECIMENS)


@every_path
async def test_keys(scene: Scene) -> None:
    good, office, stranger, scope = scene.good, scene.office, scene.stranger, scene.specimen.scope
    without = {name: value for name, value in good.headers.items() if name != "Authorization"}
    revoked = await office.rows.keys.create(name="gone", value="a key that is gone", scopes=SCOPES)
    await office.rows.keys.revoke(revoked.id)
    attempts = [
        good.but("no key", UNAUTHORIZED, headers=without),
        good.with_header("an empty key", UNAUTHORIZED, Authorization=""),
        good.with_header("an unknown key", UNAUTHORIZED, Authorization="unknown"),
        good.with_header("two keys", UNAUTHORIZED, X_Api_Key=stranger.key),
        good.with_header("a revoked key", UNAUTHORIZED, Authorization="a key that is gone"),
        good.with_header("another tenant's id", FORBIDDEN, X_Tenant_ID=str(stranger.tenant.pbx_id)),
        good.with_header("another tenant's key", scene.specimen.of_stranger, Authorization=stranger.key),
    ]
    if scope:
        narrow = good.with_header("no scope", FORBIDDEN, Authorization=await office.new_key(*(set(SCOPES) - {scope})))
        attempts.append(replace(narrow, says=f"'{scope}'"))
    if scene.specimen.wants_token:
        attempts.append(good.but("no token", UNAUTHORIZED, headers={"Authorization": office.key}))
        attempts.append(good.with_header("a wrong token", UNAUTHORIZED, X_ACCESS_TOKEN="a.b.c"))
    await scene.check(*attempts)


@every_path
async def test_methods_and_types(scene: Scene, template: str) -> None:
    good = scene.good
    served = {method for method, path in SPECIMENS if path == template}
    attempts = [good.but(wrong, WRONG_METHOD, method=wrong) for wrong in METHODS if wrong not in served]
    keyless = [replace(attempt, headers={}) for attempt in attempts]
    if scene.specimen.is_json:
        attempts.append(good.with_header("wants HTML", NOT_ACCEPTABLE, Accept="text/html"))
    attempts.append(good.but("with a tail", NOT_FOUND, path=f"{good.path}/x/y"))
    await scene.check(*attempts, *keyless)
    answer = await scene.office.house.ask("TRACE", good.path)
    allowed = set(answer.headers["allow"].split(", "))
    assert allowed == served | {"OPTIONS"} | ({"HEAD"} if "GET" in served else set())


@every_path
async def test_bodies(scene: Scene) -> None:
    good, specimen = scene.good, scene.specimen
    deep = b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    unusable = {"cut short": b'{"a', "an array": b"[]", "no JSON": b"a=1", "bytes": b"\xff\xfe", "deep": deep}
    huge = bytes(BODY_BYTES + 1)
    if specimen.body is None:
        # A body where none is needed is ignored, whatever it is.
        attempts = [good.but(why, SUCCESS, data=data) for why, data in (*unusable.items(), ("huge", huge))]
    elif not specimen.fields:
        attempts = []
    else:
        attempts = [good.but(why, BAD_INPUT, data=data, says="body") for why, data in unusable.items()]
        attempts.append(good.but("huge", TOO_LARGE, data=huge))
    for name in specimen.fields:
        for value in UNUSABLE:
            data = json.dumps({**(specimen.body or {}), name: value}).encode()
            attempts.append(good.but(f"{name}: {value!r:.20}", BAD_INPUT, data=data, says=name))
    await scene.check(*attempts)


@every_path
async def test_queries_and_ids(scene: Scene, template: str) -> None:
    good, specimen = scene.good, scene.specimen
    attempts = [
        good.but(f"{name}={value!r:.20}", BAD_INPUT, query={**good.query, name: value}, says=name)
        for name in specimen.parameters
        for value in ("word", "1.5", "-1", "9" * 40, "a\0b", "ế")
    ]
    for thing, expected in (specimen.bad_ids or {}).items():
        query = {name: fill_in(value, thing) for name, value in (specimen.query or {}).items()}
        path = fill_in(template, thing if "%" in thing else quote(thing))
        attempts.append(good.but(f"id {thing!r}", expected, path=path, query=query))
    foreign = await specimen.thing(scene.stranger)
    if foreign:
        query = {name: fill_in(value, foreign) for name, value in (specimen.query or {}).items()}
        attempts.append(good.but("a foreign id", NOT_FOUND, path=fill_in(template, foreign), query=query))
    await scene.check(*attempts)


@every_path
async def test_it_succeeds_with_and_without_a_slash(scene: Scene) -> None:
    again = UNAUTHORIZED if scene.good.path.endswith("/logout") else SUCCESS
    await scene.check(scene.good, scene.good.but("with a slash", again, path=f"{scene.good.path}/"))


@every_path
async def test_it_is_limited(scene: Scene) -> None:
    good = scene.good
    wrong_method = good.but("a wrong method", WRONG_METHOD, method="PATCH")
    await scene.office.change(limit_route=1)
    await scene.check(
        good,
        good.but("over the limit", TOO_MANY),
        good.but("over the limit, with a slash", TOO_MANY, path=f"{good.path}/"),
        good.but("over the limit, and wrong besides", TOO_MANY, data=b"{"),
        wrong_method,
        wrong_method.but("over the limit, by a wrong method", TOO_MANY),
    )


@every_path
async def test_while_the_database_is_away(scene: Scene) -> None:
    core, key = scene.office.house.core, scene.office.key
    known = await core.store.system.keys.identify(key)
    assert known is not None
    await core.store.close()
    core.kept_identities.clear()
    away = scene.good.but("the key is not known", AWAY)
    await scene.check(away)
    for limit in (0, 1):
        identity = replace(known, tenant=replace(known.tenant, limit_tenant=limit))
        core.kept_identities[key] = (float("inf"), identity)
        await scene.check(replace(away, why=f"the key is known, its tenant's limit is {limit}"))
