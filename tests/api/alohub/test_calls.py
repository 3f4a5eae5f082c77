"""makeCall and click-to-call: what is accepted, what is refused and in which order (docs/dialects/alohub.md)."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.api.alohub.samples import golden
from tests.api.house import CLICK_TO_CALL, CUSTOMER, EXTENSION, MAKE_CALL, House, Office
from tests.support.calls import member, queued_call

NO_AGENT = "IPCC_NOT_CONNECT_AGENT_ID"
DENIED = "CALLOUT_PERMISSION_DENY"
BUSY = "CALLOUT_AGENT_BUSY"
NO_WAY = "ERROR_CALLOUT_CONNECT"


async def test_the_documents_sample(office: Office) -> None:
    answer = await office.post(MAKE_CALL, golden("make_call_request"))
    assert answer.status == 200
    (call,) = await office.live_calls()
    expected = json.dumps(golden("make_call_answer")).replace("CALL_ID", call.reference)
    assert json.dumps(answer.json) == expected
    assert (call.customer_number, call.agent_extension, call.request_id) == (
        "+84123456789", "6688", "ALOHUB_3432323435545",
    )  # fmt: skip
    assert call.shown_to_agent == "0123456789"


async def test_every_path_with_and_without_its_slash(office: Office) -> None:
    for path in (MAKE_CALL, CLICK_TO_CALL, f"/api{CLICK_TO_CALL}"):
        for slash in ("", "/"):
            answer = await office.post(path + slash, {"phoneNumber": CUSTOMER, "ipPhone": EXTENSION})
            assert answer.code == (200, "SUCCESS")
            assert answer.json["success"] == "1"
            assert answer.json["transactionId"] == ""
            await office.end_calls()


async def test_numbers_may_be_numbers_and_unknown_fields_are_ignored(office: Office) -> None:
    for body in (
        {"phoneNumber": 912345678, "ipPhone": 6688, "transactionId": ""},
        {"phoneNumber": "+84 912 345 678", "ipPhone": " 6688 ", "transactionId": None},
        {"phoneNumber": CUSTOMER, "ipPhone": EXTENSION, "unknown": {"deep": [1]}},
    ):
        assert (await office.post(MAKE_CALL, body)).json["success"] == "1"
        (call,) = await office.end_calls()
        assert call.customer_number == "+84912345678"


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({}, "phoneNumber"),
    ({"ipPhone": EXTENSION}, "phoneNumber"),
    ({"phoneNumber": CUSTOMER}, "ipPhone"),
    ({"phoneNumber": "", "ipPhone": EXTENSION}, "phoneNumber"),
    ({"phoneNumber": "  ", "ipPhone": EXTENSION}, "phoneNumber"),
    ({"phoneNumber": None, "ipPhone": EXTENSION}, "phoneNumber"),
    ({"phoneNumber": [], "ipPhone": EXTENSION}, "phoneNumber"),
    ({"phoneNumber": True, "ipPhone": EXTENSION}, "phoneNumber"),
    ({"phoneNumber": CUSTOMER, "ipPhone": {}}, "ipPhone"),
    ({"phoneNumber": CUSTOMER, "ipPhone": "66\0" + "88"}, "ipPhone"),
    ({"phoneNumber": CUSTOMER, "ipPhone": EXTENSION, "transactionId": "x" * 129}, "transactionId"),
    ({"phoneNumber": CUSTOMER, "ipPhone": EXTENSION, "transactionId": ["T1"]}, "transactionId"),
]


async def test_a_body_that_cannot_be_used_names_its_field(office: Office) -> None:
    for body, named in UNUSABLE:
        answer = await office.post(MAKE_CALL, body)
        assert answer.code == (400, "INVALID_INPUT")
        assert answer.json["success"] == "0"
        assert f"'{named}'" in answer.json["error_message"]
    assert await office.live_calls() == []


async def test_the_probe_of_a_well_known_connector(office: Office) -> None:
    answer = await office.call("0000000000", "0000")
    assert answer.code == (200, NO_AGENT)
    assert (answer.json["success"], answer.json["call_id"]) == ("0", "")
    await office.hire("0000", user_name="zero")
    assert (await office.call("0000000000", "0000")).code == (200, DENIED)
    assert await office.live_calls() == []


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is wrong at once; the refusal names the first of it."""

    is_known: bool = True
    is_registered: bool = True
    number: str = CUSTOMER
    is_busy: bool = False
    is_capped: bool = False
    has_trunk: bool = True
    has_engine: bool = True


ALL_WRONG = Situation(
    is_known=False, is_registered=False, number="12", is_busy=True, is_capped=True, has_trunk=False, has_engine=False
)
ORDER = [
    (ALL_WRONG, NO_AGENT),
    (replace(ALL_WRONG, is_known=True), NO_AGENT),
    (replace(ALL_WRONG, is_known=True, is_registered=True), DENIED),
    (replace(ALL_WRONG, is_known=True, is_registered=True, number="6689"), DENIED),
    (replace(ALL_WRONG, is_known=True, is_registered=True, number="+390212345678"), DENIED),
    (replace(ALL_WRONG, is_known=True, is_registered=True, number=CUSTOMER), BUSY),
    (replace(ALL_WRONG, is_known=True, is_registered=True, number=CUSTOMER, is_busy=False), DENIED),
    (Situation(has_trunk=False, has_engine=False), NO_WAY),
    (Situation(has_engine=False), NO_WAY),
]


