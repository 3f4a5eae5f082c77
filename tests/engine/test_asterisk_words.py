"""Every path and event that we name is one that Asterisk's own description (``rest-api/*.json``) has."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cordboard.engine import asterisk as package
from cordboard.engine.asterisk import events, resources
from cordboard.engine.asterisk.events import EventReader
from cordboard.nodes.asterisk_install import AsteriskInstallation

SOURCES = sorted(Path(package.__file__).parent.glob("*.py"))
METHODS = {"GET", "PUT", "POST", "DELETE"}
RESOURCES = ("applications/", "asterisk/", "bridges", "channels", "endpoints", "playbacks")


@pytest.fixture(scope="session")
def description(asterisk: AsteriskInstallation) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in (asterisk.data / "rest-api").glob("*.json")]


def _text(node: ast.expr) -> str | None:
    """A literal, or an f-string with ``*`` for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return None


def _asked() -> Iterator[tuple[str, str]]:
    """Method ("" where a variable holds the path) and path of every request in our sources."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and len(node.args) > 1 and _text(node.args[0]) in METHODS:
                if path := _text(node.args[1]):
                    yield _text(node.args[0]) or "", path
            elif isinstance(node, ast.JoinedStr) and (path := _text(node)) and path.startswith(RESOURCES):
                yield "", path


def test_every_request_is_one_that_asterisk_describes(description: list[dict[str, Any]]) -> None:
    known = {
        (operation["httpMethod"], re.sub(r"\{\w+\}", "*", api["path"]).strip("/"))
        for part in description
        for api in part.get("apis", ())
        for operation in api.get("operations", ())
    }
    paths = {path for _, path in known}
    asked = set(_asked())
    assert len(asked) > 10
    for method, path in asked:
        # The app's name and the kind of configuration are fixed in our sources and variables in Asterisk's.
        pattern = path.replace("res_pjsip", "*")
        assert (method, pattern) in known if method else pattern in paths, f"{method} {path}"


def test_every_event_and_field_is_one_that_asterisk_describes(description: list[dict[str, Any]]) -> None:
    models = {name: model for part in description for name, model in part.get("models", {}).items()}
    for kind in ("RESTResponse", *EventReader.TYPES):
        assert kind in models, kind
    common = set(models["Message"]["properties"]) | set(models["Event"]["properties"])
    channel_kinds = {"ChannelHangupRequest", "ChannelDestroyed", "ChannelHold", "ChannelUnhold"}
    for struct, kinds in (
        (events._Dial, {"Dial"}),
        (events._StasisStart, {"StasisStart"}),
        (events._ChannelEvent, channel_kinds),
        (events._ContactStatusChange, {"ContactStatusChange"}),
        (events._ContactInfo, {"ContactInfo"}),
        (events._ChannelTransfer, {"ChannelTransfer"}),
        (events._ReferTo, {"ReferTo"}),
        (events._ReferredBy, {"ReferredBy"}),
        (events._RequestedDestination, {"RequiredDestination"}),
        (resources.Channel, {"Channel"}),
        (resources.Position, {"DialplanCEP"}),
        (resources.Party, {"CallerID"}),
    ):
        described = common.union(*(models[kind]["properties"] for kind in kinds))
        assert set(struct.__struct_fields__) <= described
        assert issubclass(struct, msgspec.Struct)
