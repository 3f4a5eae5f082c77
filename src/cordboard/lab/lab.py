"""The lab: a private Asterisk that is the agents' phones and the carriers behind the trunks."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from cordboard.engine.asterisk.ami import Ami
from cordboard.engine.asterisk.ari import AriSocket
from cordboard.lab.behaviour import Behaviour
from cordboard.lab.configuration import CARRIER_HOSTS, PARTY_OPTIONS, PHONE_HOST
from cordboard.lab.controls import Controls
from cordboard.lab.dialplan import CARRIER_CONTEXT, PHONE_CONTEXT, STASIS_APP, Notes
from cordboard.lab.ledger import Ledger
from cordboard.lab.parties import Carrier, LabPhone
from cordboard.nodes.asterisk_layout import AsteriskLayout

READY_SECONDS = 20.0

# Phones register again well before anybody waits for them: Cordboard may be younger than the lab.
REGISTRATION = {
    "expiration": "120",
    "max_random_initial_delay": "0",
    "retry_interval": "1",
    "forbidden_retry_interval": "1",
    "fatal_retry_interval": "1",
    "max_retries": "1000000",
    "auth_rejection_permanent": "no",
    "line": "yes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAccount:
    """A SIP account to register at ``registrar`` (host:port).

    ``name`` is the phone's own, where several register with one account; "": the user name.
    """

    username: str
    password: str
    registrar: str
    name: str = ""


class Lab:
    """A running lab. Made by ``connected`` (to one that runs) or ``start.started_lab`` (an own one)."""

    def __init__(self, layout: AsteriskLayout, controls: Controls) -> None:
        self.layout = layout
        self.controls = controls
        self.process: asyncio.subprocess.Process | None = None  # when it is ours
        self.phones: dict[str, LabPhone] = {}
        self._customers: list[str] = []
        self.carriers = tuple(
            Carrier(controls, index, host, layout.sip_port) for index, host in enumerate(CARRIER_HOSTS)
        )
        self._black_hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._black_hole.bind((PHONE_HOST, 0))

    @property
    def ledger(self) -> Ledger:
        """All calls."""
        return self.controls.ledger

    async def note(self, notes: Notes) -> None:
        """How much is told of calls from now on."""
        await self.controls.note(notes)

    @property
    def carrier(self) -> Carrier:
        """The first carrier."""
        return self.carriers[0]

    @property
    def second_carrier(self) -> Carrier:
        """Another carrier, for a second trunk."""
        return self.carriers[1]

    @property
    def black_hole(self) -> tuple[str, int]:
        """The address of a carrier that takes everything and answers nothing."""
        host, port = self._black_hole.getsockname()
        return host, port

    async def add_phone(
        self, username: str, password: str, registrar: str, behaviour: Behaviour | None = None, *, name: str = ""
    ) -> LabPhone:
        """Register a phone at ``registrar`` (host:port). Raises LabRefused."""
        account = PhoneAccount(username=username, password=password, registrar=registrar, name=name)
        return (await self.add_phones((account,), behaviour))[0]

    async def add_phones(
        self, accounts: Iterable[PhoneAccount], behaviour: Behaviour | None = None
    ) -> tuple[LabPhone, ...]:
        """Register many at once. Raises LabRefused."""
        return tuple(
            await asyncio.gather(
                *(self._add_phone(account, behaviour or Behaviour.answering()) for account in accounts)
            )
        )

    async def _add_phone(self, account: PhoneAccount, behaviour: Behaviour) -> LabPhone:
        name = account.name or account.username
        phone = self.phones[name] = LabPhone(self.controls, name, account.username, account.registrar)
        await phone.behave(behaviour)
        await self.controls.push(
            "auth", name, {"auth_type": "userpass", "username": account.username, "password": account.password}
        )
        await self.controls.push(
            "endpoint",
            name,
            {
                "context": PHONE_CONTEXT,
                "transport": f"at-{PHONE_HOST}",
                "outbound_auth": name,
                "from_user": account.username,
                "identify_by": "ip",
                **PARTY_OPTIONS,
            },
        )
        await self.controls.push(
            "registration",
            name,
            {
                "transport": f"at-{PHONE_HOST}",
                "outbound_auth": name,
                "server_uri": f"sip:{account.registrar}",
                "client_uri": f"sip:{account.username}@{account.registrar}",
                "contact_user": name,
                "endpoint": name,
                **REGISTRATION,
            },
        )
        return phone

    async def remove_phone(self, phone: LabPhone) -> None:
        """Unregister it and forget it. Raises LabRefused."""
        for kind in ("registration", "endpoint", "auth"):
            await self.controls.drop(kind, phone.name)
        self.phones.pop(phone.name, None)

    async def reset(self) -> None:
        """As if new: no phones, no customers, no calls, carriers that follow the number plan and record nothing."""
        for call in self.ledger.calls:
            if call.is_live:
                await self.controls.hang_up(call)
        for phone in tuple(self.phones.values()):
            await self.remove_phone(phone)
        while self._customers:
            customer = self._customers.pop()
            for kind in ("endpoint", "aor", "auth"):
                await self.controls.drop(kind, customer)
        for carrier in self.carriers:
            await carrier.behave(None)
            await carrier.record(is_recorded=False)
        self.ledger.forget()

    async def add_customer(self, username: str, password: str) -> None:
        """An account that a trunk can register with, at any of the carriers. Raises LabRefused."""
        self._customers.append(username)
        await self.controls.push(
            "auth", username, {"auth_type": "userpass", "username": username, "password": password}
        )
        await self.controls.push("aor", username, {"max_contacts": "10", "minimum_expiration": "5"})
        options = {"context": CARRIER_CONTEXT, "identify_by": "username", "auth": username, "aors": username}
        await self.controls.push("endpoint", username, {**options, **PARTY_OPTIONS})

    async def register(self, phone: LabPhone) -> None:
        """Send its REGISTER now."""
        await self.controls.command(f"pjsip send register {phone.name}")

    async def unregister(self, phone: LabPhone) -> None:
        """Take its registration back, until ``register``."""
        await self.controls.command(f"pjsip send unregister {phone.name}")

    async def registration_states(self) -> dict[str, str]:
        """Username → ``Registered``, ``Unregistered``, ``Rejected``, … as Asterisk names them."""
        lines = (await self.controls.command("pjsip show registrations")).splitlines()
        rows = (line.split() for line in lines if "/sip:" in line)
        return {row[0].partition("/")[0]: row[2] for row in rows}

    async def registered(self, *, seconds: float = READY_SECONDS) -> None:
        """Wait until all phones are registered. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                states = await self.registration_states()
                if all(states.get(name) == "Registered" for name in self.phones):
                    return
                await asyncio.sleep(0.02)

    def close(self) -> None:
        """Free the black hole."""
        self._black_hole.close()


