"""The whole of Cordboard as a user runs it, with phones and carriers around it and a partner's server behind it."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import asyncpg

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.lab import Lab
from cordboard.lab.parties import LabPhone
from cordboard.lab.private_copy import PrivateCopy
from cordboard.lab.start import started_lab
from cordboard.nodes.asterisk_install import get_asterisk
from cordboard.settings import Settings
from tests.support.receiver import Received, Receiver

T = TypeVar("T")
Row = dict[str, Any]

PATIENCE_SECONDS = 45.0
PARTNER_KEY = "partner-key-0123456789"
# Short, so that tests of ringing out need not wait long; longer than anything that is answered here rings, also on a
# machine that stands still for some seconds, and than the 6.4 s after which a trunk that answers nothing is given up.
RING_SECONDS = {"agent_ring_seconds": "8", "customer_ring_seconds": "9"}

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An agent, and what the agent's phones register with."""

    user_name: str
    extension: str
    sip_username: str
    sip_password: str

    @property
    def login(self) -> tuple[str, str]:
        """The SIP account's name and password."""
        return self.sip_username, self.sip_password


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent with a phone of the lab that is registered."""

    account: Account
    phone: LabPhone

    @property
    def user_name(self) -> str:
        """Its name in the API."""
        return self.account.user_name

    @property
    def extension(self) -> str:
        """Its number."""
        return self.account.extension


def account_of(made: Row) -> Account:
    """What ``agent create`` printed."""
    return Account(**{key: made[key] for key in ("user_name", "extension", "sip_username", "sip_password")})


@dataclass(slots=True, kw_only=True)
class Office:
    """A tenant at work: what its CRM would know."""

    exchange: "Exchange"
    id: int
    name: str
    key: str
    did_number: str
    agents: list[Agent] = field(default_factory=list)

    async def open_account(self, *options: str, extension: str = "") -> Account:
        """A new agent without a phone; ``options`` are those of ``agent create``."""
        number = next(_numbers)
        user_name, extension = f"agent{number}", extension or str(1000 + number)
        made = await self.exchange.copy.run(
            "agent", "create", "--tenant", self.name, "--user-name", user_name, "--extension", extension, *options
        )
        return account_of(made)

    async def hire(
        self, behaviour: Behaviour | None = None, *options: str, auto_answer: bool = False, extension: str = ""
    ) -> Agent:
        """A new agent whose phone is registered; ``options`` are those of ``agent create``."""
        account = await self.open_account(*options, *(("--auto-answer",) if auto_answer else ()), extension=extension)
        phone = await self.add_phone(account, behaviour)
        agent = Agent(account=account, phone=phone)
        self.agents.append(agent)
        await until(lambda: self.is_callable(agent))
        return agent

    async def add_phone(self, account: Account, behaviour: Behaviour | None = None, *, name: str = "") -> LabPhone:
        """A phone of the lab that is registered; ``name``: beside others of the same account."""
        lab, copy = self.exchange.lab, self.exchange.copy
        phone = await lab.add_phone(*account.login, copy.sip, behaviour, name=name)
        await lab.registered()
        return phone

    async def add_group(self, *agents: Agent | Account) -> Row:
        """A group of these agents: its ``name`` and ``extension``."""
        number = next(_numbers)
        members = itertools.chain.from_iterable(("--agent", agent.extension) for agent in agents)
        who = ("--tenant", self.name, "--extension", str(1000 + number))
        made: Row = await self.exchange.copy.run("group", "create", f"group {number}", *who, *members)
        return made

    async def add_did(self, to: str) -> str:
        """Another number, that leads to ``agent:EXTENSION`` or ``group:NAME``."""
        number = f"+8428730{next(_numbers):05d}"
        await self.exchange.copy.run("did", "add", number, "--tenant", self.name, "--to", to)
        return number

    async def add_contact(self, first_name: str, last_name: str, *phones: str) -> None:
        """Somebody outside who is known by name."""
        numbers = itertools.chain.from_iterable(("--phone", phone) for phone in phones)
        name = ("--first-name", first_name, "--last-name", last_name)
        await self.exchange.copy.run("contact", "add", "--tenant", self.name, *name, *numbers)

    async def is_callable(self, agent: Agent | Account) -> bool:
        """Whether Cordboard knows that the agent's phone is there: an impossible number is then what is refused."""
        answer = await self.post("/api/v1.0/base/makeCall", {"phoneNumber": "0000000000", "ipPhone": agent.extension})
        return bool(answer["error_code"] == "CALLOUT_PERMISSION_DENY")

    async def post(self, path: str, body: Row) -> Row:
        """An answer of the Alohub dialect."""
        async with self.exchange.client.post(path, json=body, headers={"Authorization": self.key}) as answer:
            told: Row = await answer.json()
            return told

    async def make_call(self, agent: Agent | Account, number: str, **more: str) -> str:
        """Ask for a call that must be accepted; return its id."""
        body = {"phoneNumber": number, "ipPhone": agent.extension, **more}
        answer = await self.post("/api/v1.0/base/makeCall", body)
        assert answer["success"] == "1", answer
        call_id: str = answer["call_id"]
        return call_id

    async def search(self, **criteria: Any) -> list[Row]:  # noqa: ANN401 - JSON values
        """Rows of searchCallV2."""
        answer = await self.post("/api/v1.0/base/searchCallV2", criteria)
        assert answer["success"] == "1", answer
        rows: list[Row] = answer["data"]
        assert len(rows) <= answer["totalRecord"]
        return rows

    async def row(self, call_id: str) -> Row:
        """The one row of a call, live or ended."""
        (row,) = await self.search(call_id=call_id)
        return row

    async def ended(self, call_id: str) -> Row:
        """The row of a call once it has ended."""

        async def look() -> Row | None:
            row = await self.row(call_id)
            return row if row["endtime"] else None

        return await until(look)

    async def recorded(self, call_id: str) -> Row:
        """The row of a call once its recording can be played."""

        async def look() -> Row | None:
            row = await self.row(call_id)
            return row if row["recording_url"] else None

        return await until(look)

    async def webhook(self, call_id: str) -> tuple[Received, Row]:
        """The call event that the partner's server received, and its body."""

        def find() -> tuple[Received, Row] | None:
            for received in self.exchange.receiver.requests:
                body: Row = json.loads(received.body)
                if body["call_id"] == call_id:
                    return received, body
            return None

        await self.exchange.receiver.wait_until(lambda: find() is not None, PATIENCE_SECONDS)
        found = find()
        assert found is not None
        return found

    async def recording(self, name: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
        """What MP3Export.do answers."""
        url, query = "/IPCCMedia/MP3Export.do", {"url": name, "source": "ipcc"}
        given = {"Authorization": self.key, **headers}
        async with self.exchange.client.get(url, params=query, headers=given) as answer:
            return answer, await answer.read()


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A running copy, its lab, a partner's server and a client."""

    copy: PrivateCopy
    lab: Lab
    receiver: Receiver
    client: aiohttp.ClientSession
    database: asyncpg.Connection

    @property
    def settings(self) -> Settings:
        """The settings of its programs."""
        return Settings.load(self.copy.environment)

    async def open_office(self, *, trunks: tuple[tuple[str, int], ...] | None = None, webhook: bool = True) -> Office:
        """A new tenant. ``trunks`` are addresses, best first; by default the lab's first carrier."""
        number = next(_numbers)
        name, did_number = f"office {number}", f"+8428730{number:05d}"
        tenant = await self.copy.run("tenant", "create", name, "--limit-tenant", "0", "--limit-route", "0")
        key = await self.copy.run("key", "create", "--tenant", name, "--all-scopes")
        carrier = self.lab.carrier
        for priority, (host, port) in enumerate(((carrier.host, carrier.port),) if trunks is None else trunks, 1):
            where = ("--host", host, "--port", str(port), "--priority", str(priority))
            await self.copy.run("trunk", "add", f"trunk {priority}", "--tenant", name, *where)
        await self.copy.run("did", "add", did_number, "--tenant", name)
        if webhook:
            await self.copy.run(
                "webhook", "add", "--tenant", name, "--dialect", "alohub",
                "--url", self.receiver.url, "--authorization", PARTNER_KEY,
            )  # fmt: skip
        return Office(exchange=self, id=tenant["id"], name=name, key=key["key"], did_number=did_number)

    async def hang_up(self, office: Office, call_id: str) -> None:
        """End a call from outside."""
        await self.copy.run("calls", "hangup", call_id, "--tenant", office.name)

    async def count_phones(self, account: Account) -> int:
        """How many phones of an account Cordboard knows."""
        query = "SELECT coalesce(sum(cardinality(contacts)), 0) FROM registrations WHERE sip_username = $1"
        return int(await self.database.fetchval(query, account.sip_username))

    async def count_busy(self, office: Office) -> int:
        """How many agents of a tenant are kept from another call."""
        return int(await self.database.fetchval("SELECT count(*) FROM call_agents WHERE tenant_id = $1", office.id))


async def connected(office: Office, call_id: str) -> Row:
    """The row of a call once both parties are connected: a phone knows of its answer a moment before we do."""

    async def look() -> Row | None:
        row = await office.row(call_id)
        return row if row["call_status"] == "answered" else None

    return await until(look)


@contextlib.asynccontextmanager
async def running_exchange(folder: Path, **settings: str) -> AsyncIterator[Exchange]:
    """An exchange of one's own, in ``folder``."""
    chosen = {"allow_networks": "127.0.0.0/8", **RING_SECONDS, **settings}
    async with contextlib.AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(Receiver())
        copy = PrivateCopy(folder / "home", chosen)
        await copy.start()
        stack.push_async_callback(copy.stop)
        known = Settings.load(copy.environment)
        installation = get_asterisk(known.asterisk_prefix, known.cache)
        lab = await stack.enter_async_context(started_lab(installation, folder / "lab"))
        client = await stack.enter_async_context(aiohttp.ClientSession(base_url=copy.base_url))
        database = await asyncpg.connect(known.database_url)
        stack.push_async_callback(database.close)
        yield Exchange(copy=copy, lab=lab, receiver=receiver, client=client, database=database)


async def until(look: Callable[[], Awaitable[T | None]], seconds: float = PATIENCE_SECONDS) -> T:
    """What ``look`` finds, asked again and again until it finds something. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.05)
    return found
