"""``cordboard doctor``: what is missing or wrong on this machine."""

import typer

from cordboard.cli.output import Done, show, wants_json
from cordboard.processes.supervisor.checkup import Check, State, check_all
from cordboard.settings import Settings

app = typer.Typer(help="Say what is missing or wrong on this machine.")

MARKS = {State.OK: "ok", State.NOTE: "--", State.FAILED: "!!"}


@app.command("doctor")
def command(ctx: typer.Context) -> None:
    """Say what is missing or wrong on this machine, one line each. Exit code 1 when something is wrong."""
    checks = doctor(Settings.load(with_runtime=False))
    is_well = not any(check.state is State.FAILED for check in checks)
    values = {"ok": is_well, "checks": [as_row(check) for check in checks]}
    show(Done(sentence="\n".join(line(check) for check in checks), values=values), as_json=wants_json(ctx))
    raise typer.Exit(0 if is_well else 1)


def doctor(settings: Settings) -> tuple[Check, ...]:
    """Look at everything; changes nothing."""
    return check_all(settings)


def as_row(check: Check) -> dict[str, str]:
    """A check for ``--json``. The remedy is there when there is something to remedy."""
    remedy = "" if check.state is State.OK else check.remedy
    return {"name": check.name, "state": check.state.value, "text": check.text, "remedy": remedy}


def line(check: Check) -> str:
    """A check for people."""
    remedy = f". {check.remedy}" if check.state is not State.OK and check.remedy else ""
    return f"{MARKS[check.state]}  {check.name:<9} {check.text}{remedy}"
