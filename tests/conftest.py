"""Fixtures for all tests, and which of them run in one process when there are several."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["tests.support.database"]

# Tests with phones that listen: audio is real time, and two of these at once disturb each other on a small machine.
LISTENING = ("tests/system/", "tests/lab/", "tests/media/", "tests/engine/")


class Scheduling(LoadFileScheduling):  # type: ignore[misc] # xdist has no type information
    """Keeps a file's tests together, with the programs they share, and all that listen."""

    def _split_scope(self, nodeid: str) -> str:
        return "listening" if nodeid.startswith(LISTENING) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """What xdist asks for when ``--numprocesses`` is given."""
    return Scheduling(config, log)
