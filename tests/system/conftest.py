"""One running exchange for all tests of this folder that do not need their own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from cordboard.lab.behaviour import Behaviour
from tests.support.exchange import Account, Agent, Exchange, Office, running_exchange
from tests.support.phones import baresip_program, sipp, sipp_program
from tests.support.programs import Program
from tests.support.sipp import Sipp
from tests.support.sipp_phone import SippPhone
from tests.support.vanishing import Talks, vanishing_talks
from tests.support.voices import ALICE_HZ, BOB_HZ, CAROL_HZ
from tests.support.website import Website

__all__ = ["baresip_program", "sipp", "sipp_program"]


@pytest.fixture(scope="session")
def public_folder() -> Iterator[Path]:
    """A folder that PostgreSQL and Asterisk reach after dropping root's rights; pytest's own are for its user alone."""
    with tempfile.TemporaryDirectory(prefix="cordboard-system-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def exchange(public_folder: Path) -> AsyncIterator[Exchange]:
    """The whole of Cordboard, running."""
    async with running_exchange(public_folder) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def office(exchange: Exchange) -> Office:
    """A tenant with a trunk to the lab's first carrier and a webhook to the receiver."""
    return await exchange.open_office()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def staff(office: Office) -> dict[str, Agent]:
    """Three agents whose phones are the lab's."""
    names = ("alice", "bob", "carol")
    return dict(zip(names, await asyncio.gather(*(office.hire() for _ in names)), strict=True))


async def _as_if_new(exchange: Exchange, agent: Agent, hz: int) -> Agent:
    """Nothing was noted of the phone's calls; it answers at once, plays its tone, and keeps what it hears."""
    exchange.lab.ledger.forget()
    await agent.phone.behave(Behaviour.answering(after_seconds=0, tone_hz=hz).recorded())
    return agent


@pytest_asyncio.fixture(loop_scope="session")
async def alice(exchange: Exchange, staff: dict[str, Agent]) -> Agent:
    """An agent."""
    return await _as_if_new(exchange, staff["alice"], ALICE_HZ)


@pytest_asyncio.fixture(loop_scope="session")
async def bob(exchange: Exchange, staff: dict[str, Agent]) -> Agent:
    """A colleague of hers."""
    return await _as_if_new(exchange, staff["bob"], BOB_HZ)


@pytest_asyncio.fixture(loop_scope="session")
async def carol(exchange: Exchange, staff: dict[str, Agent]) -> Agent:
    """Another one."""
    return await _as_if_new(exchange, staff["carol"], CAROL_HZ)


@pytest_asyncio.fixture(loop_scope="session")
async def website(office: Office, alice: Agent) -> AsyncIterator[Website]:
    """The tenant's website. Its number is not the tenant's first, with which agents call out."""
    made = Website(office=office, number=await office.add_did(f"agent:{alice.extension}"))
    yield made
    await made.clear()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk_account(office: Office) -> Account:
    """An agent without a phone of the lab, who may have two calls at a time."""
    return await office.open_account("--max-calls", "2")


@pytest.fixture
def desk(exchange: Exchange, desk_account: Account, sipp: Sipp) -> SippPhone:
    """The agent's phone, which is SIPp."""
    return SippPhone(account=desk_account, registrar=exchange.copy.sip, sipp=sipp)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def talks(
    exchange: Exchange, sipp_program: Program, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Talks]:
    """Calls in which a phone vanishes."""
    sipp = Sipp(program=sipp_program, folder=tmp_path_factory.mktemp("vanishing"))
    try:
        yield await vanishing_talks(exchange, sipp)
    finally:
        await sipp.stop()


@pytest.fixture(scope="session", autouse=True)
def _begin_early(request: pytest.FixtureRequest) -> None:
    """It takes a minute until a phone is missed: other tests run in the meantime."""
    if any("talks" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("talks")
