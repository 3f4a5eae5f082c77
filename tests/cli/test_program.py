"""The command line as a whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cordboard.cli.program import COMMANDS, load_command
from cordboard.cli.refusals import REFUSALS
from cordboard.cli.timeline import END_REASONS
from cordboard.cli.words import repeat_options
from cordboard.domain.call_state import EndReason
from cordboard.domain.errors import Refusal
from tests.cli.conftest import Shell, Terminal

HEAVY = ("asyncpg", "starlette", "aiohttp", "phonenumbers", "cryptography", "structlog")


def test_every_reason_has_its_words() -> None:
    assert set(REFUSALS) == set(Refusal)
    assert set(END_REASONS) == set(EndReason)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("key create --scope call report --tenant t", "key create --scope call --scope report --tenant t"),
        ("key create --scope call --scope report", "key create --scope call --scope report"),
        (
            "tenant create --allow-destination +84 +39 acme",
            "tenant create --allow-destination +84 --allow-destination +39 acme",
        ),
        ("tenant create acme --cors-origin * https://a", "tenant create acme --cors-origin * --cors-origin https://a"),
        ("tenant create --cors-origin * acme --email x", "tenant create --cors-origin * acme --email x"),
        ("tenant set acme --language en", "tenant set acme --language en"),
        ("group create --agent 101 102 sales", "group create --agent 101 --agent 102 sales"),
    ],
)
def test_values_may_follow_one_option(typed: str, read: str) -> None:
    assert repeat_options(typed.split()) == read.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_takes_json(tmp_path: Path, name: str) -> None:
    terminal = Terminal({"CORDBOARD_HOME": str(tmp_path), "COLUMNS": "200"})
    command = load_command(name)
    for words in [(name,), *((name, inner) for inner in getattr(command, "commands", {}))]:
        printed = terminal.run(*words, "--help")
        assert (printed.code, printed.err) == (0, ""), words
        assert "--json" in printed.out, words
        assert "completion" not in printed.out, words


def test_nothing_typed_shows_the_commands(tmp_path: Path) -> None:
    printed = Terminal({"CORDBOARD_HOME": str(tmp_path)}).run()
    assert printed.code == 0
    assert all(f" {name} " in printed.out for name in COMMANDS)


def test_help_loads_no_more_than_it_needs() -> None:
    code = (
        "import sys, contextlib\nfrom cordboard.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        f"sys.exit(','.join(name for name in {HEAVY} if name in sys.modules) or 0)"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_has_enough_is_no_error(shell: Shell) -> None:
    shell.json("tenant", "create", "acme")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "cordboard", "tenant", "list"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | shell.variables,
            stdout=nobody,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")
