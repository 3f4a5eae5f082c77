"""The root of the command line: finds the command, prints its result, turns errors into one line and an exit code.

Exit codes: 0 done, 1 an error, 2 wrong usage, 130 interrupted.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Annotated, cast

import typer
from typer.core import TyperCommand, TyperGroup

from cordboard.cli.output import JSON, show, wants_json
from cordboard.cli.refusals import REFUSALS
from cordboard.cli.words import repeat_options
from cordboard.domain.errors import CallRefused, CordboardError, Unavailable
from cordboard.settings import InvalidSettings

# Each is a module of this package. Only the one that is called is imported: `--help` needs no database driver.
COMMANDS = {
    "up": "Start everything on this machine, in the foreground.",
    "doctor": "Say what is missing or wrong on this machine.",
    "tenant": "Tenants: customer companies, which own everything else.",
    "key": "API keys of a tenant.",
    "agent": "Agents: people who take calls, and their phones' SIP accounts.",
    "trunk": "Trunks: SIP links to carriers.",
    "did": "DIDs: public numbers that point in, and that calls show.",
    "group": "Groups: agents whose phones ring together.",
    "queue": "Inbound queues, where callers wait for an agent.",
    "callout": "Callouts: outbound queues, with whose number agents call out.",
    "contact": "Contacts: people outside whom a tenant knows by name.",
    "webhook": "Webhooks: who is told of calls.",
    "deliveries": "What was sent to whom, what came of it, and sending it again.",
    "call": "Make a call: an agent's phone rings first, then the customer's.",
    "calls": "Live calls and the records of ended ones.",
}

_COMPLETION = {"--install-completion", "--show-completion"}

Parser = TyperCommand | TyperGroup


class Root(TyperGroup):
    """``cordboard`` itself."""

    def __init__(self) -> None:
        listed = {name: TyperCommand(name, help=summary) for name, summary in COMMANDS.items()}
        super().__init__(name="cordboard", commands=dict(listed), help="A self-hosted, multi-tenant voice platform.")
        _offer_json(self)

    def resolve_command(  # type: ignore[override] # typer makes no context but its own
        self, ctx: typer.Context, args: list[str]
    ) -> tuple[str | None, Parser | None, list[str]]:
        """The real command in the place of the listed one."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name else None, rest

    def invoke(self, ctx: typer.Context) -> None:  # type: ignore[override] # as above
        """Run the command and print what it returns."""
        show(super().invoke(ctx), as_json=wants_json(ctx))


def load_command(name: str) -> Parser:
    """The command (or group of commands) of that name, each offering ``--json``."""
    command = cast("Parser", typer.main.get_command(import_module(f"cordboard.cli.{name}").app))
    # Typer offers these to every application, and takes each of ours for one. Its completion knows no lazy commands.
    command.params = [each for each in command.params if not _COMPLETION.intersection(each.opts)]
    for each in (command, *getattr(command, "commands", {}).values()):
        _offer_json(each)
    return command


def _take_json(ctx: typer.Context, value: bool) -> bool:
    if value:
        ctx.meta[JSON] = True
    return value


def _offer_json(command: Parser) -> None:
    """Let a command take ``--json``, unless it does so by itself."""

    def model(
        json: Annotated[
            bool, typer.Option("--json", callback=_take_json, expose_value=False, help="Print one JSON value.")
        ] = False,
    ) -> None:
        """Typer makes options from parameters only: this is what it makes ours from."""

    if not any("--json" in parameter.opts for parameter in command.params):
        maker = typer.Typer(add_completion=False)
        maker.command()(model)
        command.params += [each for each in typer.main.get_command(maker).params if "--json" in each.opts]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    words = repeat_options(sys.argv[1:] if arguments is None else arguments)
    with _errors_as_exit_codes():
        sys.exit(Root().main(args=words or ["--help"], prog_name="cordboard", standalone_mode=False) or 0)


@contextlib.contextmanager
def _errors_as_exit_codes() -> Iterator[None]:
    try:
        yield
    except typer.Abort:
        _fail("aborted", 130)
    except typer.TyperException as error:
        _fail(_usage(error), error.exit_code)
    except (CordboardError, InvalidSettings) as error:
        _fail(_words(error), 1)
    except BrokenPipeError:
        # Whoever read us (`| head`) has enough. What is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - a person at a terminal gets a sentence, never a traceback
        if os.environ.get("CORDBOARD_LOG_LEVEL") == "debug":
            traceback.print_exc()
        _fail(f"unexpected: {type(error).__name__}: {error} (CORDBOARD_LOG_LEVEL=debug shows where)", 1)


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" (see '{context.command_path} --help')" if context else ""
    return error.format_message().rstrip(".") + hint


def _words(error: Exception) -> str:
    if isinstance(error, Unavailable):
        return f"{str(error) or 'the database is away'}. Is Cordboard running here? 'cordboard up' starts it"
    if isinstance(error, CallRefused):
        return REFUSALS[error.refusal]
    return str(error)


def _fail(text: str, code: int) -> None:
    """One line on standard error, whatever the text holds, and leave."""
    sys.stderr.write(f"cordboard: {' '.join(text.split())}\n")
    sys.exit(code)
