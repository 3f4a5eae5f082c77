"""Calls that come in, to test with."""

from datetime import UTC, datetime
from itertools import count

from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.domain.agent import Agent
from cordboard.domain.arrival import Arrival
from tests.support.core import Shop, register

CARRIER = "127.0.0.1"
CUSTOMER = "+84912345678"

_numbers = count(1)


async def hire(shop: Shop, user_name: str, extension: str, *, phones: int = 1, max_calls: int = 1) -> Agent:
    """One more agent, with so many phones registered."""
    new = NewAgent(user_name=user_name, extension=extension, first_name=user_name.title(), max_calls=max_calls)
    agent = (await create_agent(shop.core, shop.tenant, new)).agent
    await register(shop.core, shop.node, agent, phones=phones)
    return agent


def from_phone(agent: Agent, *dialled: str) -> Arrival:
    """The agent dials a number."""
    return Arrival(
        leg_id=f"node-{next(_numbers)}.1", at=datetime.now(UTC), dialled=dialled, sip_username=agent.sip_username
    )


def from_carrier(*dialled: str, caller: str = CUSTOMER, name: str = "", host: str = CARRIER) -> Arrival:
    """Somebody outside dials a number; ``host`` is the address that the carrier has."""
    return Arrival(
        leg_id=f"node-{next(_numbers)}.1",
        at=datetime.now(UTC),
        dialled=dialled,
        carrier_host=host,
        remote_address=host,
        caller_number=caller,
        caller_name=name,
    )
