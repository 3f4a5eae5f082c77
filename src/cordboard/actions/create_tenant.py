"""Make a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from cordboard.actions.check_tenant import check_tenant
from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenant:
    """What a tenant is made of; see ``domain.tenant.Tenant``. ``pbx_id`` None: the next free one."""

    name: str
    pbx_id: int | None = None
    country: str = "VN"
    timezone: str = "Asia/Ho_Chi_Minh"
    language: str = "vi"
    admin_email: str = ""
    allowed_destinations: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    limit_tenant: int = 200
    limit_route: int = 100
    max_calls: int | None = None
    recording_days: int | None = None
    crm_logos: Mapping[str, str] = field(default_factory=dict)


async def create_tenant(core: Core, new: NewTenant) -> Tenant:
    """Make a tenant. Nothing of it is in any engine yet.

    Raises:
        InvalidInput, AlreadyExists (the name or the ``pbx_id``), Unavailable.
    """
    values = {each.name: getattr(new, each.name) for each in fields(new)}
    if new.pbx_id is None:
        del values["pbx_id"]
    async with core.store.system.transaction() as system:
        return await system.tenants.create(**check_tenant(values))
