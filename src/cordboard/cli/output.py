"""How results look: one JSON value with ``--json``, else a table or a few lines for people."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import typer

# Where the context of a command keeps that ``--json`` was given.
JSON = "json"

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Many things of one kind. ``columns`` are what people see; JSON has every key."""

    rows: Sequence[Row]
    columns: tuple[str, ...]
    empty: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One thing. ``note`` is for people only."""

    values: Row
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something was done to ``values``; ``sentence`` says what."""

    sentence: str
    values: Row


def wants_json(ctx: typer.Context) -> bool:
    """Whether ``--json`` was given, at whatever level."""
    return bool(ctx.meta.get(JSON))


def show(result: Listing | Detail | Done | None, *, as_json: bool) -> None:
    """Print what a command returned. None: the command has printed everything itself."""
    if result is None:
        return
    if as_json:
        value = list(result.rows) if isinstance(result, Listing) else result.values
        sys.stdout.write(to_json(value) + "\n")
    elif isinstance(result, Done):
        sys.stdout.write(result.sentence + "\n")
    elif isinstance(result, Detail):
        _show_detail(result)
    elif not result.rows:
        sys.stdout.write(result.empty + "\n")
    else:
        _show_table(result)
    sys.stdout.flush()


def to_json(value: object) -> str:
    """One line of JSON."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    """What JSON has no type for."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"{type(value).__name__} cannot be printed")


def cell(value: object) -> str:
    """A value as people read it."""
    if value is None or value in ("", [], ()):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(part) for part in value)
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _show_detail(result: Detail) -> None:
    width = max(len(key) for key in result.values)
    for key, value in result.values.items():
        sys.stdout.write(f"{_title(key):{width}}  {cell(value)}\n")
    if result.note:
        sys.stdout.write(f"\n{result.note}\n")


def _show_table(result: Listing) -> None:
    from rich.console import Console  # noqa: PLC0415 - 30 ms, for tables alone
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in result.columns:
        table.add_column(_title(column), overflow="fold")
    for row in result.rows:
        table.add_row(*(cell(row[column]) for column in result.columns))
    # Into a file or pipe nothing is folded: 10,000 columns are as good as endless.
    Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 10_000).print(table)


def _title(key: str) -> str:
    return key.removeprefix("is_").removeprefix("does_").removeprefix("wants_").replace("_", " ")
