"""An agent's phone that is baresip."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.baresip import ALAW, Baresip, BaresipAccount, running_baresip
from tests.support.exchange import Account, Exchange, until
from tests.support.programs import Program


@asynccontextmanager
async def softphone(
    exchange: Exchange, program: Program, folder: Path, account: Account, *, tone_hz: int, codec: str = ALAW
) -> AsyncIterator[Baresip]:
    """A phone that is registered, answers by itself and plays ``tone_hz``."""
    registered = BaresipAccount(
        username=account.sip_username, password=account.sip_password, registrar=exchange.copy.sip,
        is_answering=True, codecs=(codec,),
    )  # fmt: skip

    async def is_registered() -> bool:
        return await exchange.count_phones(account) == 1

    async with running_baresip(program, folder, registered, tone_hz=tone_hz) as phone:
        await until(is_registered)
        yield phone
