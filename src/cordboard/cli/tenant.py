"""``cordboard tenant``: customer companies."""

from typing import Annotated, Any

import typer

from cordboard.actions.change_tenant import change_tenant
from cordboard.actions.core import Core
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.cli.output import Detail, Listing
from cordboard.cli.session import with_core, with_tenant
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Tenant

app = typer.Typer(help="Tenants: customer companies, which own everything else.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The tenant's name.")]
Country = Annotated[str | None, typer.Option(help="Its home country (ISO 3166): numbers are read in it. (VN)")]
Timezone = Annotated[str | None, typer.Option(help="The zone that its times are shown in. (Asia/Ho_Chi_Minh)")]
Language = Annotated[str | None, typer.Option(help="vi or en. (vi)")]
Email = Annotated[str | None, typer.Option(help="Its administrator's address.")]
Destinations = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-destination", metavar="PREFIX", help="What it may call, such as +84. One or more. (home country)"
    ),
]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--cors-origin", metavar="ORIGIN", help="Web pages that may use the API; * for all. One or more. (none)"
    ),
]
PbxId = Annotated[int | None, typer.Option(help="Its number in X-Tenant-ID. (the next free one)")]
LimitTenant = Annotated[int | None, typer.Option(help="Requests in 10 s, all routes; 0: no limit. (200)")]
LimitRoute = Annotated[int | None, typer.Option(help="Requests in 10 s on one route; 0: no limit. (100)")]
MaxCalls = Annotated[int | None, typer.Option(help="Calls at one time; 0: no cap. (0)")]
RecordingDays = Annotated[int | None, typer.Option(help="Days that recordings are kept; 0: for ever. (0)")]

Logos = Annotated[
    list[str] | None,
    typer.Option(
        "--crm-logo", metavar="NAME=URL", help="The logo of a CRM that contacts are from. One or more. (none)"
    ),
]


@app.command("create")
def create(
    *,
    name: Name,
    country: Country = None,
    timezone: Timezone = None,
    language: Language = None,
    allow_destination: Destinations = None,
    email: Email = None,
    pbx_id: PbxId = None,
    cors_origin: Origins = None,
    limit_tenant: LimitTenant = None,
    limit_route: LimitRoute = None,
    max_calls: MaxCalls = None,
    recording_days: RecordingDays = None,
    crm_logo: Logos = None,
) -> Detail:
    """Make a tenant."""
    given = _given(
        country=country,
        timezone=timezone,
        language=language,
        allowed_destinations=allow_destination,
        admin_email=email,
        pbx_id=pbx_id,
        cors_origins=cors_origin,
        limit_tenant=limit_tenant,
        limit_route=limit_route,
        max_calls=max_calls,
        recording_days=recording_days,
        crm_logos=_logos(crm_logo),
    )
    tenant = with_core(lambda core: create_tenant(core, NewTenant(name=name, **given)))
    keys = ("id", "name", "pbx_id", "account_id")
    return Detail(
        values={key: getattr(tenant, key) for key in keys}, note=f"Next: key create --tenant '{name}' --all-scopes"
    )


@app.command("set")
def set_(
    *,
    name: Name,
    new_name: Annotated[str | None, typer.Option("--name", help="Its new name.")] = None,
    country: Country = None,
    timezone: Timezone = None,
    language: Language = None,
    allow_destination: Destinations = None,
    email: Email = None,
    pbx_id: PbxId = None,
    cors_origin: Origins = None,
    limit_tenant: LimitTenant = None,
    limit_route: LimitRoute = None,
    max_calls: MaxCalls = None,
    recording_days: RecordingDays = None,
    crm_logo: Logos = None,
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Disabled: no key, phone or trunk of it works.")
    ] = None,
) -> Detail:
    """Change a tenant: only what is given. A list is replaced as a whole; '' empties it."""
    changes = _given(
        name=new_name,
        country=country,
        timezone=timezone,
        language=language,
        allowed_destinations=allow_destination,
        admin_email=email,
        pbx_id=pbx_id,
        cors_origins=cors_origin,
        limit_tenant=limit_tenant,
        limit_route=limit_route,
        max_calls=max_calls,
        recording_days=recording_days,
        crm_logos=_logos(crm_logo),
        is_enabled=enable,
    )
    return Detail(values=_row(with_tenant(name, lambda core, tenant: change_tenant(core, tenant, changes))))


@app.command("list")
def list_() -> Listing:
    """All tenants."""
    return with_core(_list)


async def _list(core: Core) -> Listing:
    columns = ("id", "name", "pbx_id", "account_id", "country", "timezone", "language", "is_enabled")
    rows = [_row(tenant) for tenant in await core.store.system.tenants.list()]
    return Listing(rows=rows, columns=columns, empty="No tenants. Make one: tenant create NAME")


def _given(**values: object) -> dict[str, Any]:
    """What was given. Caps that people write as 0 are None inside."""
    given = {field: value for field, value in values.items() if value is not None}
    return given | {cap: None for cap in ("max_calls", "recording_days") if given.get(cap) == 0}


def _logos(given: list[str] | None) -> dict[str, str] | None:
    """URL by name, of what was given as NAME=URL. Raises InvalidInput."""
    if given is None:
        return None
    pairs = [text.partition("=") for text in given if text.strip()]
    if any(not separator for _, separator, _ in pairs):
        raise InvalidInput("crm_logo", "must be NAME=URL, such as Hubspot=https://crm.example/logo.png")
    return {name.strip(): url for name, _, url in pairs}


def _row(tenant: Tenant) -> dict[str, object]:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "pbx_id": tenant.pbx_id,
        "account_id": tenant.account_id,
        "country": tenant.country,
        "timezone": tenant.timezone,
        "language": tenant.language,
        "email": tenant.admin_email,
        "allowed_destinations": list(tenant.allowed_destinations),
        "cors_origins": list(tenant.cors_origins),
        "limit_tenant": tenant.limit_tenant,
        "limit_route": tenant.limit_route,
        "max_calls": tenant.max_calls or 0,
        "recording_days": tenant.recording_days or 0,
        "crm_logos": dict(tenant.crm_logos),
        "is_enabled": tenant.is_enabled,
    }
