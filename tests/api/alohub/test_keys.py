"""Who may do what: keys, scopes, tenants named in a header (docs/dialects/alohub.md, Keys and tokens)."""

from pathlib import Path

import pytest

from cordboard.api.common.tenant_directory import FRESH_SECONDS
from cordboard.domain.key import new_key
from cordboard.domain.tenant import SCOPES
from cordboard.store import Store
from tests.api.house import (
    CLICK_TO_CALL,
    MAKE_CALL,
    MEDIA,
    QUEUES,
    SEARCH,
    SEARCH_V1,
    UPDATE_QUEUE,
    Answer,
    House,
    Office,
    running_house,
)

KEYED = {
    ("POST", MAKE_CALL): "call",
    ("POST", CLICK_TO_CALL): "call",
    ("POST", f"/api{CLICK_TO_CALL}"): "call",
    ("POST", SEARCH): "report",
    ("POST", SEARCH_V1): "report",
    ("POST", UPDATE_QUEUE): "queue",
    ("POST", UPDATE_QUEUE.removeprefix("/api")): "queue",
    ("GET", QUEUES): "queue",
    ("GET", f"/api{QUEUES}"): "queue",
    ("PUT", f"{QUEUES}/1"): "queue",
    ("PUT", f"/api{QUEUES}/1"): "queue",
    ("POST", "/v1/reports/call-logs"): "report",
    ("POST", "/api/v1/reports/call-logs"): "report",
    ("GET", "/v1/reports/call-logs/nothing"): "report",
    ("GET", "/api/v1/reports/call-logs/nothing"): "report",
    ("GET", "/v1/agents"): "agent",
    ("GET", "/api/v1/agents"): "agent",
    ("GET", MEDIA): "recording",
    ("GET", f"/api{MEDIA}"): "recording",
}


async def ask(house: House, **headers: str) -> Answer:
    """A search with these headers, ``_`` for ``-``."""
    return await house.ask("POST", SEARCH, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_every_way_to_carry_a_key(house: House, office: Office) -> None:
    key = office.key
    for headers in (
        {"Authorization": key},
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer   {key} "},
        {"X_Api_Key": key},
        {"X_Api_Key": key, "Authorization": ""},
        {"X_Api_Key": key, "Authorization": key},
        {"X_Api_Key": key, "Authorization": f"Bearer {key}"},
    ):
        assert (await ask(house, **headers)).status == 200, headers


async def test_no_key_no_answer(house: House, office: Office, stranger: Office) -> None:
    for headers in (
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "unknown"},
        {"Authorization": f"Basic {office.key}"},
        {"Authorization": office.key[:-1]},
        {"X_Api_Key": office.key, "Authorization": stranger.key},
        {"X_Api_Key": office.key, "Authorization": "unknown"},
        {"Voverc_Auth": office.key},
        {"Authorization": "kh\u00f3a"},
    ):
        answer = await ask(house, **headers)
        assert answer.code == (401, "UNAUTHORIZED"), headers
        assert answer.json["success"] == "0"
    for query in ("api_key", "key", "Authorization", "X-Api-Key"):
        assert (await house.ask("POST", f"{SEARCH}?{query}={office.key}")).status == 401


async def test_two_headers_of_one_name_must_agree(house: House, office: Office, stranger: Office) -> None:
    for second, status in ((office.key, 200), (stranger.key, 401)):
        headers = [("Authorization", office.key), ("Authorization", second)]
        assert (await house.ask("POST", SEARCH, headers=headers)).status == status


async def test_every_keyed_path_wants_a_key_and_its_scope(house: House, office: Office) -> None:
    for (method, path), scope in KEYED.items():
        assert (await house.ask(method, path)).code == (401, "UNAUTHORIZED"), path
        lacking = await office.new_key(*(set(SCOPES) - {scope}))
        refused = await house.ask(method, path, headers={"Authorization": lacking})
        assert refused.code == (403, "INSUFFICIENT_SCOPE"), path
        having = await office.new_key(scope)
        assert (await house.ask(method, path, headers={"Authorization": having})).status in {200, 400}, path


async def test_a_key_is_checked_before_the_body(house: House, office: Office) -> None:
    answer = await house.ask("POST", MAKE_CALL, data=b"{", headers={"Authorization": "unknown"})
    assert answer.status == 401
    key = await office.new_key("report")
    answer = await house.ask("POST", MAKE_CALL, data=b"{", headers={"Authorization": key})
    assert answer.status == 403


