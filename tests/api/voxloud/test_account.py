"""Whose key it is, where it stands, and what is said of one that opens nothing."""

from datetime import datetime

from tests.api.house import MAKE_CALL
from tests.api.voxloud.client import Client


async def test_a_key_says_whose_it_is(client: Client) -> None:
    await client.office.change(admin_email="boss@acme.example")
    answer = await client.post("/validate-auth")
    assert (answer.status, answer.json) == (200, {"name": "acme", "email": "boss@acme.example"})


async def test_any_key_will_do_and_nobody_need_be_known(client: Client) -> None:
    key = await client.office.new_key("queue")
    answer = await client.ask("POST", "/validate-auth/", headers={"Voverc-Auth": f" {key} "})
    assert (answer.status, answer.json) == (200, {"name": "acme", "email": ""})


async def test_a_key_elsewhere_is_none(client: Client) -> None:
    for headers in (
        {"Voverc-Auth": ""},
        {"Voverc-Auth": "wrong"},
        {"Voverc-Auth": "", "Authorization": client.office.key},
    ):
        answer = await client.ask("POST", "/validate-auth", headers=headers)
        assert answer.status == 401
        assert datetime.fromisoformat(answer.json.pop("timestamp")).utcoffset() is not None
        assert answer.json | {"timestamp": ""} == {
            "timestamp": "",
            "status": 401,
            "error": "Unauthorized",
            "message": "The API key is missing or wrong",
            "path": "/api/v1/validate-auth",
        }


async def test_the_frameworks_own_errors_are_of_this_dialect(client: Client) -> None:
    wrong_method = await client.get("/validate-auth")
    assert (wrong_method.status, wrong_method.headers["allow"]) == (405, "POST, OPTIONS")
    assert wrong_method.json["error"] == "Method Not Allowed"
    not_json = await client.ask("POST", "/validate-auth", headers={"Accept": "text/xml"})
    assert (not_json.status, not_json.json["error"]) == (406, "Not Acceptable")


async def test_unknown_paths_are_answered_in_the_dialect_that_was_meant(client: Client) -> None:
    for path, key in (("/nothing", client.office.key), ("/validate-auth/nothing", "")):
        answer = await client.ask("GET", path, headers={"Voverc-Auth": key})
        assert (answer.status, answer.json["path"]) == (404, f"/api/v1{path}")
    bare = await client.office.house.ask("GET", "/api/v1/nothing")
    assert bare.code == (404, "NOT_FOUND")


async def test_the_other_dialect_does_not_know_this_header(client: Client) -> None:
    answer = await client.office.house.ask("POST", MAKE_CALL, headers={"Voverc-Auth": client.office.key})
    assert answer.code == (401, "UNAUTHORIZED")
