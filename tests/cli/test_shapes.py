"""What each command prints with ``--json``: an interface that others script against."""

import asyncio
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cordboard.domain.key import looks_like_ours
from cordboard.domain.tenant import SCOPES
from cordboard.domain.webhook import Attempt, EventKind
from cordboard.store import Store
from tests.cli.conftest import Shell, Terminal

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw4JXWZtAuqfA="
HEX_32 = re.compile(r"[0-9a-f]{32}")


def test_a_tenant_is_set_up_by_processes(shell: Shell) -> None:
    tenant = shell.json(
        "tenant", "create", "acme", "--country", "VN", "--timezone", "Asia/Ho_Chi_Minh", "--language", "en",
        "--allow-destination", "+84", "+39", "--email", "admin@acme.example",
        "--pbx-id", "4711", "--cors-origin", "*", "--limit-tenant", "0", "--limit-route", "0",
    )  # fmt: skip
    assert list(tenant) == ["id", "name", "pbx_id", "account_id"]
    assert (tenant["name"], tenant["pbx_id"]) == ("acme", 4711)
    assert HEX_32.fullmatch(tenant["account_id"])
    key = shell.json("key", "create", "--tenant", "acme", "--all-scopes")
    assert list(key) == ["id", "key", "scopes"]
    assert looks_like_ours(key["key"])
    assert key["scopes"] == sorted(SCOPES)
    agent = shell.json("agent", "create", "--tenant", "acme", "--user-name", "alice", "--extension", "6688")
    assert list(agent) == ["id", "user_name", "extension", "sip_username", "sip_password"]
    assert (agent["user_name"], agent["extension"]) == ("alice", "6688")


