"""Fixtures of the nodes' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes.folders import public_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as path:
        yield path
