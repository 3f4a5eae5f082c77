"""An agent's phone that is SIPp: it knows of each message that came."""

from dataclasses import dataclass

from tests.support.exchange import Account, Office, until
from tests.support.sipp import PCMA, Sipp, SippRun

COMPLETED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


@dataclass(frozen=True, slots=True, kw_only=True)
class SippPhone:
    """A phone that dials with ``account``. It sends back what it hears; ``order`` tells its call what to do."""

    account: Account
    registrar: str
    sipp: Sipp

    async def dial(
        self, number: str, *, codec: tuple[str, str] = PCMA, has_events: bool = True, session: str = ""
    ) -> SippRun:
        """Call ``number``, until told or released; the rest as ``Sipp.dial`` has it."""
        return await self.sipp.dial(
            number, self.registrar, self.account.login, codec=codec, has_events=has_events, session=session
        )

    async def codes(self, number: str, *, codec: tuple[str, str] = PCMA) -> tuple[int, ...]:
        """Call ``number``, which does not answer: the codes that came once the password was right."""
        run = await (await self.dial(number, codec=codec)).finished()
        first, *codes = run.codes()
        assert first == 401
        return tuple(codes)

    async def refusals(self, number: str) -> set[int]:
        """Call ``number``, and whatever refuses the call, the account included: all codes that came."""
        return set((await (await self.dial(number)).finished()).codes())


async def waiting_phone(office: Office, sipp: Sipp) -> tuple[Account, SippRun]:
    """A new agent whose phone rings until it is cancelled."""
    account = await office.open_account()
    run = await sipp.listen("ring_out")
    await sipp.register(*account.login, office.exchange.copy.sip, contact_port=run.port)
    await until(lambda: office.is_callable(account))
    return account, run
