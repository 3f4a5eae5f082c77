"""Fixtures: a lab of phones and carriers, and the programs that judge it and us from outside."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cordboard.lab.lab import Lab
from cordboard.lab.start import started_lab
from cordboard.nodes.asterisk_install import AsteriskInstallation
from tests.support.asterisk import installation
from tests.support.programs import Program, fetch_program
from tests.support.sipp import Sipp


@pytest.fixture(scope="session")
def asterisk_installation() -> AsteriskInstallation:
    """The Asterisk that we would run."""
    return installation()


@pytest.fixture(scope="session")
def sipp_program() -> Program:
    """SIPp."""
    return fetch_program(("sip-tester",), "usr/bin/sipp")


@pytest.fixture(scope="session")
def baresip_program() -> Program:
    """baresip without its graphical parts."""
    return fetch_program(("baresip-core",), "usr/bin/baresip")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_lab(
    asterisk_installation: AsteriskInstallation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Lab]:
    """One lab for all tests of a run that ask for it."""
    async with started_lab(asterisk_installation, tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest_asyncio.fixture(loop_scope="session")
async def lab(shared_lab: Lab) -> AsyncIterator[Lab]:
    """The lab as if new: no calls, no phones, carriers that follow the number plan."""
    yield shared_lab
    await shared_lab.reset()


@pytest_asyncio.fixture(loop_scope="session")
async def sipp(sipp_program: Program, tmp_path: Path) -> AsyncIterator[Sipp]:
    """SIPp, whose runs end with the test."""
    made = Sipp(program=sipp_program, folder=tmp_path / "sipp")
    yield made
    await made.stop()
