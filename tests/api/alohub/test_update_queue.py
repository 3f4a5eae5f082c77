"""``updateQueue``: an agent's queues, callout and extensions ("Calls, Lookup & Recording" section 5)."""

# ruff: noqa: ANN401 -- values of JSON are of many types

import asyncio
from typing import Any

import pytest

from tests.api.alohub.samples import golden
from tests.api.house import EXTENSION, UPDATE_QUEUE, Answer, Office

USER = "userName66"
SUCCESS = {"success": "1", "error_code": "SUCCESS", "error_message": "SUCCESS"}


class Desk:
    """An agent of the document's name, four queues and two callouts."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.agent_id = 0
        self.queues: list[int] = []
        self.callouts: list[int] = []

    async def open(self) -> "Desk":
        rows = self.office.rows
        self.agent_id = (await self.office.hire("6699", user_name=USER)).id
        self.queues = [(await rows.queues.create(name=name)).id for name in "abcd"]
        (did,) = await rows.dids.list()
        self.callouts = [(await rows.callouts.create(name=name, did_number=did.number)).id for name in "xy"]
        return self

    async def update(self, body: object, path: str = f"{UPDATE_QUEUE}?userName={USER}") -> Answer:
        return await self.office.post(path, body)

    async def state(self) -> tuple[tuple[int, ...], int | None, tuple[str, ...]]:
        rows = self.office.rows
        agent = await rows.agents.by_user_name(USER)
        assert agent is not None
        return await rows.queues.of_agent(agent.id), agent.callout_id, await rows.extensions.of_agent(agent.id)


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await Desk(office).open()


async def test_the_documents_sample(desk: Desk) -> None:
    first, second, *_ = desk.queues
    sample = dict(golden("update_queue_request"))  # type: ignore[call-overload] # it is an object
    sample |= {"callinId": [first, second], "calloutId": desk.callouts[0], "lstExtension": ["6699"]}
    for path in (UPDATE_QUEUE, UPDATE_QUEUE.removeprefix("/api")):
        for slash in ("", "/"):
            answer = await desk.update(sample, f"{path}{slash}?userName={USER}")
            assert (answer.status, answer.json, list(answer.json)) == (200, SUCCESS, list(SUCCESS))
            assert await desk.state() == ((first, second), desk.callouts[0], ("6699",))


async def test_edit_replaces_add_adds_and_what_is_absent_stays(desk: Desk) -> None:
    a, b, c, d = desk.queues
    x, y = desk.callouts
    for body, expected in (
        ({"action": "ADD", "callinId": [a]}, ((a,), None)),
        ({"action": "ADD", "callinId": [b, a, b], "calloutId": x}, ((a, b), x)),
        ({"action": "EDIT", "callinId": [c, d]}, ((c, d), x)),
        ({"action": "EDIT", "callinId": []}, ((c, d), x)),
        ({"action": "EDIT", "callinId": None, "calloutId": ""}, ((c, d), x)),
        ({"action": "EDIT", "calloutId": str(y)}, ((c, d), y)),
        ({"action": "EDIT"}, ((c, d), y)),
        ({"action": " edit ", "callinId": [str(d), f" {c} "]}, ((c, d), y)),
        ({"action": "add", "callinId": a, "lstExtension": []}, ((a, c, d), y)),
        ({"action": "EDIT", "callinId": [a], "lstExtension": [6699]}, ((a,), y)),
    ):
        for _ in range(2):
            assert (await desk.update(body)).json == SUCCESS
            assert (await desk.state())[:2] == expected
    assert (await desk.state())[2] == ("6699",)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "action"),
        (b"", "action"),
        ({"action": ""}, "action"),
        ({"action": "REMOVE"}, "action"),
        ({"action": ["EDIT"]}, "action"),
        ({"action": "EDIT", "callinId": ["a"]}, "callinId"),
        ({"action": "EDIT", "callinId": [-1]}, "callinId"),
        ({"action": "EDIT", "callinId": [1.5]}, "callinId"),
        ({"action": "EDIT", "callinId": [[1]]}, "callinId"),
        ({"action": "EDIT", "callinId": {}}, "callinId"),
        ({"action": "EDIT", "callinId": [404404]}, "callinId"),
        ({"action": "ADD", "callinId": [10**40]}, "callinId"),
        ({"action": "EDIT", "calloutId": "x"}, "calloutId"),
        ({"action": "EDIT", "calloutId": 404404}, "calloutId"),
        ({"action": "EDIT", "calloutId": [1]}, "calloutId"),
        ({"action": "EDIT", "lstExtension": ["4711"]}, "lstExtension"),
        ({"action": "EDIT", "lstExtension": [EXTENSION]}, "lstExtension"),
        ({"action": "EDIT", "lstExtension": ["6699", EXTENSION]}, "lstExtension"),
        ({"action": "EDIT", "lstExtension": ["\0"]}, "lstExtension"),
        ({"action": "EDIT", "lstExtension": True}, "lstExtension"),
    ],
)
async def test_what_cannot_be_used_names_its_field_and_nothing_is_half_done(desk: Desk, body: Any, named: str) -> None:
    await desk.update({"action": "EDIT", "callinId": [desk.queues[0]], "calloutId": desk.callouts[0]})
    before = await desk.state()
    if isinstance(body, dict) and body.get("action") == "EDIT":
        body = {"callinId": desk.queues[1:], "calloutId": desk.callouts[1], **body}
    answer = await desk.update(body)
    assert answer.code == (400, "INVALID_INPUT")
    assert f"'{named}'" in answer.json["error_message"]
    assert await desk.state() == before


async def test_the_agent_is_named_in_the_query(desk: Desk, stranger: Office) -> None:
    body = {"action": "EDIT", "callinId": [desk.queues[0]]}
    await stranger.hire("6688", user_name="theirs")
    for path, code in (
        (UPDATE_QUEUE, (400, "INVALID_INPUT")),
        (f"{UPDATE_QUEUE}?userName=", (400, "INVALID_INPUT")),
        (f"{UPDATE_QUEUE}?userName=%00", (400, "INVALID_INPUT")),
        (f"{UPDATE_QUEUE}?username={USER}", (400, "INVALID_INPUT")),
        (f"{UPDATE_QUEUE}?userName=nobody", (404, "NOT_FOUND")),
        (f"{UPDATE_QUEUE}?userName=theirs", (404, "NOT_FOUND")),
    ):
        answer = await desk.update(body, path)
        assert answer.code == code, path
        if code[0] == 400:
            assert "'userName'" in answer.json["error_message"]


async def test_nothing_of_another_tenant_can_be_had(desk: Desk, stranger: Office) -> None:
    queue = await stranger.rows.queues.create(name="a")
    did = await stranger.rows.dids.add(number="+842899999999")
    callout = await stranger.rows.callouts.create(name="x", did_number=did.number)
    await stranger.hire("7777", user_name=USER)
    for given, field in (
        ({"callinId": [queue.id]}, "callinId"),
        ({"calloutId": callout.id}, "calloutId"),
        ({"lstExtension": ["7777"]}, "lstExtension"),
    ):
        answer = await desk.update({"action": "EDIT", **given})
        assert answer.code == (400, "INVALID_INPUT")
        assert f"'{field}'" in answer.json["error_message"]
    assert await desk.state() == ((), None, ("6699",))


async def test_updates_at_once_are_each_done_wholly(desk: Desk) -> None:
    a, b, c, d = desk.queues
    x, y = desk.callouts
    bodies = [
        {"action": "EDIT", "callinId": [a, b], "calloutId": x},
        {"action": "EDIT", "callinId": [c, d], "calloutId": y},
    ]
    answers = await asyncio.gather(*(desk.update(bodies[n % 2]) for n in range(16)))
    assert {answer.status for answer in answers} == {200}
    queues, callout, _ = await desk.state()
    assert (queues, callout) in {((a, b), x), ((c, d), y)}


async def test_the_callout_decides_what_the_next_call_shows(office: Office) -> None:
    rows = office.rows
    await rows.dids.add(number="+842873999999")
    callout = await rows.callouts.create(name="x", did_number="+842873999999")
    await office.call()
    (call,) = await office.end_calls()
    first = call.did_number
    await office.post(f"{UPDATE_QUEUE}?userName=alice", {"action": "EDIT", "calloutId": callout.id})
    await office.call()
    (call,) = await office.end_calls()
    assert (call.did_number, call.routes[0].caller_number) == ("+842873999999", "+842873999999")
    await rows.callouts.remove("x")
    await office.call()
    (call,) = await office.end_calls()
    assert call.did_number == first
