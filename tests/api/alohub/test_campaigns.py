"""click-to-call with ``campaignId``: the callout's next free agent is rung."""

# ruff: noqa: ANN401 -- values of JSON are of many types

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cordboard.domain.agent import Agent
from tests.api.house import CLICK_TO_CALL, CUSTOMER, EXTENSION, Answer, House, Office

DENIED = "CALLOUT_PERMISSION_DENY"
BUSY = "CALLOUT_AGENT_BUSY"
NOW = datetime(2026, 3, 10, tzinfo=UTC)


class Campaign:
    """A callout with a number of its own, and its agents."""

    def __init__(self, office: Office, callout_id: int) -> None:
        self.office = office
        self.id = callout_id

    async def hire(self, extension: str, *, is_registered: bool = True) -> Agent:
        agent = await self.office.hire(extension, user_name=f"agent{extension}", is_registered=is_registered)
        await self.office.rows.callouts.assign(agent.id, self.id)
        return agent

    async def call(self, **body: Any) -> Answer:
        return await self.office.post(CLICK_TO_CALL, {"phone": CUSTOMER, "campaignId": self.id, **body})

    async def rung(self) -> list[str]:
        """Who is rung by the live calls."""
        return sorted(call.agent_extension for call in await self.office.live_calls())


@pytest.fixture
async def campaign(office: Office) -> Campaign:
    await office.rows.dids.add(number="+842873999999")
    return Campaign(office, (await office.rows.callouts.create(name="x", did_number="+842873999999")).id)


async def test_an_unknown_campaign_is_denied(campaign: Campaign, stranger: Office) -> None:
    did = await stranger.rows.dids.add(number="+842899999999")
    theirs = await stranger.rows.callouts.create(name="x", did_number=did.number)
    await campaign.hire("101")
    for unknown in (404404, "x", "-1", "9" * 40, theirs.id):
        answer = await campaign.call(campaignId=unknown)
        assert answer.code == (200, DENIED)
        assert (answer.json["success"], answer.json["call_id"]) == ("0", "")
    assert await campaign.rung() == []


async def test_nobody_free_is_busy(campaign: Campaign) -> None:
    assert (await campaign.call()).code == (200, BUSY)
    await campaign.hire("101", is_registered=False)
    assert (await campaign.call()).code == (200, BUSY)
    await campaign.hire("102")
    assert (await campaign.call()).json["success"] == "1"
    assert (await campaign.call()).code == (200, BUSY)
    assert await campaign.rung() == ["102"]


async def test_the_number_is_judged_before_the_agents(campaign: Campaign) -> None:
    assert (await campaign.call(phone="12")).code == (200, DENIED)
    assert (await campaign.call(phone="6688")).code == (200, DENIED)


async def test_an_extension_that_is_given_wins(campaign: Campaign) -> None:
    await campaign.hire("101")
    assert (await campaign.call(ipPhone="6688", campaignId="unknown")).json["success"] == "1"
    assert await campaign.rung() == ["6688"]
    assert (await campaign.call(ipPhone="6688")).code == (200, BUSY)


async def test_the_call_shows_the_campaigns_number_and_is_its_agents(campaign: Campaign) -> None:
    agent = await campaign.hire("101")
    answer = await campaign.call(campaignId=str(campaign.id), transactionId="T-1")
    (call,) = await campaign.office.live_calls()
    assert (call.agent_id, call.agent_user_name, call.did_number) == (agent.id, "agent101", "+842873999999")
    assert answer.json["call_id"] == call.reference
    assert (await campaign.call(transactionId="T-1")).json == answer.json
    assert len(await campaign.office.live_calls()) == 1


async def test_who_has_been_idle_longest_comes_first(campaign: Campaign) -> None:
    for extension, minutes in (("101", 30), ("102", 10), ("103", 20)):
        agent = await campaign.hire(extension)
        for before in (minutes, minutes + 60):
            ended_at = NOW - timedelta(minutes=before)
            await campaign.office.record(
                agent_id=agent.id,
                agent_user_name=agent.user_name,
                agent_extension=extension,
                requested_at=ended_at - timedelta(seconds=30),
                ended_at=ended_at,
            )
    order = []
    for _ in range(3):
        known = await campaign.rung()
        assert (await campaign.call()).json["success"] == "1"
        order += [extension for extension in await campaign.rung() if extension not in known]
    assert order == ["101", "103", "102"]


async def test_who_never_had_a_call_is_idle_since_being_hired(campaign: Campaign) -> None:
    await campaign.hire("102")
    await campaign.hire("101")
    await campaign.call()
    assert await campaign.rung() == ["102"]


async def test_somebody_in_no_call_comes_before_somebody_with_room_for_a_second(campaign: Campaign) -> None:
    first = await campaign.office.rows.agents.create(user_name="many", extension="100", sip_password="s", max_calls=2)
    await campaign.office.register(first)
    await campaign.office.rows.callouts.assign(first.id, campaign.id)
    await campaign.hire("101")
    for expected in (["100"], ["100", "101"], ["100", "100", "101"]):
        assert (await campaign.call()).json["success"] == "1"
        assert await campaign.rung() == expected
    assert (await campaign.call()).code == (200, BUSY)


async def test_campaign_calls_at_once_take_each_agent_once(campaign: Campaign) -> None:
    extensions = [str(number) for number in range(101, 107)]
    for extension in extensions:
        await campaign.hire(extension)
    answers = await asyncio.gather(*(campaign.call() for _ in range(20)))
    codes = sorted(answer.json["error_code"] for answer in answers)
    assert codes == [BUSY] * 14 + ["SUCCESS"] * 6
    assert await campaign.rung() == extensions


async def test_campaign_and_plain_calls_at_once_do_not_share_an_agent(campaign: Campaign) -> None:
    extensions = [str(number) for number in range(101, 105)]
    for extension in extensions:
        await campaign.hire(extension)
    office = campaign.office
    answers = await asyncio.gather(
        *(campaign.call() for _ in range(8)), *(office.call(extension=one) for one in extensions * 2)
    )
    assert sum(answer.json["success"] == "1" for answer in answers) == 4
    assert {answer.status for answer in answers} == {200}
    assert await campaign.rung() == extensions


async def test_a_phone_at_a_node_that_is_away_is_nobodys(house: House, campaign: Campaign) -> None:
    away = await house.core.store.system.nodes.upsert("node-2")
    agent = await campaign.hire("101", is_registered=False)
    here, house.node = house.node, away
    await campaign.office.register(agent)
    house.node = here
    assert (await campaign.call()).code == (200, BUSY)
    await campaign.hire("102")
    assert (await campaign.call()).json["success"] == "1"
    assert await campaign.rung() == ["102"]


async def test_a_field_that_is_not_needed_must_be_one_all_the_same(office: Office) -> None:
    body = {"phoneNumber": CUSTOMER, "phone": {}, "ipPhone": EXTENSION}
    answer = await office.post(CLICK_TO_CALL, body)
    assert answer.code == (400, "INVALID_INPUT")
    assert "'phone'" in answer.json["error_message"]
