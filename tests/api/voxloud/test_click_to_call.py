"""Click-to-calls: every sample of "Click-to-call API", what may be written, how many there may be, and calling."""

import asyncio
import json
import re
from typing import Any
from uuid import UUID

import pytest

from cordboard.domain.call_state import Party
from cordboard.domain.click_to_call import ClickToCall
from tests.api.house import CUSTOMER, EXTENSION, MAKE_CALL, Answer, Office
from tests.api.voxloud.client import Client
from tests.api.voxloud.documents import golden, same_json

PATH = "/click-to-call"
ROME = "+390660786731"


@pytest.fixture
async def did(office: Office) -> str:
    """The document's number."""
    return (await office.rows.dids.add(number=ROME)).number


async def create(client: Client, **changes: object) -> Answer:
    body = {"name": "support", "extension": EXTENSION, "outboundNumber": ROME, "dial_first": "contact"}
    return await client.post(PATH, body | changes)


async def created(client: Client, **changes: object) -> dict[str, Any]:
    answer = await create(client, **changes)
    assert answer.status == 200, answer
    return answer.json


async def connect(client: Client, resource: str, contact: object = CUSTOMER) -> Answer:
    return await client.post(f"{PATH}/{resource}/connect", {"contact": contact})


async def listed(client: Client) -> list[dict[str, Any]]:
    answer = await client.get(PATH)
    assert answer.status == 200
    rows: list[dict[str, Any]] = json.loads(answer.body)
    return rows


def refused(answer: Answer) -> tuple[int, str]:
    """Status and message; the rest of the body is as every error's."""
    body = answer.json
    assert list(body) == ["timestamp", "status", "error", "message", "path"]
    assert body["status"] == answer.status
    return answer.status, body["message"]


async def test_the_documents_request_and_answer(client: Client) -> None:
    await client.office.hire("101", user_name="one")
    request, sample = golden("click_to_call_request"), golden("click_to_call_answer")
    await client.office.rows.dids.add(number=request["outboundNumber"])
    answer = await client.post(PATH, request)
    assert answer.status == 200
    made = answer.json
    assert [(name, type(value)) for name, value in made.items()] == [
        (name, type(value)) for name, value in sample.items()
    ]
    assert re.fullmatch(r"[0-9a-f]{32}", made["id"])
    # The sample's name has a prefix, and its number is another than was asked for: what was given comes back.
    assert made == {"id": made["id"], **request}


async def test_the_documents_list_get_connect_and_delete(client: Client, did: str) -> None:
    await client.office.change(allowed_destinations=("+39",))
    for sample in golden("click_to_calls"):
        await client.office.hire(sample["extension"], user_name=sample["name"])
        made = ClickToCall(
            id=UUID(hex=sample["id"]),
            tenant_id=client.office.tenant.id,
            name=sample["name"],
            extension=sample["extension"],
            did_number=did,
            first=Party.CUSTOMER,
        )
        await client.office.rows.click_to_calls.add(made)
    one = f"{PATH}/{golden('click_to_call_answer')['id']}"
    same_json(await listed(client), "click_to_calls")
    same_json((await client.get(one)).json, "click_to_call_answer")
    connected = await client.post(f"{one}/connect", golden("click_to_call_connect"))
    assert connected.status == 200
    same_json(connected.json, "click_to_call_connect")
    (call,) = await client.office.live_calls()
    assert (call.agent_extension, call.customer_number) == ("101", "+39987654321")
    removed = await client.delete(one)
    assert (removed.status, removed.body) == (204, b"")
    assert [each["name"] for each in await listed(client)] == ["ctc-marketing"]
    assert (await client.get(one)).status == 404
    assert (await client.delete(one)).status == 404
    assert [each.id for each in await client.office.live_calls()] == [call.id]  # it goes on


@pytest.mark.parametrize(
    "written",
    [ROME, "390660786731", 390660786731, "0039 06 6078 6731", "+39 06-6078.6731", " +390660786731 "],
    ids=str,
)
async def test_the_number_may_be_in_any_form(client: Client, did: str, written: object) -> None:
    assert (await created(client, outboundNumber=written))["outboundNumber"] == did


