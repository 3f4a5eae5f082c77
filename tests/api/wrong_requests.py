"""Every way to ask wrongly for what a dialect serves, and whether it is answered as documented.

A dialect's ``specimens`` say how each method of each path is asked rightly; what is made of them here are the ways to
spoil that: keys, methods, types, bodies, queries, ids, limits, a database that is away.
"""

import io
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from cordboard.api.common.json_body import BODY_BYTES
from cordboard.domain.tenant import SCOPES
from tests.api.house import EXTENSION, Answer, House, Office

# A status, and what the dialect's body calls it.
Expected = tuple[int, str]

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
# No field of any body may be one of these.
UNUSABLE: tuple[object, ...] = ({}, {"a": 1}, True, [{}], "a\0b", "x" * 5000)
# No number in any query may be one of these.
NO_NUMBERS = ("word", "1.5", "-1", "9" * 40, "a\0b", "ế")
NO_TEXTS = ("a\0b", "x" * 5000)
USER_NAME = "alice"
REVOKED_KEY = "a key that is gone"
_PARAMETER = re.compile(r"\{\w+\}")


async def nothing(_office: Office) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A request that succeeds.

    ``scope`` is the right that its key needs, "" for any key. ``thing`` makes what ``{id}`` in the path or the query
    names (or only what else the request needs, and returns ""); ``is_once``: the request uses it up, each gets another.
    ``required`` fields of the body must be given.
    ``bad_ids`` are others, and what they are answered. ``fields`` of the body may be none of ``UNUSABLE``; ``wrong``
    are fields with wrong values of their own. ``parameters`` of the query are numbers or words of a list, ``texts``
    are any text. ``expected`` is what it is answered, ``of_stranger`` what the key of another tenant gets for the same
    request. ``needs_rows``: nothing is answered without the database, else its key and its limits alone need it.
    """

    scope: str = ""
    body: Mapping[str, object] | None = None
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    wrong: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    thing: Callable[[Office], Awaitable[str]] = nothing
    is_once: bool = False
    bad_ids: Mapping[str, Expected] = field(default_factory=dict)
    expected: Expected = (200, "")
    of_stranger: Expected = (200, "")
    wants_token: bool = False
    is_json: bool = True
    needs_rows: bool = True


@dataclass(frozen=True, kw_only=True)
class Wire:
    """What a dialect answers to what goes wrong. ``read_error`` gives the code and the message of an error's body."""

    key_header: str
    bad_input: Expected
    unauthorized: Expected
    forbidden: Expected
    not_found: Expected
    wrong_method: Expected
    not_acceptable: Expected
    too_large: Expected
    too_many: Expected
    away: Expected
    read_error: Callable[[Answer], tuple[str, str]]
    media_type: str = "application/json"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One request, and what it is answered. ``says`` stands in the message."""

    why: str
    expected: Expected
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None
    says: str = ""

    def but(self, why: str, expected: Expected, *, says: str = "", **changes: object) -> "Attempt":
        """The same, spoilt."""
        return replace(self, why=why, expected=expected, says=says, **changes)  # type: ignore[arg-type] # its fields

    def with_header(self, why: str, expected: Expected, **headers: str) -> "Attempt":
        """The same with headers, ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.but(why, expected, headers={**self.headers, **named})

    def of(self, thing: str) -> "Attempt":
        """The same, asked of ``thing``."""
        query = {name: _PARAMETER.sub(lambda _: thing, value) for name, value in self.query.items()}
        path = thing if "%" in thing else quote(thing)
        return replace(self, path=_PARAMETER.sub(lambda _: path, self.path), query=query)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A tenant that can do everything, another one, and the request that succeeds. ``thing`` is what it is about."""

    wire: Wire
    office: Office
    stranger: Office
    specimen: Specimen
    thing: str
    good: Attempt

    async def of_one_thing(self) -> "Scene":
        """The same, where all attempts are about one thing, used up or not."""
        thing = self.thing or await self.specimen.thing(self.office)
        return replace(self, specimen=replace(self.specimen, is_once=False), thing=thing)

    async def check(self, *attempts: Attempt) -> None:
        """Make them all, and name each that is answered otherwise."""
        wrong = []
        for attempt in attempts:
            answer = await self._make(attempt)
            if fault := self._fault(attempt, answer):
                wrong.append(f"{attempt.why}: {fault}, not {answer.status} {answer.body[:200]!r}")
        assert wrong == []

    async def _make(self, attempt: Attempt) -> Answer:
        thing = await self.specimen.thing(self.office) if self.specimen.is_once else self.thing
        attempt = attempt.of(thing)
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
        if attempt.expected == self.specimen.expected or (status == 200 and not self.specimen.is_json):
            return ""
        if answer.headers["content-type"] != self.wire.media_type:
            return "not JSON"
        told, message = self.wire.read_error(answer)
        if told != code:
            return f"expected {attempt.expected}"
        return "" if attempt.says in message else f"does not say '{attempt.says}'"


async def open_scene(
    house: House, wire: Wire, specimen: Specimen, method: str, template: str, *, password: str | None = None
) -> Scene:
    """Two tenants; the first has an agent with a phone, a trunk and a DID."""
    office = await house.open_office("acme", language="en")
    agent = await office.rows.agents.create(
        user_name=USER_NAME, extension=EXTENSION, sip_password="secret", password=password
    )
    await office.register(agent)
    await office.rows.trunks.add(name="carrier", host="127.0.0.2")
    await office.rows.dids.add(number="+842873000001")
    good = Attempt(
        why="as documented",
        expected=specimen.expected,
        method=method,
        path=template,
        query=specimen.query,
        headers={wire.key_header: office.key},
        data=None if specimen.body is None else json.dumps(specimen.body).encode(),
    )
    return Scene(
        wire=wire,
        office=office,
        stranger=await house.open_office("globex", language="en"),
        specimen=specimen,
        thing="" if specimen.is_once else await specimen.thing(office),
        good=good,
    )


async def wrong_keys(scene: Scene) -> list[Attempt]:
    """No key, and such as open nothing, or nothing of this."""
    good, office, wire, scope = scene.good, scene.office, scene.wire, scene.specimen.scope
    without = {name: value for name, value in good.headers.items() if name != wire.key_header}
    revoked = await office.rows.keys.create(name="gone", value=REVOKED_KEY, scopes=SCOPES)
    await office.rows.keys.revoke(revoked.id)

    def with_key(why: str, expected: Expected, key: str) -> Attempt:
        return good.but(why, expected, headers={**without, wire.key_header: key})

    attempts = [
        good.but("no key", wire.unauthorized, headers=without),
        with_key("an empty key", wire.unauthorized, ""),
        with_key("an unknown key", wire.unauthorized, "unknown"),
        with_key("a revoked key", wire.unauthorized, REVOKED_KEY),
        with_key("another tenant's key", scene.specimen.of_stranger, scene.stranger.key),
    ]
    if scope:
        narrow = with_key("no scope", wire.forbidden, await office.new_key(*(set(SCOPES) - {scope})))
        attempts.append(replace(narrow, says=f"'{scope}'"))
    return attempts


async def try_methods_and_types(scene: Scene, served: set[str]) -> None:
    """``served`` are the methods of the path."""
    good, wire = scene.good, scene.wire
    attempts = [good.but(wrong, wire.wrong_method, method=wrong) for wrong in METHODS if wrong not in served]
    keyless = [replace(attempt, headers={}) for attempt in attempts]
    if scene.specimen.is_json:
        attempts.append(good.with_header("wants HTML", wire.not_acceptable, Accept="text/html"))
    attempts.append(good.but("with a tail", wire.not_found, path=f"{good.path}/x/y"))
    await scene.check(*attempts, *keyless)
    answer = await scene.office.house.ask("TRACE", good.of(scene.thing or "x").path)
    allowed = set(answer.headers["allow"].split(", "))
    assert allowed == served | {"OPTIONS"} | ({"HEAD"} if "GET" in served else set())


async def try_bodies(scene: Scene) -> None:
    """Bodies that are no JSON objects, too large, too deep, and fields of wrong types."""
    good, wire, specimen = scene.good, scene.wire, scene.specimen
    deep = b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    unusable = {"cut short": b'{"a', "an array": b"[]", "no JSON": b"a=1", "bytes": b"\xff\xfe", "deep": deep}
    huge = bytes(BODY_BYTES + 1)
    if specimen.body is None:
        # A body where none is needed is ignored, whatever it is.
        attempts = [good.but(why, good.expected, data=data) for why, data in (*unusable.items(), ("huge", huge))]
    elif not specimen.fields:
        attempts = []
    else:
        attempts = [good.but(why, wire.bad_input, data=data, says="body") for why, data in unusable.items()]
        attempts.append(good.but("huge", wire.too_large, data=huge))
    wrong = {**dict.fromkeys(specimen.fields, UNUSABLE), **specimen.wrong}
    for name, values in wrong.items():
        for value in values:
            data = json.dumps({**(specimen.body or {}), name: value}).encode()
            attempts.append(good.but(f"{name}: {value!r:.20}", wire.bad_input, data=data, says=name))
    await scene.check(*attempts)


async def try_nothing_given(scene: Scene) -> None:
    """What says that a field is not given: the same as without it. ``wrong`` has what is refused all the same."""
    good, wire, specimen = scene.good, scene.wire, scene.specimen
    attempts = []
    absent: tuple[object, ...] = ("", None, [])
    for name in specimen.fields:
        for value in () if "" in specimen.wrong.get(name, ()) else absent:
            one = replace(good, data=json.dumps({**(specimen.body or {}), name: value}).encode())
            if name in specimen.required:
                attempts.append(one.but(f"{name}: {value!r}", wire.bad_input, says=name))
            else:
                attempts.append(one.but(f"{name}: {value!r}", good.expected))
    await scene.check(*attempts)


async def try_queries_and_ids(scene: Scene) -> None:
    """Parameters out of their range, and ids that nothing of the tenant's has."""
    good, wire, specimen = scene.good, scene.wire, scene.specimen
    wrong = {**dict.fromkeys(specimen.parameters, NO_NUMBERS), **dict.fromkeys(specimen.texts, NO_TEXTS)}
    attempts = [
        good.but(f"{name}={value!r:.20}", wire.bad_input, query={**good.query, name: value}, says=name)
        for name, values in wrong.items()
        for value in values
    ]
    attempts += [good.but(f"id {thing!r}", expected).of(thing) for thing, expected in specimen.bad_ids.items()]
    if foreign := await specimen.thing(scene.stranger):
        attempts.append(good.but("a foreign id", wire.not_found).of(foreign))
    await scene.check(*attempts)