def test_tenants(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.actions.change_tenant.KEPT_SECONDS", 0.0)
    assert terminal.json("tenant", "list") == []
    made = terminal.json("tenant", "create", "acme", "--max-calls", "5", "--recording-days", "30")
    changed = terminal.json("tenant", "set", "acme", "--name", "Acme Ltd", "--max-calls", "0", "--language", "en")
    assert changed == {
        "id": made["id"],
        "name": "Acme Ltd",
        "pbx_id": made["pbx_id"],
        "account_id": made["account_id"],
        "country": "VN",
        "timezone": "Asia/Ho_Chi_Minh",
        "language": "en",
        "email": "",
        "allowed_destinations": [],
        "cors_origins": [],
        "limit_tenant": 200,
        "limit_route": 100,
        "max_calls": 0,
        "recording_days": 30,
        "crm_logos": {},
        "is_enabled": True,
    }
    assert terminal.json("tenant", "list") == [changed]
    terminal.json("tenant", "set", "Acme Ltd", "--allow-destination", "+84", "--allow-destination", "+39")
    emptied = terminal.json("tenant", "set", "Acme Ltd", "--allow-destination", "")
    assert emptied["allowed_destinations"] == []
    logos = {"Hubspot": "https://crm.example/hubspot.png", "Other": "http://crm.example/?logo=1"}
    given = [part for name, url in logos.items() for part in ("--crm-logo", f"{name}={url}")]
    assert terminal.json("tenant", "set", "Acme Ltd", *given)["crm_logos"] == logos
    assert terminal.json("tenant", "set", "Acme Ltd", "--crm-logo", "")["crm_logos"] == {}
    for flag, is_enabled in (("--disable", False), ("--enable", True)):
        assert terminal.json("tenant", "set", "Acme Ltd", flag) == emptied | {"is_enabled": is_enabled}


def test_keys(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.actions.revoke_key.KEPT_SECONDS", 0.0)
    terminal.json("tenant", "create", "acme")
    made = terminal.json("key", "create", "--tenant", "acme", "--name", "CRM", "--value", "legacy-key-1",
                         "--scope", "report", "--scope", "call")  # fmt: skip
    assert made == {"id": made["id"], "key": "legacy-key-1", "scopes": ["call", "report"]}
    (listed,) = terminal.json("key", "list", "--tenant", "acme")
    assert list(listed) == ["tenant", "id", "name", "hint", "scopes", "created_at", "revoked_at"]
    assert (listed["name"], listed["hint"], listed["revoked_at"]) == ("CRM", "le…", None)
    assert terminal.json("key", "revoke", str(made["id"])) == {"id": made["id"], "is_revoked": True}
    (listed,) = terminal.json("key", "list")
    assert listed["revoked_at"] is not None


def test_agents(terminal: Terminal) -> None:
    terminal.json("tenant", "create", "acme")
    made = terminal.json("agent", "create", "--tenant", "acme", "--user-name", "alice", "--extension", "6688",
                         "--first-name", "Alice", "--last-name", "Nguyen", "--email", "alice@acme.example",
                         "--password", "correct horse", "--auto-answer", "--max-calls", "2")  # fmt: skip
    (listed,) = terminal.json("agent", "list", "--tenant", "acme")
    assert listed == {
        "tenant": "acme",
        "id": made["id"],
        "user_name": "alice",
        "extension": "6688",
        "name": "Alice Nguyen",
        "email": "alice@acme.example",
        "sip_username": made["sip_username"],
        "is_enabled": True,
        "is_auto_answered": True,
        "max_calls": 2,
    }
    assert terminal.json("agent", "remove", "alice", "--tenant", "acme") == {"user_name": "alice", "is_removed": True}
    assert terminal.json("agent", "list") == []


def test_trunks(terminal: Terminal) -> None:
    terminal.json("tenant", "create", "acme")
    made = terminal.json("trunk", "add", "carrier", "--tenant", "acme", "--host", "127.0.0.2", "--port", "5080",
                         "--username", "acme", "--password", "trunk secret", "--number-format", "national",
                         "--register", "--priority", "2", "--codecs", "opus,alaw",
                         "--external-address", "203.0.113.7")  # fmt: skip
    assert made == {
        "id": made["id"],
        "name": "carrier",
        "host": "127.0.0.2",
        "port": 5080,
        "username": "acme",
        "number_format": "national",
        "does_register": True,
        "priority": 2,
        "codecs": ["opus", "alaw"],
        "external_address": "203.0.113.7",
    }
    terminal.json("trunk", "add", "first", "--tenant", "acme", "--host", "carrier.example")
    listed = terminal.json("trunk", "list", "--tenant", "acme")
    assert [(trunk["name"], trunk["registration"]) for trunk in listed] == [("first", ""), ("carrier", "unknown")]
    assert listed[1] == {"tenant": "acme", **made, "registration": "unknown"}
    assert terminal.json("trunk", "remove", "first", "--tenant", "acme") == {"name": "first", "is_removed": True}


def test_dids(terminal: Terminal, acme: dict[str, str]) -> None:
    made = terminal.json("did", "add", "028 7300 0001", "--tenant", "acme", "--label", "Hotline",
                         "--to", f"agent:{acme['extension']}")  # fmt: skip
    assert made == {"id": made["id"], "number": "+842873000001", "label": "Hotline", "to": "agent:6688"}
    assert terminal.json("did", "list", "--tenant", "acme") == [{"tenant": "acme", **made}]
    assert terminal.json("did", "remove", "+842873000001") == {"number": "+842873000001", "is_removed": True}
    assert terminal.json("did", "list") == []


def test_groups(terminal: Terminal, acme: dict[str, str]) -> None:
    terminal.json("agent", "create", "--tenant", "acme", "--user-name", "bob", "--extension", "101")
    made = terminal.json("group", "create", "--tenant", "acme", "--extension", "700", "--agent", "101",
                         acme["extension"], "sales")  # fmt: skip
    assert made == {"id": made["id"], "name": "sales", "extension": "700", "agents": ["101", "6688"]}
    assert terminal.json("group", "list", "--tenant", "acme") == [{"tenant": "acme", **made}]
    did = terminal.json("did", "add", "02873000001", "--tenant", "acme", "--to", "group:sales")
    assert did["to"] == "group:sales"
    assert terminal.failure("group", "remove", "sales", "--tenant", "acme") == "name: a DID leads to group 'sales'"
    terminal.json("did", "remove", did["number"])
    assert terminal.json("group", "remove", "sales", "--tenant", "acme") == {"name": "sales", "is_removed": True}
    assert terminal.json("group", "list") == []


def test_queues(terminal: Terminal, acme: dict[str, str]) -> None:
    terminal.json("agent", "create", "--tenant", "acme", "--user-name", "bob", "--extension", "101")
    made = terminal.json("queue", "create", "support", "--tenant", "acme", "--number", "028 7300 0001",
                         "--agent", "101", acme["extension"], "--selection", "all")  # fmt: skip
    assert made == {"callinId": made["callinId"]}
    assert isinstance(made["callinId"], int)
    second = terminal.json("queue", "create", "vip", "--tenant", "acme")
    assert terminal.json("queue", "list", "--tenant", "acme") == [
        {
            "tenant": "acme",
            "callinId": made["callinId"],
            "name": "support",
            "number": "+842873000001",
            "strategy": "normal",
            "music": None,
            "max_wait_seconds": None,
            "selection": "all",
            "does_announce_position": None,
            "agents": ["6688", "101"],
        },
        {
            "tenant": "acme",
            "callinId": second["callinId"],
            "name": "vip",
            "number": None,
            "strategy": "normal",
            "music": None,
            "max_wait_seconds": None,
            "selection": None,
            "does_announce_position": None,
            "agents": [],
        },
    ]
    did = terminal.json("did", "add", "02873000002", "--tenant", "acme", "--to", f"queue:{second['callinId']}")
    assert did["to"] == f"queue:{second['callinId']}"
    assert terminal.failure("queue", "remove", "vip", "--tenant", "acme") == "name: a DID leads to queue 'vip'"
    assert terminal.failure("queue", "create", "vip", "--tenant", "acme") == "queue 'vip' exists already"
    terminal.json("did", "remove", did["number"])
    for name in ("vip", "support"):
        assert terminal.json("queue", "remove", name, "--tenant", "acme") == {"name": name, "is_removed": True}
    assert terminal.json("queue", "list") == []


def test_callouts(terminal: Terminal, acme: dict[str, str]) -> None:
    terminal.json("did", "add", "02873000001", "--tenant", "acme")
    made = terminal.json("callout", "create", "campaign", "--tenant", "acme", "--did", "028 7300 0001",
                         "--agent", acme["extension"])  # fmt: skip
    assert made == {"calloutId": made["calloutId"]}
    assert isinstance(made["calloutId"], int)
    assert terminal.json("callout", "list", "--tenant", "acme") == [
        {
            "tenant": "acme",
            "calloutId": made["calloutId"],
            "name": "campaign",
            "did": "+842873000001",
            "agents": ["6688"],
        }
    ]
    again = ("callout", "create", "campaign", "--tenant", "acme", "--did", "02873000001")
    assert terminal.failure(*again) == "callout 'campaign' exists already"
    refused = terminal.failure("did", "remove", "02873000001", "--tenant", "acme")
    assert refused == "number: a callout calls out with +842873000001"
    removed = terminal.json("callout", "remove", "campaign", "--tenant", "acme")
    assert removed == {"name": "campaign", "is_removed": True}
    assert terminal.json("callout", "list") == []
    terminal.json("did", "remove", "02873000001", "--tenant", "acme")


def test_contacts(terminal: Terminal) -> None:
    terminal.json("tenant", "create", "acme")
    made = terminal.json("contact", "add", "--tenant", "acme", "--first-name", "Mai", "--last-name", "Tran",
                         "--phone", "0912345678", "--phone", "+39 06 1234567")  # fmt: skip
    assert made == {
        "id": made["id"],
        "first_name": "Mai",
        "last_name": "Tran",
        "phones": ["+84912345678", "+39061234567"],
    }
    assert terminal.json("contact", "list", "--tenant", "acme") == [{"tenant": "acme", **made}]
    assert terminal.json("contact", "remove", made["id"]) == {"id": made["id"], "is_removed": True}
    assert terminal.json("contact", "list") == []


def test_webhooks(terminal: Terminal) -> None:
    terminal.json("tenant", "create", "acme")
    made = terminal.json("webhook", "add", "--tenant", "acme", "--dialect", "alohub", "--url",
                         "http://127.0.0.1:9/hook", "--authorization", "partner key", "--every-change")  # fmt: skip
    assert made == {
        "id": made["id"],
        "uuid": made["uuid"],
        "dialect": "alohub",
        "url": "http://127.0.0.1:9/hook",
        "events": ["call_changed", "call_recorded"],
        "notification_email": "",
        "is_enabled": True,
        "failed_count": 0,
        "last_error": None,
        "failing_since": None,
        "secret": made["secret"],
    }
    assert made.pop("secret").startswith("whsec_")
    assert terminal.json("webhook", "list", "--tenant", "acme") == [{"tenant": "acme", **made}]
    webhook_id = str(made["id"])
    assert terminal.json("webhook", "disable", webhook_id) == {"id": made["id"], "is_enabled": False}
    assert terminal.json("webhook", "enable", webhook_id) == {"id": made["id"], "is_enabled": True}
    changed = terminal.json("webhook", "set", webhook_id, "--email", "it@acme.example", "--event", "call_recorded")
    assert changed == made | {"notification_email": "it@acme.example", "events": ["call_recorded"]}
    rotated = terminal.json("webhook", "rotate-secret", webhook_id)
    assert list(rotated) == ["id", "secret", "others_until"]
    assert len(rotated["others_until"]) == 1
    own = terminal.json("webhook", "rotate-secret", webhook_id, "--secret", SECRET, "--at-once")
    assert own == {"id": made["id"], "secret": SECRET, "others_until": []}
    assert terminal.json("webhook", "remove", webhook_id) == {"id": made["id"], "is_removed": True}
    assert terminal.json("webhook", "list") == []


def test_our_own_events_are_for_whoever_asks(terminal: Terminal) -> None:
    terminal.json("tenant", "create", "acme")
    made = terminal.json("webhook", "add", "--tenant", "acme", "--dialect", "cordboard", "--url", "http://127.0.0.1:9/",
                         "--event", "recording.ready", "recording.failed", "--secret", SECRET)  # fmt: skip
    assert (made["dialect"], made["events"]) == ("cordboard", ["recording.failed", "recording.ready"])
    assert made["secret"] == SECRET


async def test_deliveries(terminal: Terminal, store: Store) -> None:
    run = asyncio.to_thread
    await run(terminal.json, "tenant", "create", "acme")
    made = await run(terminal.json, "webhook", "add", "--tenant", "acme", "--dialect", "alohub", "--url",
                     "http://127.0.0.1:9/", "--authorization", "k")  # fmt: skip
    tenant = await store.system.tenants.by_name("acme")
    assert tenant is not None
    rows, call_id, now = store.for_tenant(tenant.id), uuid4(), datetime.now(UTC)
    kept = await rows.deliveries.keep(made["id"], call_id, EventKind.CALL_RECORDED, b'{"n":1}', now)
    (listed,) = await run(terminal.json, "deliveries", "list", "--webhook", str(made["id"]), "--result", "kept")
    assert listed == {
        "tenant": "acme",
        "id": str(kept),
        "webhook_id": made["id"],
        "call_id": call_id.hex,
        "event": "call_recorded",
        "result": "kept",
        "attempts": 0,
        "created_at": listed["created_at"],
        "finished_at": listed["created_at"],
        "next_attempt_at": None,
    }
    assert await run(terminal.json, "deliveries", "list", "--call", call_id.hex, "--since", now.isoformat()) == [listed]
    assert await run(terminal.json, "deliveries", "list", "--until", now.isoformat()) == []
    assert await run(terminal.json, "deliveries", "replay", "--event", "recording.ready") == {"deliveries": 0}
    assert await run(terminal.json, "deliveries", "replay") == {"deliveries": 1}
    again = await run(terminal.json, "deliveries", "resend", str(kept))
    assert again == {"id": str(kept), "is_resent": True}
    (claimed,) = await store.system.deliveries.claim(1, datetime.now(UTC), 30, 1)
    attempt = Attempt(started_at=now, duration_milliseconds=7, status=503, response_body=b"not now")
    await store.system.deliveries.record(claimed, attempt, None, "given_up")
    shown = await run(terminal.json, "deliveries", "show", str(kept))
    assert shown.items() >= {"result": "given_up", "attempts": 1, "body": '{"n":1}', "url": made["url"]}.items()
    assert shown["log"] == [
        {
            "started_at": shown["log"][0]["started_at"],
            "duration_milliseconds": 7,
            "url": made["url"],
            "status": 503,
            "error": "",
            "response_headers": {},
            "response_body": "not now",
        }
    ]
    people = (await run(terminal.run, "deliveries", "show", str(kept))).out
    assert "7 ms  HTTP 503\n  not now" in people


@pytest.mark.parametrize("words", [("--json", "tenant", "list"), ("tenant", "--json", "list")])
def test_json_may_be_asked_for_at_each_level(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.run(*words).out == "[]\n"


def test_people_get_tables_and_lines(terminal: Terminal, acme: dict[str, str]) -> None:
    assert "VN" in terminal.run("tenant", "list").out
    table = terminal.run("agent", "list").out
    assert acme["sip_username"] in table
    assert table.splitlines()[0].split()[:2] == ["tenant", "user"]
    created = terminal.run("key", "create", "--tenant", "acme", "--scope", "call").out
    assert "sk_live_" in created
    assert "shown this once" in created
    assert terminal.run("agent", "remove", "alice", "--tenant", "acme").out == "Agent 'alice' is removed.\n"
    assert terminal.run("agent", "list").out == "No agents. Make one: agent create\n"


def test_secrets_are_shown_once(terminal: Terminal, acme: dict[str, str]) -> None:
    key = terminal.json("key", "create", "--tenant", "acme", "--all-scopes")["key"]
    terminal.json(
        "trunk", "add", "carrier", "--tenant", "acme", "--host", "h", "--username", "u", "--password", "p-1-p"
    )
    terminal.json("webhook", "add", "--tenant", "acme", "--dialect", "alohub", "--url", "http://127.0.0.1/",
                  "--authorization", "partner key", "--secret", SECRET)  # fmt: skip
    lists = "".join(terminal.run(noun, "list", "--json").out for noun in ("agent", "key", "trunk", "webhook"))
    for secret in (key, acme["sip_password"], "p-1-p", "partner key", SECRET):
        assert secret not in lists
