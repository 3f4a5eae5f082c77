"""A tenant with many agents, made through the command line as a user would."""

import asyncio
from dataclasses import dataclass

from cordboard.lab.private_copy import PrivateCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchTenant:
    """What a bench needs: a key, and each agent's extension with the SIP account of its phone."""

    key: str
    extensions: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...]


async def make_tenant(copy: PrivateCopy, agents: int, carrier_port: int) -> BenchTenant:
    """A tenant without limits, a trunk to 127.0.0.1:``carrier_port``, a DID and ``agents`` agents."""
    await copy.run("tenant", "create", "bench", "--limit-tenant", "0", "--limit-route", "0")
    key = await copy.run("key", "create", "--tenant", "bench", "--all-scopes")
    await copy.run("trunk", "add", "carrier", "--tenant", "bench", "--host", "127.0.0.1", "--port", str(carrier_port))
    await copy.run("did", "add", "+842873000001", "--tenant", "bench")
    gate = asyncio.Semaphore(2)

    async def make(number: int) -> dict[str, str]:
        async with gate:
            names = ("--user-name", f"agent{number}", "--extension", str(1000 + number))
            made: dict[str, str] = await copy.run("agent", "create", "--tenant", "bench", *names)
            return made

    made = await asyncio.gather(*(make(number) for number in range(agents)))
    return BenchTenant(
        key=key["key"],
        extensions=tuple(agent["extension"] for agent in made),
        accounts=tuple((agent["sip_username"], agent["sip_password"]) for agent in made),
    )