async def try_limits(scene: Scene) -> None:
    """Over the limit, whatever else is wrong with a request."""
    scene = await scene.of_one_thing()
    good, wire = scene.good, scene.wire
    wrong_method = good.but("a wrong method", wire.wrong_method, method="TRACE")
    await scene.office.change(limit_route=1)
    await scene.check(
        good,
        good.but("over the limit", wire.too_many),
        good.but("over the limit, with a slash", wire.too_many, path=f"{good.path}/"),
        good.but("over the limit, and wrong besides", wire.too_many, data=b"{"),
        wrong_method,
        wrong_method.but("over the limit, by a wrong method", wire.too_many),
    )


async def try_without_database(scene: Scene) -> None:
    """The database away, when the key is not known and when it is."""
    core, key = scene.office.house.core, scene.office.key
    known = await core.store.system.keys.identify(key)
    assert known is not None
    scene = await scene.of_one_thing()
    await core.store.close()
    core.kept_identities.clear()
    away = scene.good.but("the key is not known", scene.wire.away)
    await scene.check(away)
    for limit in (0, 1):
        identity = replace(known, tenant=replace(known.tenant, limit_tenant=limit))
        core.kept_identities[key] = (float("inf"), identity)
        expected = scene.wire.away if limit or scene.specimen.needs_rows else scene.specimen.expected
        await scene.check(scene.good.but(f"the key is known, its tenant's limit is {limit}", expected))
