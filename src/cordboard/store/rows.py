"""What each door shows: aggregates by name."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from cordboard.store.admissions import Admissions
from cordboard.store.agents import Agents
from cordboard.store.callouts import Callouts
from cordboard.store.calls import AllCalls, Calls
from cordboard.store.cdrs import AllCdrs, Cdrs
from cordboard.store.click_to_calls import ClickToCalls
from cordboard.store.configuration import Configuration, Revision
from cordboard.store.contacts import Contacts
from cordboard.store.deliveries import Deliveries
from cordboard.store.delivery_figures import DeliveryFigures
from cordboard.store.delivery_log import DeliveryLog
from cordboard.store.delivery_queue import DeliveryQueue
from cordboard.store.dids import AllDids, Dids
from cordboard.store.extensions import Extensions
from cordboard.store.groups import Groups
from cordboard.store.housekeeping import purge, turn_log_days
from cordboard.store.instructions import AllInstructions, Instructions
from cordboard.store.keys import AllKeys, Keys
from cordboard.store.lines import Lines
from cordboard.store.logins import Logins
from cordboard.store.mails import AllMails, Mails
from cordboard.store.nodes import Nodes, Workers
from cordboard.store.pool import Door
from cordboard.store.queues import Queues
from cordboard.store.recordings import AllRecordings, Recordings
from cordboard.store.registrations import Registrations
from cordboard.store.request_counts import RequestCounts
from cordboard.store.requests import Requests
from cordboard.store.roster import Roster
from cordboard.store.subscriptions import AllSubscriptions, Subscriptions
from cordboard.store.tenants import AllTenants, Tenants
from cordboard.store.trunks import Trunks, TrunkStates
from cordboard.store.vault import Vault

T = TypeVar("T")


class _Aggregate(Generic[T]):
    """An attribute that is made when first asked for: a request uses three of 23, and all of them cost 5 µs."""

    def __init__(self, make: Callable[[Door, int], T]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, rows: "TenantRows", owner: type) -> T:
        # Found there from then on: what the instance has comes before this.
        made = rows.__dict__[self._name] = self._make(*rows._way_in)  # noqa: SLF001 - a part of its class
        return made


class TenantRows:
    """A tenant's rows, and nobody else's: row-level security stands behind every query here."""

    tenants = _Aggregate(Tenants)
    keys = _Aggregate(Keys)
    agents = _Aggregate(Agents)
    roster = _Aggregate(Roster)
    extensions = _Aggregate(Extensions)
    dids = _Aggregate(Dids)
    groups = _Aggregate(Groups)
    queues = _Aggregate(Queues)
    callouts = _Aggregate(Callouts)
    click_to_calls = _Aggregate(ClickToCalls)
    contacts = _Aggregate(Contacts)
    admissions = _Aggregate(Admissions)
    requests = _Aggregate(Requests)
    request_counts = _Aggregate(lambda door, _: RequestCounts(door))
    calls = _Aggregate(Calls)
    instructions = _Aggregate(Instructions)
    cdrs = _Aggregate(Cdrs)
    recordings = _Aggregate(Recordings)
    deliveries = _Aggregate(Deliveries)
    delivery_log = _Aggregate(DeliveryLog)
    mails = _Aggregate(Mails)
    logins = _Aggregate(Logins)
    configuration = _Aggregate(lambda door, _: Revision(door))

    def __init__(self, door: Door, tenant_id: int, vault: Vault) -> None:
        self.tenant_id = tenant_id
        self._way_in = (door, tenant_id)
        self.trunks = Trunks(door, tenant_id, vault)
        self.subscriptions = Subscriptions(door, tenant_id, vault)


class SystemRows:
    """The closed list of queries that precede or cross tenants. A longer list needs a reason, and its test changed."""

    def __init__(self, door: Door, vault: Vault) -> None:
        self._door = door
        self.tenants = AllTenants(door)
        self.keys = AllKeys(door)
        self.lines = Lines(door)
        self.dids = AllDids(door)
        self.nodes = Nodes(door)
        self.workers = Workers(door)
        self.registrations = Registrations(door)
        self.trunk_states = TrunkStates(door)
        self.configuration = Configuration(door, vault)
        self.calls = AllCalls(door)
        self.instructions = AllInstructions(door)
        self.cdrs = AllCdrs(door)
        self.recordings = AllRecordings(door)
        self.subscriptions = AllSubscriptions(door)
        self.deliveries = DeliveryQueue(door, vault)
        self.delivery_figures = DeliveryFigures(door)
        self.mails = AllMails(door)

    async def turn_log_days(self, now: datetime) -> None:
        """Make the delivery log's next days, and drop those that are past their time."""
        await turn_log_days(self._door, now)

    async def purge(self, now: datetime) -> int:
        """Delete what is past its time; returns how many rows that were."""
        return await purge(self._door, now)
