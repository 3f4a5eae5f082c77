"""Everything that lasts: PostgreSQL behind two doors. The only SQL in the house."""

from cordboard.store.admissions import Admission as Admission
from cordboard.store.admissions import Line as Line
from cordboard.store.deliveries import LoggedDelivery as LoggedDelivery
from cordboard.store.delivery_figures import TargetState as TargetState
from cordboard.store.delivery_queue import FinishedAttempt as FinishedAttempt
from cordboard.store.dids import OwnedDid as OwnedDid
from cordboard.store.instructions import Instruction as Instruction
from cordboard.store.requests import CallKey as CallKey
from cordboard.store.rows import SystemRows as SystemRows
from cordboard.store.rows import TenantRows as TenantRows
from cordboard.store.store import Store as Store
from cordboard.store.vault import KeyFileUnusable as KeyFileUnusable
