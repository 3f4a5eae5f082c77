"""All calls of a tenant, as they begin, change and end. The test plays the ``switch``."""

import json
import re
from collections.abc import Callable
from typing import Any

from cordboard.actions.make_call import CallRequest, make_call
from cordboard.cli.output import Row
from cordboard.cli.timeline import Moment
from cordboard.cli.watch import Watch
from cordboard.domain.call_state import Call
from cordboard.domain.tenant import Tenant
from tests.cli.conftest import Switch, Watched
from tests.support.core import Shop, open_shop

FOLLOW = ("calls", "list", "--follow")


async def ask(shop: Shop, switch: Switch) -> Call:
    """A call that waits to be placed."""
    await make_call(shop.core, shop.tenant, CallRequest(extension="6688", number="0912345678"))
    return await switch.queued()


class Heard:
    """What a watch tells, taken look by look."""

    def __init__(self, shop: Shop) -> None:
        self._watch = Watch(shop.core, shop.tenant, self._hear)
        self._heard: list[tuple[str, Row]] = []

    def _hear(self, _tenant: Tenant, moment: Moment, row: Row) -> None:
        self._heard.append((moment.event, row))

    async def look(self) -> list[str]:
        """The events of one look, each with its call's phase."""
        self._heard.clear()
        await self._watch.look()
        return [f"{event} {row['phase']}" for event, row in self._heard]


async def test_each_moment_is_told_once(shop: Shop, switch: Switch) -> None:
    heard = Heard(shop)
    assert await heard.look() == []
    call = await ask(shop, switch)
    assert await heard.look() == ["began queued", "accepted queued"]
    assert await heard.look() == []
    call = await switch.connect(call)
    assert await heard.look() == [
        "agent_dialled connected", "agent_ringing connected", "agent_answered connected", "customer_dialled connected",
        "customer_ringing connected", "customer_answered connected", "connected connected",
        "recording_running connected",
    ]  # fmt: skip
    await switch.end(call)
    assert await heard.look() == ["ended ended"]
    assert await heard.look() == []


async def test_a_call_that_came_and_went_between_two_looks_is_told_of(shop: Shop, switch: Switch) -> None:
    before = await switch.end(await switch.connect(await ask(shop, switch)))
    heard = Heard(shop)
    assert await heard.look() == []
    after = await switch.end(await switch.connect(await ask(shop, switch)))
    assert after.id != before.id
    assert await heard.look() == ["began ended", "connected ended", "ended ended"]
    assert await heard.look() == []


async def test_a_call_that_lives_already_is_told_from_its_beginning(shop: Shop, switch: Switch) -> None:
    call = await switch.connect(await ask(shop, switch))
    heard = Heard(shop)
    assert (await heard.look())[:3] == ["began connected", "accepted connected", "agent_dialled connected"]
    await switch.end(call)
    assert await heard.look() == ["ended ended"]


async def test_other_tenants_calls_are_not_told_of(shop: Shop, switch: Switch) -> None:
    other = await open_shop(shop.core, name="other")
    heard = Heard(other)
    await switch.end(await switch.connect(await ask(shop, switch)))
    assert await heard.look() == []


async def test_people_read_a_line_for_each_moment_until_they_have_enough(
    shop: Shop, switch: Switch, watch: Callable[..., Any]
) -> None:
    watched: Watched = await watch(*FOLLOW)
    call = await ask(shop, switch)
    line = r"\d\d:\d\d:\d\d\.\d{3}  shop  " + re.escape(call.reference) + "  "
    await watched.until(lambda text: "accepted" in text)
    assert re.fullmatch(line + r"outbound call of 6688 to \+84912345678", watched.lines[0])
    await switch.end(await switch.connect(call))
    await watched.until(lambda text: "ended, " in text)
    assert re.fullmatch(line + r"ended, answered after \d+\.\d s: the customer hung up", watched.lines[-1])
    watched.interrupt()
    assert await watched.end() == ""


async def test_programs_read_a_json_object_for_each_moment(
    shop: Shop, switch: Switch, watch: Callable[..., Any]
) -> None:
    await open_shop(shop.core, name="other")
    watched: Watched = await watch(*FOLLOW, "--tenant", "shop", "--json")
    call = await ask(shop, switch)
    await watched.until(lambda text: "accepted" in text)
    await switch.end(await switch.connect(call))
    await watched.until(lambda text: "ended, " in text)
    watched.interrupt()
    assert await watched.end() == ""
    objects = [json.loads(line) for line in watched.lines]
    assert all(list(each) == ["tenant", "at", "event", "text", "call"] for each in objects)
    assert {each["call"]["reference"] for each in objects} == {call.reference}
    assert (objects[0]["event"], objects[0]["call"]["phase"]) == ("began", "queued")
    assert (objects[-1]["event"], objects[-1]["call"]["outcome"]) == ("ended", "answered")
