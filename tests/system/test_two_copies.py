"""Two copies of Cordboard, each with its own home and ports, on one machine."""

import asyncio
from pathlib import Path

import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.number_plan import number
from tests.support.exchange import Exchange, Office, Row, running_exchange

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def whole_call(office: Office) -> Row:
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    return await office.recorded(await office.make_call(agent, number("3002")))


async def test_two_copies_run_side_by_side(exchange: Exchange, office: Office, public_folder: Path) -> None:
    folder = public_folder / "second"
    folder.mkdir()
    folder.chmod(0o755)
    async with running_exchange(folder) as second:
        rows = await asyncio.gather(whole_call(office), whole_call(await second.open_office()))
        assert {row["call_status"] for row in rows} == {"answered"}
        assert await exchange.copy.is_healthy()
    assert await exchange.copy.is_healthy()
    assert (await whole_call(office))["call_status"] == "answered"