async def test_imported_and_new_keys(house: House, office: Office) -> None:
    for value in (new_key(), "eyJhbGciOiJIUzI1NiJ9.e30.abc-_~+/=", "12345678"):
        await office.new_key("report", value=value)
        assert (await ask(house, Authorization=value)).status == 200
        assert (await ask(house, Authorization=f"Bearer {value}")).status == 200


async def test_a_revoked_key_works_for_a_second_at_the_most(house: House, office: Office) -> None:
    assert (await ask(house, Authorization=office.key)).status == 200
    (key,) = await office.rows.keys.list()
    await office.rows.keys.revoke(key.id)
    house.clock.move(1)
    assert (await ask(house, Authorization=office.key)).code == (401, "UNAUTHORIZED")


async def test_a_disabled_tenants_keys_work_for_a_second_at_the_most(
    house: House, office: Office, stranger: Office
) -> None:
    assert (await ask(house, Authorization=office.key)).status == 200
    await office.rows.tenants.change(is_enabled=False)
    house.clock.move(1)
    assert (await ask(house, Authorization=office.key)).code == (401, "UNAUTHORIZED")
    assert (await ask(house, Authorization=stranger.key)).status == 200
    await office.rows.tenants.change(is_enabled=True)
    assert (await ask(house, Authorization=office.key)).status == 200


async def test_a_tenant_id_must_be_the_keys_own(house: House, office: Office, stranger: Office) -> None:
    own, foreign = str(office.tenant.pbx_id), str(stranger.tenant.pbx_id)
    assert (await ask(house, Authorization=office.key, X_Tenant_ID=own)).status == 200
    assert (await ask(house, Authorization=office.key, X_Tenant_ID=f" {own} ")).status == 200
    assert (await ask(house, Authorization=office.key, X_Tenant_ID="")).status == 200
    for named in (foreign, "nobody", "0", f"{own}, {foreign}", office.tenant.name):
        answer = await ask(house, Authorization=office.key, X_Tenant_ID=named, X_Forwarded_For="10.0.0.1")
        assert answer.code == (403, "INSUFFICIENT_SCOPE"), named
    assert (await ask(house, X_Tenant_ID=own)).code == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("gateway", ["127.0.0.1", "127.0.0.0/8"])
async def test_a_trusted_gateway_names_the_tenant(store: Store, tmp_path: Path, gateway: str) -> None:
    async with running_house(store, tmp_path, trusted_gateways=(gateway,)) as house:
        office, stranger = await house.open_office("acme"), await house.open_office("globex")
        theirs = await stranger.record()
        key = await office.new_key("report")
        answer = await ask(house, Authorization=key, X_Tenant_ID=str(stranger.tenant.pbx_id))
        assert [row["call_id"] for row in answer.json["data"]] == [theirs.reference]
        assert (await ask(house, Authorization=key)).json["data"] == []
        assert (await ask(house, Authorization=key, X_Tenant_ID="424242")).code == (403, "INSUFFICIENT_SCOPE")
        assert (await ask(house, Authorization="unknown", X_Tenant_ID=str(stranger.tenant.pbx_id))).status == 401
        refused = await house.ask(
            "POST", MAKE_CALL, headers={"Authorization": key, "X-Tenant-ID": str(stranger.tenant.pbx_id)}
        )
        assert refused.code == (403, "INSUFFICIENT_SCOPE")
        await stranger.rows.tenants.change(is_enabled=False)
        house.clock.move(FRESH_SECONDS)
        answer = await ask(house, Authorization=key, X_Tenant_ID=str(stranger.tenant.pbx_id))
        assert answer.code == (403, "INSUFFICIENT_SCOPE")


async def test_another_peer_is_no_gateway(store: Store, tmp_path: Path) -> None:
    async with running_house(store, tmp_path, trusted_gateways=("10.0.0.0/8", "::1")) as house:
        office, stranger = await house.open_office("acme"), await house.open_office("globex")
        answer = await ask(
            house, Authorization=office.key, X_Tenant_ID=str(stranger.tenant.pbx_id), X_Forwarded_For="10.0.0.1"
        )
        assert answer.code == (403, "INSUFFICIENT_SCOPE")