async def test_a_number_of_the_home_country_may_be_national(client: Client) -> None:
    (did,) = [did.number for did in await client.office.rows.dids.list()]
    assert (await created(client, outboundNumber=f"0{did[3:]}"))["outboundNumber"] == did


@pytest.mark.usefixtures("did")
async def test_names_are_as_given_and_need_not_differ(client: Client) -> None:
    await client.office.hire("101", user_name="one")
    for name in (" Hỗ trợ ☎ ", "x" * 1024):
        assert (await created(client, name=name))["name"] == name
    assert (await create(client, name=7)).status == 403  # there is room for two


@pytest.mark.usefixtures("did")
async def test_the_extension_is_rung_first_unless_it_is_said_otherwise(client: Client) -> None:
    for given in ({"dial_first": ""}, {"dial_first": None}, {"dial_first": "extension"}):
        one = await created(client, **given)
        assert one["dial_first"] == "extension"
        await client.delete(f"{PATH}/{one['id']}")
    body = {"name": "a", "extension": int(EXTENSION), "outboundNumber": ROME, "unknown": 1}
    answer = (await client.post(f"{PATH}/", body)).json
    assert (answer["dial_first"], answer["extension"]) == ("extension", EXTENSION)


@pytest.mark.usefixtures("did")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": None}, "name"),
        ({"name": ["a"]}, "name"),
        ({"extension": ""}, "extension"),
        ({"extension": "999"}, "extension"),
        ({"extension": "sales"}, "extension"),
        ({"extension": 1.5}, "extension"),
        ({"outboundNumber": ""}, "outboundNumber"),
        ({"outboundNumber": "+84987654321"}, "outboundNumber"),
        ({"outboundNumber": "anonymous"}, "outboundNumber"),
        ({"outboundNumber": True}, "outboundNumber"),
        ({"dial_first": "agent"}, "dial_first"),
        ({"dial_first": "CONTACT"}, "dial_first"),
        ({"dial_first": 1}, "dial_first"),
    ],
    ids=str,
)
async def test_what_cannot_be_used_is_named_also_when_there_is_no_room(
    client: Client, changes: dict[str, object], field: str
) -> None:
    status, message = refused(await create(client, **changes))
    assert (status, f"'{field}'" in message) == (400, True), message
    await created(client)
    assert (await create(client)).status == 403
    assert refused(await create(client, **changes)) == (status, message)
    assert len(await listed(client)) == 1


async def test_a_strangers_number_and_extension_are_nobodys(client: Client, stranger: Office) -> None:
    await stranger.hire("555")
    await stranger.rows.dids.add(number="+390660786799")
    assert (await create(client, extension="555", outboundNumber=ROME)).status == 400
    status, message = refused(await create(client, outboundNumber="+390660786799"))
    assert (status, message) == (400, "Field 'outboundNumber' is none of your numbers")


@pytest.mark.usefixtures("did")
async def test_there_may_be_as_many_as_users_and_groups(client: Client) -> None:
    rows = client.office.rows
    await client.office.hire("101", user_name="one")
    await rows.groups.create(name="sales", extension="700", members=("101",))
    await rows.groups.create(name="support", extension="701")
    made = [await created(client, extension=extension) for extension in (EXTENSION, "101", "700", "701")]
    assert refused(await create(client)) == (
        403,
        "There may be 4 click-to-calls, one for each user and group, at the most",
    )
    await client.delete(f"{PATH}/{made[1]['id']}")
    again = await created(client, extension="700")
    assert await listed(client) == [made[0], made[2], made[3], again]
    assert (await create(client)).status == 403


@pytest.mark.usefixtures("did")
async def test_the_limit_holds_for_many_at_once(client: Client) -> None:
    await client.office.hire("101", user_name="one")
    statuses = [answer.status for answer in await asyncio.gather(*(create(client) for _ in range(20)))]
    assert sorted(statuses) == [200] * 2 + [403] * 18
    assert len(await listed(client)) == 2


