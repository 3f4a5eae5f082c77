"""The house's limits. Needs no service; runs in the lint step."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "cordboard"
SOURCES = sorted(PACKAGE.rglob("*.py"))
OTHERS = sorted(path for folder in ("tests", "bench", "tools") for path in (ROOT / folder).rglob("*.py"))

LONGEST_FILE = 400
LONGEST_TEST_FILE = 600
LONGEST_FUNCTION = 60
MOST_METHODS = 15

# Words of one dialect's wire. Each may exist in that dialect's package only.
WIRE_WORDS = (
    "callEndtime", "nguongRanhRoi", "call_status", "error_code", "recording_url", "phoneNumber", "ipPhone",
    "transactionId",
)  # fmt: skip
# Makes a first call for people to copy, so it writes a request as an integrator would.
WIRE_SPEAKERS = {PACKAGE / "lab" / "demo.py", PACKAGE / "processes" / "http_protocol.py"}
EMPTY_NAMES = {"manager", "helper", "helpers", "util", "utils", "handler", "handlers", "common", "misc"}
EMPTY_CLASS_NAMES = re.compile(r"(Manager|Helper|Util|Utils|Handler)$")
DOMAIN_PACKAGES = {"phonenumbers", "cordboard"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", [*SOURCES, *OTHERS], ids=name)
def test_is_within_the_limits(path: Path) -> None:
    text = path.read_text("utf-8")
    longest = LONGEST_TEST_FILE if path.is_relative_to(ROOT / "tests") else LONGEST_FILE
    assert len(text.splitlines()) <= longest
    module = ast.parse(text)
    for function in functions(module):
        assert (function.end_lineno or 0) - function.lineno < LONGEST_FUNCTION, function.name
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert len([each for each in methods if not each.startswith("_")]) <= MOST_METHODS, node.name


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").rglob("*.py")), ids=name)
def test_domain_is_pure(path: Path) -> None:
    module = tree(path)
    for each in imported(module):
        top = each.partition(".")[0]
        assert top in sys.stdlib_module_names or top in DOMAIN_PACKAGES, each
        assert top != "cordboard" or each.startswith("cordboard.domain"), each
    assert not {"asyncio", "socket", "threading", "subprocess"} & set(imported(module))
    waiting = ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith
    # A Protocol of the domain may promise what others do asynchronously; the domain itself never waits.
    assert not [node for node in ast.walk(module) if isinstance(node, waiting)]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_names_say_something(path: Path) -> None:
    assert path.stem not in EMPTY_NAMES
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            assert not EMPTY_CLASS_NAMES.search(node.name)


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if "api" not in path.relative_to(PACKAGE).parts[:1]], ids=name
)
def test_core_has_no_wire_word(path: Path) -> None:
    if path in WIRE_SPEAKERS:
        return
    text = path.read_text("utf-8")
    assert not [word for word in WIRE_WORDS if re.search(rf"\b{word}\b", text)]


def test_only_the_store_speaks_sql() -> None:
    sql = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
    speakers = {path for path in SOURCES if sql.search(path.read_text("utf-8"))}
    assert {path for path in speakers if not path.is_relative_to(PACKAGE / "store")} == set()


def test_only_some_name_the_engine() -> None:
    """Whoever imports a module named for Asterisk knows which engine it is: app, the supervisor, the lab, itself."""
    knowing = ("app.py", "processes/supervisor", "lab", "nodes", "engine/asterisk")
    for path in SOURCES:
        if not any(path.is_relative_to(PACKAGE / part) for part in knowing):
            assert not [each for each in imported(tree(path)) if "asterisk" in each.lower()], name(path)
