"""``GET /v1/agents``."""

from urllib.parse import urlencode

import pytest

from tests.api.house import Office

AGENTS = "/v1/agents"


async def page(office: Office, **query: object) -> tuple[list[str], int]:
    answer = await office.get(f"{AGENTS}?{urlencode(query)}")
    assert answer.code == (200, "SUCCESS"), answer
    return [row["userName"] for row in answer.json["data"]], answer.json["totalRecord"]


@pytest.mark.parametrize("path", [AGENTS, f"{AGENTS}/", f"/api{AGENTS}", f"/api{AGENTS}/"])
async def test_the_envelope_and_the_row(office: Office, path: str) -> None:
    lan = await office.rows.agents.create(
        user_name="lan", extension="7001", sip_password="x", first_name="Lan", last_name="Trần", email="lan@a.example"
    )
    queue = await office.rows.queues.create(name="sales")
    await office.rows.queues.join(lan.id, [queue.id])
    assert office.agent is not None
    answer = await office.get(path)
    assert answer.json == {
        "success": "1",
        "error_code": "SUCCESS",
        "error_message": "SUCCESS",
        "totalRecord": 2,
        "data": [
            {
                "agentId": office.agent.id, "userName": "alice", "fullName": "alice", "email": "", "status": 1,
                "extensions": ["6688"], "queues": [],
            },
            {
                "agentId": lan.id, "userName": "lan", "fullName": "Lan Trần", "email": "lan@a.example", "status": 1,
                "extensions": ["7001"], "queues": [queue.id],
            },
        ],
    }  # fmt: skip
    assert list(answer.json["data"][0]) == [
        "agentId", "userName", "fullName", "email", "status", "extensions", "queues",
    ]  # fmt: skip


async def test_pages(office: Office, stranger: Office) -> None:
    await stranger.hire(user_name="theirs")
    names = ["alice"] + [f"agent{number:02}" for number in range(22)]
    for number, name in enumerate(names[1:]):
        await office.hire(str(7000 + number), is_registered=False, user_name=name)
    assert await page(office) == (names[:20], 23)
    assert await page(office, page="", size="", team_id="", status="", queue_id="") == (names[:20], 23)
    assert await page(office, page=1) == (names[20:], 23)
    assert await page(office, page=2) == ([], 23)
    assert await page(office, page=3, size=5) == (names[15:20], 23)
    assert await page(stranger) == (["theirs"], 1)


async def test_filters(office: Office, stranger: Office) -> None:
    bob = await office.hire("6689", user_name="bob")
    team = await office.rows.groups.create(name="sales", extension="700", members=("6689",))
    theirs = await stranger.rows.groups.create(name="sales", extension="700")
    queue = await office.rows.queues.create(name="sales")
    await office.rows.queues.join(bob.id, [queue.id])
    assert await page(office, status=1) == (["alice", "bob"], 2)
    assert await page(office, status=0) == ([], 0)
    assert await page(office, team_id=team.id) == (["bob"], 1)
    assert await page(office, team_id=team.id, queue_id=queue.id, status=1) == (["bob"], 1)
    for unknown in (theirs.id, 0, 99999999, "sales", "9" * 40, "-1"):
        assert await page(office, team_id=unknown) == ([], 0), unknown
    assert await page(office, queue_id=queue.id) == (["bob"], 1)
    assert await page(office, queue_id=queue.id + 1) == ([], 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("page", "-1"), ("page", "x"), ("page", "1.5"), ("size", "0"), ("size", "1001"), ("size", "9" * 30),
     ("status", "2"), ("status", "enabled"), ("queue_id", "sales")],
)  # fmt: skip
async def test_what_cannot_be_asked_names_its_parameter(office: Office, name: str, value: str) -> None:
    answer = await office.get(f"{AGENTS}?{name}={value}")
    assert answer.code == (400, "INVALID_INPUT")
    assert f"'{name}'" in answer.json["error_message"]