@pytest.mark.usefixtures("did")
async def test_nobody_elses_are_seen_removed_or_connected(client: Client, strangers_client: Client) -> None:
    one = await created(client)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/connect")):
        answer = await strangers_client.ask(method, f"{PATH}/{one['id']}{path}", {"contact": CUSTOMER})
        assert answer.status == 404
    assert await listed(strangers_client) == []
    assert await listed(client) == [one]
    assert await client.office.live_calls() == []


@pytest.mark.usefixtures("did")
async def test_an_id_that_is_none_is_not_found(client: Client) -> None:
    one = await created(client)
    assert (await client.get(f"{PATH}/{one['id'].upper()}")).json == one
    for bad in (
        "1",
        "0" * 32,
        "x" * 32,
        one["id"] + "0",
        f"{{{one['id'][:30]}}}",
        "8ff3728f-b5c5-d956-0e81-c3c7080c3b",
    ):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/connect")):
            answer = await client.ask(method, f"{PATH}/{bad}{path}", {"contact": CUSTOMER})
            assert (answer.status, answer.json["message"]) == (404, "Not found")


@pytest.mark.parametrize("first", ["extension", "contact"])
async def test_a_connected_one_is_a_call_with_its_number(client: Client, did: str, first: str) -> None:
    one = await created(client, dial_first=first)
    answer = await connect(client, one["id"], " 0912 345 678 ")
    assert (answer.status, answer.json) == (200, {"contact": " 0912 345 678 "})
    (call,) = await client.office.live_calls()
    assert (call.customer_number, call.did_number) == ("+84912345678", did)
    assert [route.caller_number for route in call.routes] == [did]
    assert call.first is {"extension": Party.AGENT, "contact": Party.CUSTOMER}[first]
    assert (call.agent_user_name, call.agent_extension, call.request_id) == ("alice", EXTENSION, "")


@pytest.mark.usefixtures("did")
async def test_a_groups_call_rings_its_members_who_are_there_and_free(client: Client) -> None:
    office = client.office
    for extension in ("101", "102", "103", "104"):
        await office.hire(extension, user_name=f"agent{extension}", is_registered=extension != "103")
    members = ("104", "103", "101", "102", EXTENSION)
    await office.rows.groups.create(name="sales", extension="700", members=members)
    assert (await office.call(extension="102")).status == 200  # busy from now on
    (busy,) = await office.live_calls()
    one = await created(client, extension="700")
    assert (await connect(client, one["id"])).status == 200
    (call,) = [call for call in await office.live_calls() if call.id != busy.id]
    assert [member.extension for member in call.members] == list(members)
    rung = [member.extension for member in call.members if member.phones and not member.is_busy]
    assert rung == ["104", "101", EXTENSION]
    assert (call.agent_id, call.agent_user_name, call.agent_name, call.agent_extension) == (None, "", "sales", "700")
    # They are all kept for it.
    assert (await office.call(extension="101")).json["error_code"] == "CALLOUT_AGENT_BUSY"
    assert refused(await connect(client, one["id"])) == (400, "The extension is busy")


@pytest.mark.usefixtures("did")
async def test_a_group_without_anybody_to_ring_is_refused(client: Client) -> None:
    office = client.office
    await office.hire("101", user_name="one", is_registered=False)
    away = await office.rows.groups.create(name="sales", extension="700", members=("101",))
    nobody = await office.rows.groups.create(name="support", extension="701")
    for group in (away, nobody):
        one = await created(client, extension=group.extension)
        answer = await connect(client, one["id"])
        assert refused(answer) == (400, "No phone of the extension is registered")
    assert await office.live_calls() == []


@pytest.mark.usefixtures("did")
@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("", (400, "Field 'contact' is required")),
        (None, (400, "Field 'contact' is required")),
        (["1"], (400, "Field 'contact' must be a string or a number")),
        ("nobody", (400, "Field 'contact' is not a telephone number")),
        ("0000000000", (400, "Field 'contact' is not a telephone number")),
        (EXTENSION, (400, "Field 'contact' is an extension")),
        ("+390312345678", (403, "Calls to this number are not allowed")),
    ],
    ids=str,
)
async def test_a_contact_who_cannot_be_called(client: Client, contact: object, expected: tuple[int, str]) -> None:
    one = await created(client)
    assert refused(await connect(client, one["id"], contact)) == expected
    assert await client.office.live_calls() == []


