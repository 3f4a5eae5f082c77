"""A terminal to type commands at, in front of a database of the test's own."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cordboard.cli import main


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs commands inside this process: the whole command line but the interpreter's own start."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)

    def run(self, *words: str) -> Printed:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.variables.items():
                patch.setenv(name, value)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
                main(words)
        return Printed(code=int(left.value.code or 0), out=out.getvalue(), err=err.getvalue())

    def json(self, *words: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """What a command that succeeds prints with ``--json``: one JSON value, alone."""
        printed = self.run(*words, "--json")
        assert (printed.code, printed.err) == (0, "")
        assert printed.out.count("\n") == 1
        return json.loads(printed.out)

    def failure(self, *words: str, code: int = 1) -> str:
        """The one line that a command that fails prints, whether JSON is asked for or not."""
        printed = self.run(*words)
        assert printed == self.run(*words, "--json")
        assert (printed.code, printed.out) == (code, "")
        assert printed.err.startswith("cordboard: ")
        assert printed.err.count("\n") == 1
        return printed.err.removeprefix("cordboard: ").rstrip("\n")


class Shell(Terminal):
    """Runs commands as processes, as people do."""

    def run(self, *words: str) -> Printed:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
        done = subprocess.run(
            [sys.executable, "-m", "cordboard", *words],
            env=inherited | {"PYTHONPATH": os.pathsep.join(sys.path)} | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return Printed(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def variables(database_url: str, tmp_path: Path) -> dict[str, str]:
    """A copy of Cordboard whose database alone is running."""
    return {
        "CORDBOARD_HOME": str(tmp_path),
        "CORDBOARD_DATABASE_URL": database_url,
        "CORDBOARD_ALLOW_NETWORKS": "127.0.0.0/8",
    }


@pytest.fixture
def terminal(variables: dict[str, str]) -> Terminal:
    return Terminal(variables)


@pytest.fixture
def shell(variables: dict[str, str]) -> Shell:
    return Shell(variables)


@pytest.fixture
def acme(terminal: Terminal) -> dict[str, Any]:
    """A tenant with an agent, and the agent as it was printed."""
    terminal.json("tenant", "create", "acme")
    agent: dict[str, Any] = terminal.json(
        "agent", "create", "--tenant", "acme", "--user-name", "alice", "--extension", "6688"
    )
    return agent
