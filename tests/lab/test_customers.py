"""Trunks register at the lab's carriers as at any carrier's."""

import pytest

from cordboard.lab.lab import Lab
from cordboard.lab.number_plan import number
from tests.support.sipp import Sipp

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_customer_registers_and_takes_it_back(lab: Lab, sipp: Sipp) -> None:
    await lab.add_customer("trunk-1", "secret")
    for expires_seconds in (300, 0):
        run = await sipp.register(
            "trunk-1", "secret", lab.carrier.name, contact_port=40000, expires_seconds=expires_seconds
        )
        assert run.codes("REGISTER") == (401, 200)


async def test_a_wrong_password_and_a_stranger_are_refused(lab: Lab, sipp: Sipp) -> None:
    await lab.add_customer("trunk-1", "secret")
    for username in ("trunk-1", "trunk-2"):
        run = await sipp.try_register(username, "wrong", lab.carrier.name, contact_port=40000)
        assert 200 not in run.codes("REGISTER")


async def test_calls_are_taken_whoever_calls(lab: Lab, sipp: Sipp) -> None:
    await lab.add_customer("trunk-1", "secret")
    run = await sipp.call(number("1044"), lab.carrier.name, from_user="+842873000001")
    assert run.codes() == (200,)
