"""Link a tenant to a carrier."""

from dataclasses import dataclass, field

from cordboard.actions.await_applied import await_applied
from cordboard.actions.checks import check_codecs, check_host, check_name, check_one_of, check_range, check_text
from cordboard.actions.core import Core
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Tenant
from cordboard.domain.trunk import NumberFormat, Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrunk:
    """What a trunk is made of; see ``domain.trunk.Trunk``."""

    name: str
    host: str
    port: int = 5060
    username: str = ""
    password: str = field(default="", repr=False)
    number_format: str = NumberFormat.E164_PLUS
    does_register: bool = False
    priority: int = 1
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    external_address: str = ""


async def add_trunk(core: Core, tenant: Tenant, new: NewTrunk) -> Trunk:
    """Add a trunk; calls can go through it when this returns.

    Raises:
        InvalidInput, AlreadyExists (the name), Unavailable.
    """
    if new.does_register and not new.username:
        raise InvalidInput("username", "a trunk that registers needs one")
    if new.password and not new.username:
        raise InvalidInput("username", "a password needs one")
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        trunk = await rows.trunks.add(
            name=check_name("name", new.name),
            host=check_host("host", new.host),
            port=check_range("port", new.port, 1, 65_535),
            username=check_text("username", new.username),
            password=check_text("password", new.password),
            number_format=NumberFormat(check_one_of("number_format", new.number_format, tuple(NumberFormat))),
            does_register=new.does_register,
            priority=check_range("priority", new.priority, 1, 100),
            codecs=check_codecs(new.codecs),
            external_address=new.external_address and check_host("external_address", new.external_address),
        )
        revision = await rows.configuration.raise_revision()
    await await_applied(core, revision)
    return trunk
