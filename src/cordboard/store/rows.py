"""What each door shows: aggregates by name."""

from datetime import datetime

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


class TenantRows:
    """A tenant's rows, and nobody else's: row-level security stands behind every query here."""

    def __init__(self, door: Door, tenant_id: int, vault: Vault) -> None:
        self.tenant_id = tenant_id
        self.tenants = Tenants(door, tenant_id)
        self.keys = Keys(door, tenant_id)
        self.agents = Agents(door, tenant_id)
        self.roster = Roster(door, tenant_id)
        self.extensions = Extensions(door, tenant_id)
        self.trunks = Trunks(door, tenant_id, vault)
        self.dids = Dids(door, tenant_id)
        self.groups = Groups(door, tenant_id)
        self.queues = Queues(door, tenant_id)
        self.callouts = Callouts(door, tenant_id)
        self.click_to_calls = ClickToCalls(door, tenant_id)
        self.contacts = Contacts(door, tenant_id)
        self.admissions = Admissions(door, tenant_id)
        self.requests = Requests(door, tenant_id)
        self.request_counts = RequestCounts(door)
        self.calls = Calls(door, tenant_id)
        self.instructions = Instructions(door, tenant_id)
        self.cdrs = Cdrs(door, tenant_id)
        self.recordings = Recordings(door, tenant_id)
        self.subscriptions = Subscriptions(door, tenant_id, vault)
        self.deliveries = Deliveries(door, tenant_id)
        self.delivery_log = DeliveryLog(door, tenant_id)
        self.mails = Mails(door, tenant_id)
        self.logins = Logins(door, tenant_id)
        self.configuration = Revision(door)


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
