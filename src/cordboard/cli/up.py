"""``cordboard up``: start everything on this machine, in the foreground."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cordboard.cli.output import wants_json
from cordboard.domain.errors import CordboardError
from cordboard.nodes.failure import StartFailed
from cordboard.processes.supervisor.preparation import prepare
from cordboard.processes.supervisor.station import supervise
from cordboard.processes.supervisor.terminal import Terminal
from cordboard.settings import Settings

app = typer.Typer(help="Start everything on this machine, in the foreground.")


@app.command("up")
def command(
    ctx: typer.Context,
    *,
    demo: Annotated[
        bool | None, typer.Option("--demo/--no-demo", help="Seed the demo tenant and start the lab's phones.")
    ] = None,
) -> None:
    """Start everything on this machine, in the foreground. Ctrl-C stops it."""
    settings = Settings.load(with_runtime=False)
    up(settings, demo=settings.demo if demo is None else demo, as_json=wants_json(ctx))


def up(settings: Settings, *, demo: bool, as_json: bool = False) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP. Prints what it does, then where everything is; JSON goes alone to stdout.

    Raises:
        StartFailed: a step failed; the reason says what to do about it.
    """
    terminal = Terminal(sys.stderr if as_json else sys.stdout)

    def ready(running: Settings, demo: Mapping[str, Any] | None) -> None:
        terminal.settle()
        values = summary(running, demo)
        sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n" if as_json else words(values))
        sys.stdout.flush()

    try:
        prepared = prepare(settings.changed(demo=demo), terminal.say)
        supervise(prepared, terminal.say, terminal.warn, ready)
        terminal.settle()
        if not as_json:
            sys.stdout.write("Stopped.\n")
    except StartFailed:
        raise
    except CordboardError as failed:
        # A database that is away is no reason to say "start it with 'cordboard up'" here.
        raise StartFailed(str(failed) or "the database is away") from failed
    except OSError as error:
        # A full disk, a file of another user: the system's words say it, the file's name says where.
        raise StartFailed(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    finally:
        terminal.settle()
    return 0


def summary(settings: Settings, demo: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where everything is, and what there is to try."""
    values: dict[str, Any] = {
        "api": settings.public_url,
        "health": f"{settings.public_url}/healthz",
        "sip": settings.sip,
        "home": str(settings.home),
        "logs": str(settings.home / "log"),
    }
    return values | ({"demo": demo} if demo else {})


def words(values: Mapping[str, Any]) -> str:
    """The summary for people."""
    lines = [
        "",
        "Cordboard is up.",
        "",
        f"  API     {values['api']}   (health: {values['health']})",
        f"  SIP     {values['sip']}   UDP, for phones and carriers",
        f"  Home    {values['home']}",
        f"  Logs    {values['logs']}",
        "",
    ]
    if demo := values.get("demo"):
        accounts = [
            f"    {agent['extension']:<6}{agent['user_name']:<8}{agent['sip_username']:<16}{agent['sip_password']}"
            for agent in demo["agents"]
        ]
        inside, numbers = (
            [f"    {number:<14}{text}" for number, text in demo[key].items()] for key in ("inside", "numbers")
        )
        lines += [
            *(f"Demo tenant '{demo['tenant']}'", "", f"  Key     {demo['key']}", f"  DID     {demo['did']}", ""),
            *("  Agents' SIP accounts; the lab's phones use them, yours may too:", *accounts, ""),
            *("  To dial on such a phone, as well as the numbers below:", *inside, ""),
            *("  Numbers that the lab's carrier answers:", *numbers, ""),
            *("A first call, from another terminal:", "", f"  {demo['first_call']}", ""),
        ]
    return "\n".join([*lines, "Ctrl-C stops everything.", ""])