@asynccontextmanager
async def connected(layout: AsteriskLayout) -> AsyncIterator[Lab]:
    """The lab that runs, or is just starting, at ``layout``'s ports. Raises TimeoutError when there is none."""
    ledger = Ledger(layout.raw_recordings)
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.timeout(READY_SECONDS):
            client = await stack.enter_async_context(aiohttp.ClientSession())
            socket_ = await _connect_ari(client, layout)
            ami = Ami(
                f"{layout.ami_host}:{layout.ami_port}",
                user=layout.ami_user,
                password=layout.ami_password,
                on_event=ledger.take,
            )
            stack.push_async_callback(ami.close)
            await ami.do("Ping")
        ari = AriSocket(socket_, lambda _kind, _text: None)
        reader = asyncio.create_task(ari.read())
        stack.push_async_callback(_ended, reader)
        stack.push_async_callback(socket_.close)
        lab = Lab(layout, Controls(ledger, ami, ari))
        stack.callback(lab.close)
        yield lab


async def _connect_ari(client: aiohttp.ClientSession, layout: AsteriskLayout) -> aiohttp.ClientWebSocketResponse:
    """Try until Asterisk is ready: it takes connections before it knows ARI."""
    url = f"ws://{layout.ari_host}:{layout.ari_port}/ari/events"
    query = {"app": STASIS_APP, "api_key": f"{layout.ari_user}:{layout.ari_password}"}
    while True:
        try:
            return await client.ws_connect(url, params=query, max_msg_size=0, autoping=True)
        except aiohttp.ClientError:
            await asyncio.sleep(0.02)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
