"""``run/runtime.toml``: what ``cordboard up`` started and where, for the command line and for the next start."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

NOTE = "# Written by `cordboard up` at each start. Settings are made in cordboard.toml.\n"


def read_runtime(path: Path) -> dict[str, str]:
    """What the last start wrote; nothing when there was none, or when it cannot be read."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}
    return {key: value for key, value in values.items() if isinstance(value, str)}


def write_runtime(path: Path, values: Mapping[str, str | list[str]]) -> None:
    """Write it, for its owner only, in one piece."""
    # A string, or a list of strings, in JSON is one in TOML.
    text = NOTE + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.rename(path)


def port_of(address: str) -> int:
    """The port of ``host:port`` or ``http://host:port/path``; 0 when there is none."""
    _, _, port = address.removesuffix("/ari").rpartition(":")
    return int(port) if port.isdecimal() else 0
