"""The samples of Voxloud's documents, as files: one for each request, answer or payload."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> Any:  # noqa: ANN401 -- JSON of any shape
    """What a golden file holds. Its e-mail addresses are ours: the documents' are masked."""
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def same_json(actual: object, name: str) -> None:
    """Assert that JSON is the golden file's: types, and the order of keys, included."""
    assert json.dumps(actual, ensure_ascii=False) == json.dumps(golden(name), ensure_ascii=False)
