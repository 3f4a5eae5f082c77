"""A terminal to type commands at, in front of a database of the test's own; and a ``switch`` that a test plays."""

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cordboard.actions.apply_call_events import take_in, write_step
from cordboard.cli import main
from cordboard.domain import ids
from cordboard.domain.call_state import Call
from cordboard.domain.cause import Cause
from cordboard.domain.leg_events import (
    CallInput,
    CallStarted,
    LegAnswered,
    LegEnded,
    LegHungUp,
    LegRinging,
)
from cordboard.store import Store
from tests.support.core import Shop, make_core, open_shop

PATIENCE_SECONDS = 60


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


@pytest.fixture
async def shop(store: Store, tmp_path: Path) -> Shop:
    return await open_shop(make_core(store, tmp_path, allow_networks=("127.0.0.0/8",)))


class Switch:
    """What ``switch`` does with a call, as far as the database can tell."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    async def queued(self) -> Call:
        """The call that waits, as soon as there is one."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for call in await self._shop.core.store.system.calls.queued(self._shop.node.id):
                    return call
                await asyncio.sleep(0.01)

    async def tell(self, call: Call, *happenings: CallInput) -> Call:
        """The call after what happened to it."""
        step = take_in(call, happenings)
        await write_step(self._shop.core, step, call)
        return step.call

    async def connect(self, call: Call) -> Call:
        """Both parties answer."""
        agent, customer, now = ids.leg_id(call.id, 1), ids.leg_id(call.id, 2), self._shop.core.clock.now
        call = await self.tell(call, CallStarted(at=now()))
        call = await self.tell(call, LegRinging(at=now(), leg_id=agent), LegAnswered(at=now(), leg_id=agent))
        return await self.tell(call, LegRinging(at=now(), leg_id=customer), LegAnswered(at=now(), leg_id=customer))

    async def end(self, call: Call) -> Call:
        """The customer hangs up."""
        agent, customer, now = ids.leg_id(call.id, 1), ids.leg_id(call.id, 2), self._shop.core.clock.now
        return await self.tell(
            call,
            LegHungUp(at=now(), leg_id=customer),
            LegEnded(at=now(), leg_id=customer, cause=Cause(q850=16)),
            LegEnded(at=now(), leg_id=agent, cause=Cause(q850=16)),
        )


@pytest.fixture
def switch(shop: Shop) -> Switch:
    return Switch(shop)


# As if started from a terminal: where the tests run in the background, Ctrl-C is ignored, and that is inherited.
ON_TERMINAL = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("cordboard", run_name="__main__", alter_sys=True)
"""


class Watched:
    """``cordboard call --follow`` in a process, read line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[str] = []

    async def until(self, holds: Callable[[str], bool]) -> None:
        """Read on until a line that ``holds``."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := (await self._process.stdout.readline()).decode():
                self.lines.append(line.rstrip("\n"))
                if holds(line):
                    return
        raise AssertionError(self.lines)

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    async def end(self) -> str:
        """The rest, when it has ended well."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            rest, complaint = await self._process.communicate()
        assert (self._process.returncode, complaint.decode()) == (0, "")
        return rest.decode()


@pytest.fixture
async def watch(variables: dict[str, str]) -> AsyncIterator[Callable[..., Any]]:
    started: list[asyncio.subprocess.Process] = []

    async def start(*words: str) -> Watched:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ON_TERMINAL, *words,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return Watched(process)

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()
