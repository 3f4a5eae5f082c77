"""What whoever places a call asks before: may this number be called, is there room, is there a way out. Pure.

Each raises CallRefused.
"""

from cordboard.domain.errors import CallRefused, Refusal
from cordboard.domain.number import is_allowed_destination, is_emergency_number
from cordboard.domain.tenant import Tenant
from cordboard.settings import Settings
from cordboard.store import Admission


def check_destination(number: str | None, tenant: Tenant) -> str:
    """The canonical number (None: it is none), if the tenant may call it."""
    if number is None:
        raise CallRefused(Refusal.NUMBER_INVALID)
    if not is_allowed_destination(number, tenant.country, tenant.allowed_destinations):
        raise CallRefused(Refusal.DESTINATION_DENIED)
    return number


def check_cap(tenant: Tenant, admission: Admission, number: str = "") -> None:
    """Whether the tenant may have one more call at this time; an emergency call it always may."""
    if tenant.max_calls is None or is_emergency_number(number, tenant.country):
        return
    if admission.tenant_calls >= tenant.max_calls:
        raise CallRefused(Refusal.CAP_REACHED)


def check_way_out(admission: Admission) -> None:
    """Whether there is a trunk, and a number to call from."""
    if not admission.trunks:
        raise CallRefused(Refusal.NO_TRUNK)
    if not admission.did_number:
        raise CallRefused(Refusal.NO_NUMBER)


def check_queue(settings: Settings, admission: Admission) -> None:
    """Whether the call would have its turn in time."""
    if admission.queued_calls >= settings.start_rate * settings.queue_seconds:
        raise CallRefused(Refusal.QUEUE_FULL)
