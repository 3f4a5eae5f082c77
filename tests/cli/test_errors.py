"""One line on standard error; exit 1 for errors, 2 for wrong usage; standard output stays empty."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cordboard.domain.webhook import EventKind
from tests.cli.conftest import Terminal

OF_ACME = ("--tenant", "acme")
AGENT = ("agent", "create", *OF_ACME, "--user-name")
TRUNK = ("trunk", "add", "carrier", *OF_ACME, "--host")
GROUP = ("group", "create", "sales", *OF_ACME)
QUEUE = ("queue", "create", *OF_ACME)
CALLOUT = ("callout", "create", "campaign", *OF_ACME)
CONTACT = ("contact", "add", *OF_ACME)
WEBHOOK = ("webhook", "add", *OF_ACME, "--authorization", "k")
EVENTS = f"event: 'x' is none of {', '.join(EventKind)}"
DIALECTS = "dialect: 'x' is none of alohub, cordboard, voxloud"
RESULTS = "result: 'x' is none of pending, delivered, given_up, gone, kept"
SECRETS = "secret: is not 'whsec_' and 24 to 64 bytes in base64"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("tenant", "create", "acme"), "tenant 'acme' exists already"),
        (
            ("tenant", "create", "b", "--country", "Vietnam"),
            "country: 'Vietnam' is not a country of ISO 3166, such as VN",
        ),
        (
            ("tenant", "create", "b", "--timezone", "Hanoi"),
            "timezone: 'Hanoi' is not a time zone, such as Asia/Ho_Chi_Minh",
        ),
        (("tenant", "create", "b", "--language", "fr"), "language: 'fr' is none of vi, en"),
        (("tenant", "create", "b", "--pbx-id", "0"), "pbx_id: 0 is not between 1 and 9007199254740991"),
        (("tenant", "create", "b", "--allow-destination", "84"), "allow_destination: '84' is not a prefix such as +84"),
        (("tenant", "set", "acme"), "changes: nothing to change was given"),
        (("tenant", "set", "globex", "--language", "en"), "no tenant 'globex'"),
        (("key", "create", "--tenant", "globex", "--all-scopes"), "no tenant 'globex'"),
        (
            ("key", "create", *OF_ACME, "--scope", "sing"),
            "scope: 'sing' is none of call, report, recording, queue, agent, contact, webhook, manage",
        ),
        (("key", "create", *OF_ACME, "--all-scopes", "--value", "short"), "value: a key has 8 to 512 characters"),
        (("key", "revoke", "999"), "no key '999'"),
        (("key", "list", "--tenant", "globex"), "no tenant 'globex'"),
        ((*AGENT, "alice", "--extension", "6689"), "agent 'alice' exists already"),
        ((*AGENT, "bob", "--extension", "6688"), "extension '6688' exists already"),
        ((*AGENT, "bob", "--extension", "0123"), "extension: '0123' is not 2 to 8 digits without a leading 0"),
        (("agent", "remove", "bob", *OF_ACME), "no agent 'bob'"),
        ((*TRUNK, "carrier example"), "host: 'carrier example' is neither a host name nor an IP address"),
        ((*TRUNK, "carrier", "--port", "70000"), "port: 70000 is not between 1 and 65535"),
        (
            (*TRUNK, "carrier", "--codecs", "mp3"),
            "codecs: 'mp3' is none of alaw, ulaw, g722, gsm, opus",
        ),
        ((*TRUNK, "carrier", "--number-format", "x"), "number_format: 'x' is none of e164plus, e164, national"),
        ((*TRUNK, "carrier", "--register"), "username: a trunk that registers needs one"),
        (("trunk", "remove", "carrier", *OF_ACME), "no trunk 'carrier'"),
        (("did", "add", "113", *OF_ACME), "number: '113' is not a full telephone number in VN"),
        (("did", "add", "02873000001", *OF_ACME, "--to", "agent:9999"), "no extension '9999'"),
        (
            ("did", "add", "02873000001", *OF_ACME, "--to", "ivr:main"),
            "to: 'ivr:main' does not say where; known kinds: agent, group, queue",
        ),
        (
            ("did", "add", "02873000001", *OF_ACME, "--to", "6688"),
            "to: '6688' does not say where; known kinds: agent, group, queue",
        ),
        (("did", "add", "02873000001", *OF_ACME, "--to", "group:sales"), "no group 'sales'"),
        (("did", "add", "02873000001", *OF_ACME, "--to", "queue:7"), "no queue '7'"),
        (("did", "add", "02873000001", *OF_ACME, "--to", "queue:support"), "no queue 'support'"),
        ((*QUEUE, " "), "name: must not be empty"),
        ((*QUEUE, "support", "--number", "12"), "number: '12' is not a full telephone number in VN"),
        ((*QUEUE, "support", "--agent", "6688", "6689"), "no extension '6689'"),
        (("queue", "remove", "support", *OF_ACME), "no queue 'support'"),
        (("queue", "list", "--tenant", "globex"), "no tenant 'globex'"),
        ((*CALLOUT, "--did", "02873000001"), "no DID '+842873000001'"),
        ((*CALLOUT, "--did", "12"), "number: '12' is not a full telephone number in VN"),
        (("callout", "remove", "campaign", *OF_ACME), "no callout 'campaign'"),
        ((*GROUP, "--extension", "700", "--agent", "6688", "6689"), "no extension '6689'"),
        ((*GROUP, "--extension", "6688"), "extension '6688' exists already"),
        ((*GROUP, "--extension", "0700"), "extension: '0700' is not 2 to 8 digits without a leading 0"),
        (("group", "remove", "sales", *OF_ACME), "no group 'sales'"),
        ((*CONTACT, "--phone", "0912345678"), "first_name: give a first or a last name"),
        ((*CONTACT, "--last-name", "Le", "--phone", "x"), "primary_phone: 'x' is not a telephone number in VN"),
        (("contact", "remove", str(UUID(int=7))), f"no contact '{UUID(int=7)}'"),
        (("did", "remove", "+842873000009"), "no DID '+842873000009'"),
        ((*WEBHOOK, "--dialect", "x", "--url", "https://x.invalid/"), DIALECTS),
        (
            (*WEBHOOK, "--dialect", "cordboard", "--url", "https://x.invalid/"),
            "events: of 'cordboard' are recording.failed, recording.ready",
        ),
        ((*WEBHOOK, "--dialect", "cordboard", "--event", "x", "--url", "https://x.invalid/"), EVENTS),
        ((*WEBHOOK, "--dialect", "alohub", "--secret", "x", "--url", "https://x.invalid/"), SECRETS),
        (("webhook", "rotate-secret", "999"), "no webhook '999'"),
        (("webhook", "disable", "999"), "no webhook '999'"),
        (("deliveries", "show", "x"), "id: 'x' is not a delivery's id"),
        (("deliveries", "show", str(UUID(int=7))), f"no delivery '{UUID(int=7)}'"),
        (("deliveries", "resend", str(UUID(int=7))), f"no delivery '{UUID(int=7)}'"),
        (("deliveries", "list", "--result", "x"), RESULTS),
        (("deliveries", "list", "--since", "x"), "since: 'x' is not a time such as 2026-03-10T09:00:00+07:00"),
        (("deliveries", "replay", "--call", "x"), "id: 'x' is no reference, no 32 hex digits and no number"),
        ((*WEBHOOK, "--dialect", "alohub", "--url", "ftp://x.invalid/"), "url: neither http nor https"),
        (
            (*WEBHOOK, "--dialect", "alohub", "--url", "http://10.0.0.1/"),
            "url: 10.0.0.1 is not a public address; the setting allow_networks can permit it",
        ),
        (("webhook", "enable", "999"), "no webhook '999'"),
        (("webhook", "remove", "999", *OF_ACME), "no webhook '999'"),
        (("call", *OF_ACME, "--from", "9999", "--to", "0912345678"), "refused: no enabled agent has this extension"),
        (("call", *OF_ACME, "--from", "6688", "--to", "0912345678"), "refused: no phone of the agent is registered"),
        (
            ("call", *OF_ACME, "--from", "9999", "--to", "0912345678", "--follow"),
            "refused: no enabled agent has this extension",
        ),
        (("call", "--tenant", "globex", "--from", "6688", "--to", "0912345678"), "no tenant 'globex'"),
        (("calls", "show", "x"), "id: 'x' is no reference, no 32 hex digits and no number"),
        (("calls", "show", "0" * 32), f"no call '{'0' * 32}'"),
        (("calls", "show", "12"), "no call '12'"),
        (("calls", "hangup", "20260310165227-IMCRRNJW-3421"), "no call '20260310165227-IMCRRNJW-3421'"),
        (("calls", "transfer", "0" * 32, "--to", "101"), f"no call '{'0' * 32}'"),
        (("calls", "list", "--follow", "--tenant", "globex"), "no tenant 'globex'"),
        (("calls", "list", "--tenant", "globex"), "no tenant 'globex'"),
    ],
)  # fmt: skip
def test_an_error_is_one_line_and_exit_1(
    terminal: Terminal, acme: dict[str, Any], words: tuple[str, ...], line: str
) -> None:
    assert acme["extension"] == "6688"
    assert terminal.failure(*words) == line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("tenat",), "No such command 'tenat'. Did you mean 'tenant', 'agent'? (see 'cordboard --help')"),
        (("--nope",), "No such option: --nope (see 'cordboard --help')"),
        (("tenant",), "Missing command (see 'cordboard tenant --help')"),
        (("tenant", "create"), "Missing argument 'NAME' (see 'cordboard tenant create --help')"),
        (("tenant", "create", "acme", "--pbx-id", "x"), "Input should be a valid integer"),
        (("key", "create", "--tenant", "acme"), "give either --scope (once or more) or --all-scopes"),
        (("key", "create", "--tenant", "acme", "--all-scopes", "--scope", "call"), "give either --scope"),
        (("key", "revoke", "x"), "Input should be a valid integer"),
        (("agent", "create", "--tenant", "acme"), "Missing option '--user-name'"),
        (("contact", "add", "--tenant", "acme"), "Missing option '--phone'"),
        (("contact", "remove", "x"), "Input should be a valid UUID"),
        (("call", "--tenant", "acme", "--from", "6688"), "Missing option '--to'"),
        (("calls", "transfer", "0" * 32), "Missing option '--to'"),
        (("calls", "list", "--limit", "0", "--ended"), "greater than or equal to 1"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    terminal = Terminal({"CORDBOARD_HOME": str(tmp_path)})
    assert line in terminal.failure(*words, code=2)


def test_a_copy_that_is_not_running_is_said_to_be(tmp_path: Path) -> None:
    terminal = Terminal({"CORDBOARD_HOME": str(tmp_path)})
    assert terminal.failure("tenant", "list") == (
        f"no database is running for {tmp_path}. Is Cordboard running here? 'cordboard up' starts it"
    )


def test_a_database_that_does_not_answer_is_said_to_be(tmp_path: Path) -> None:
    url = f"postgresql://keeper@/test?host={tmp_path}&port=5432"
    terminal = Terminal({"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_DATABASE_URL": url})
    line = terminal.failure("tenant", "list")
    assert line.startswith("the database is away")
    assert line.endswith("'cordboard up' starts it")


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "cordboard.toml").write_text("max_calls = 'many'\n", encoding="utf-8")
    line = Terminal({"CORDBOARD_HOME": str(tmp_path)}).failure("tenant", "list")
    assert "cordboard.toml" in line
    assert "'max_calls'" in line


def test_what_nobody_expected_is_one_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("cordboard.cli.session.Settings.load", explode)
    line = Terminal({"CORDBOARD_HOME": str(tmp_path)}).failure("tenant", "list")
    assert line == "unexpected: RuntimeError: two lines (CORDBOARD_LOG_LEVEL=debug shows where)"