@pytest.mark.usefixtures("did")
async def test_a_call_that_cannot_be_placed_is_refused_for_the_documented_reason(client: Client) -> None:
    office = client.office
    one = await created(client)
    assert (await connect(client, one["id"])).status == 200
    assert refused(await connect(client, one["id"])) == (400, "The extension is busy")
    bob = await office.hire("101", user_name="bob", is_registered=False)
    two = await created(client, extension="101")
    assert refused(await connect(client, two["id"])) == (400, "No phone of the extension is registered")
    await office.register(bob)
    await office.change(max_calls=1)
    assert refused(await connect(client, two["id"])) == (403, "The limit of simultaneous calls is reached")
    await office.end_calls()
    await office.house.beat(is_connected=False)
    away = await connect(client, two["id"])
    assert (*refused(away), away.headers["retry-after"]) == (503, "The telephone engine is away", "5")
    await office.house.beat()
    await office.rows.trunks.remove("carrier")
    assert refused(await connect(client, two["id"])) == (503, "There is no trunk to call out through")
    assert await office.live_calls() == []


async def test_what_is_removed_and_made_again_serves_again(client: Client, did: str) -> None:
    """A successor gets the extension, the button on the website stays."""
    office = client.office
    await office.hire("101", user_name="one")
    await office.rows.groups.create(name="sales", extension="700", members=(EXTENSION,))
    agents, groups = await created(client, extension="101"), await created(client, extension="700")
    await office.rows.agents.remove("one")
    await office.rows.groups.remove("sales")
    for one in (agents, groups):
        assert (await client.get(f"{PATH}/{one['id']}")).json == one
        assert refused(await connect(client, one["id"])) == (400, "There is no such extension")
    assert await listed(client) == [agents, groups]
    assert (await create(client)).status == 403  # they count, until they are deleted
    await office.hire("101", user_name="successor")
    await office.hire("700", user_name="no group any more")
    await office.rows.dids.remove(did)
    for one in (agents, groups):
        assert refused(await connect(client, one["id"])) == (503, "There is no number to call out with")
    await office.rows.dids.add(number=did)
    for one in (agents, groups):
        assert (await connect(client, one["id"])).status == 200
    assert {call.agent_user_name for call in await office.live_calls()} == {"successor", "no group any more"}
    assert {call.did_number for call in await office.live_calls()} == {did}


async def test_a_number_that_is_another_tenants_now_is_not_shown(client: Client, did: str, stranger: Office) -> None:
    one = await created(client)
    await client.office.rows.dids.remove(did)
    await stranger.rows.dids.add(number=did)
    assert (await connect(client, one["id"])).status == 503


@pytest.mark.usefixtures("did")
async def test_the_scope_is_the_one_of_calls(client: Client) -> None:
    one = await created(client)
    paths = (("GET", ""), ("POST", ""), ("GET", f"/{one['id']}"), ("POST", f"/{one['id']}/connect"))
    for scope, status in (("contact", 403), ("report", 403)):
        key = await client.office.new_key(scope)
        for method, path in (*paths, ("DELETE", f"/{one['id']}")):
            answer = await client.ask(method, PATH + path, {"contact": CUSTOMER}, headers={"Voverc-Auth": key})
            assert refused(answer) == (status, "The API key lacks the right to 'call'")
    key = await client.office.new_key("call")
    answer = await client.ask("GET", PATH, headers={"Voverc-Auth": key})
    assert json.loads(answer.body) == [one]


async def test_a_group_cannot_make_a_call_in_the_other_dialect(client: Client) -> None:
    await client.office.rows.groups.create(name="sales", extension="700", members=(EXTENSION,))
    answer = await client.office.post(MAKE_CALL, {"phoneNumber": CUSTOMER, "ipPhone": "700"})
    assert answer.code == (200, "IPCC_NOT_CONNECT_AGENT_ID")