@pytest.mark.parametrize(("situation", "code"), ORDER)
async def test_refusals_in_their_order(house: House, situation: Situation, code: str) -> None:
    office = await house.open_office("acme")
    other = await office.hire("6689", user_name="bob")
    if situation.is_known:
        agent = await office.hire(is_registered=situation.is_registered)
        if situation.is_busy:
            await occupy(office, agent.id)
    if situation.is_capped:
        await occupy(office, other.id)
        await office.change(max_calls=1)
    if situation.has_trunk:
        await office.rows.trunks.add(name="carrier", host="127.0.0.2")
    await office.rows.dids.add(number="+842873000001")
    if not situation.has_engine:
        await house.beat(is_connected=False)
    before = len(await office.live_calls())
    answer = await office.call(situation.number, transactionId="T-1")
    assert answer.code == (200, code)
    assert (answer.json["success"], answer.json["call_id"], answer.json["transactionId"]) == ("0", "", "T-1")
    assert answer.json["error_message"] not in ("", "SUCCESS")
    assert len(await office.live_calls()) == before


async def occupy(office: Office, agent_id: int) -> None:
    """A call of the agent that is going on."""
    call = queued_call(
        id=uuid4(),
        tenant_id=office.tenant.id,
        node_id=office.house.node.id,
        members=(replace(member(), agent_id=agent_id),),
        reference="x",
    )
    await office.rows.calls.insert(call)


async def test_no_number_to_call_out_with(house: House) -> None:
    office = await house.open_office("acme")
    await office.hire()
    await office.rows.trunks.add(name="carrier", host="127.0.0.2")
    assert (await office.call()).code == (200, NO_WAY)


async def test_an_agent_takes_one_call_at_a_time(office: Office) -> None:
    assert (await office.call()).json["success"] == "1"
    assert (await office.call("0987654321")).code == (200, BUSY)


async def test_the_message_is_in_the_tenants_language(house: House) -> None:
    vietnamese, english = await house.open_office("vn"), await house.open_office("en", language="en")
    assert (await vietnamese.call()).json["error_message"] == "Máy lẻ không tồn tại"
    assert (await english.call()).json["error_message"] == "There is no such extension"


async def test_a_transaction_id_makes_one_call(office: Office) -> None:
    first = (await office.call(transactionId="T-1")).json
    again = (await office.post(CLICK_TO_CALL, {"phone": "1", "ipPhone": "none", "transactionId": "T-1"})).json
    assert again == first
    assert len(await office.live_calls()) == 1


async def test_a_transaction_id_sent_many_times_at_once_makes_one_call(office: Office) -> None:
    answers = await asyncio.gather(*(office.call(transactionId="T-1") for _ in range(10)))
    assert {answer.json["call_id"] for answer in answers} == {(await office.live_calls())[0].reference}
    assert len(await office.live_calls()) == 1


async def test_a_transaction_id_is_free_again_after_a_day(house: House, office: Office) -> None:
    first = (await office.call(transactionId="T-1")).json["call_id"]
    (call,) = await office.live_calls()
    await office.rows.calls.delete(call.id)
    house.clock.move(timedelta(hours=24, seconds=1).total_seconds())
    second = (await office.call(transactionId="T-1")).json
    assert second["success"] == "1"
    assert second["call_id"] != first


async def test_a_refused_request_does_not_use_up_its_transaction_id(office: Office) -> None:
    assert (await office.call("12", transactionId="T-1")).json["success"] == "0"
    assert (await office.call(transactionId="T-1")).json["success"] == "1"


async def test_transaction_ids_are_each_tenants_own(house: House, office: Office) -> None:
    other = await house.open_office("globex")
    await other.open_for_calls()
    first, second = await office.call(transactionId="T-1"), await other.call(transactionId="T-1")
    assert first.json["call_id"] != second.json["call_id"]


async def test_a_transaction_id_is_kept_as_it_is(office: Office) -> None:
    for sent, kept in (
        (b'" T\\u00e9 \\n"', " Té \n"),
        (b"12345678901234567890123", "12345678901234567890123"),
        (b"1.50", "1.50"),
        (b'"%b"' % ("ế" * 128).encode(), "ế" * 128),
    ):
        body = b'{"phoneNumber":"0912345678","ipPhone":6688,"transactionId":%b}' % sent
        assert (await office.post(MAKE_CALL, body)).json["transactionId"] == kept
        rows, _ = await office.search(transactionId=kept)
        assert [row["transactionId"] for row in rows] == [kept]
        (call,) = await office.end_calls()
        assert call.request_id == kept


async def test_click_to_call_has_names_of_its_own(office: Office) -> None:
    answer = await office.post(CLICK_TO_CALL, {"phone": CUSTOMER, "ipPhone": EXTENSION, "campaignId": "7"})
    assert answer.json["success"] == "1"
    assert (await office.live_calls())[0].customer_number == "+84912345678"


async def test_click_to_call_needs_a_number_and_somebody(office: Office) -> None:
    cases: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"phone": CUSTOMER, "campaignId": 7}, (200, DENIED)),
        ({"phone": CUSTOMER}, (400, "INVALID_INPUT")),
        ({"campaignId": "7"}, (400, "INVALID_INPUT")),
        ({"phone": "", "phoneNumber": "", "ipPhone": EXTENSION}, (400, "INVALID_INPUT")),
    ]
    for body, code in cases:
        assert (await office.post(CLICK_TO_CALL, body)).code == code


async def test_make_call_knows_no_phone_and_no_campaign(office: Office) -> None:
    answer = await office.post(MAKE_CALL, {"phone": CUSTOMER, "campaignId": "7", "ipPhone": EXTENSION})
    assert answer.code == (400, "INVALID_INPUT")
