"""Users: the tenant's agents, and the numbers that they call out with."""

from typing import Any
from uuid import UUID

from tests.api.house import Office
from tests.api.voxloud.client import Client
from tests.api.voxloud.documents import golden, same_json

USERS = "/api/v2/users"


async def hire(office: Office, sample: dict[str, Any]) -> None:
    did = sample["outbound_cli"]["outbound_did"]["number"]
    await office.rows.agents.create(
        user_name=sample["first_name"], first_name=sample["first_name"], last_name=sample["last_name"],
        extension=str(sample["extension_number"]), sip_password="secret", did_number=did,
    )  # fmt: skip


async def test_the_documented_users(strangers_client: Client) -> None:
    office = strangers_client.office
    samples = golden("users")
    for did in samples[0]["outbound_cli"]["available_dids"]:
        await office.rows.dids.add(number=did["number"], label=did["label"])
    for sample in samples:
        await hire(office, sample)
    answer = await strangers_client.get(USERS)
    assert answer.status == 200
    users: Any = answer.json
    ids = [user["id"] for user in users]
    assert [str(UUID(each)) for each in ids] == ids
    assert len(set(ids)) == 2
    same_json([user | {"id": sample["id"]} for user, sample in zip(users, samples, strict=True)], "users")
    assert (await strangers_client.get(USERS + "/")).json == users


async def test_no_number_chosen_is_null_and_a_callouts_comes_first(client: Client) -> None:
    office = client.office

    async def chosen() -> object:
        users: Any = (await client.get(USERS)).json
        (user,) = users
        return user["outbound_cli"]["outbound_did"]

    assert await chosen() is None
    await office.rows.dids.add(number="+842873000009", label="Campaign")
    callout = await office.rows.callouts.create(name="campaign", did_number="+842873000009")
    assert await chosen() is None
    assert office.agent is not None
    await office.rows.callouts.assign(office.agent.id, callout.id)
    assert await chosen() == {"number": "+842873000009", "label": "Campaign"}


async def test_a_company_without_users_has_none(strangers_client: Client) -> None:
    answer = await strangers_client.get(USERS)
    assert (answer.status, answer.body) == (200, b"[]")
