"""The two engines that the contract is tried on. The real one is started once for all tests that leave it as it is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from cordboard.engine.asterisk.engine import AsteriskEngine
from cordboard.engine.fake import FakeEngine
from cordboard.lab.start import started_lab
from cordboard.nodes.asterisk_install import AsteriskInstallation
from tests.engine.ground import FakeGround, Ground, RealGround, connected
from tests.support.asterisk import RealClock, installation, running_node
from tests.support.cable import cable
from tests.support.phones import baresip_program
from tests.support.programs import fetch_program
from tests.support.sipp import Sipp

__all__ = ["baresip_program"]


@pytest.fixture(scope="session")
def asterisk() -> AsteriskInstallation:
    """The Asterisk that the tests run."""
    return installation()


async def provisioned(ground: Ground) -> None:
    """Tell the engine all that it shall know."""
    assert isinstance(ground, FakeGround | RealGround)
    await ground.engine.provision(ground.book.configuration)


@asynccontextmanager
async def prepared(ground: FakeGround | RealGround) -> AsyncIterator[None]:
    """The ground's engine connected and provisioned, its events read."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ground.engine.run()), group.create_task(ground.witness.run())]
        await connected(ground)
        await provisioned(ground)
        yield
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def real_ground(asterisk: AsteriskInstallation, folder: Path) -> AsyncIterator[RealGround]:
    """A node and a lab of one's own."""
    async with contextlib.AsyncExitStack() as stack:
        node = await stack.enter_async_context(running_node(asterisk, folder / "node"))
        lab = await stack.enter_async_context(started_lab(asterisk, folder / "lab"))
        wire = await stack.enter_async_context(cable(node.layout.ari_host, node.layout.ari_port))
        settings = node.settings.changed(ari_url=f"http://{wire.address}/ari")
        sipp = Sipp(program=fetch_program(("sip-tester",), "usr/bin/sipp"), folder=folder / "sipp")
        stack.push_async_callback(sipp.stop)
        ground = RealGround(AsteriskEngine(settings, RealClock()), node, lab, wire, sipp)
        await stack.enter_async_context(prepared(ground))
        yield ground


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def real(asterisk: AsteriskInstallation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealGround]:
    """The shared real ground. Tests add phones of their own and restart nothing."""
    async with real_ground(asterisk, tmp_path_factory.mktemp("real")) as ground:
        yield ground


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fake() -> AsyncIterator[FakeGround]:
    """The shared simulated ground."""
    ground = FakeGround(FakeEngine(RealClock()))
    async with prepared(ground):
        yield ground


@pytest.fixture(params=["fake", "real"])
def ground(request: pytest.FixtureRequest) -> Ground:
    """Each of both."""
    found: Ground = request.getfixturevalue(request.param)
    return found
