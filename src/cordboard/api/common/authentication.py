"""Who is asking: the key of a request, the tenant it may speak for, and whether it asks too often."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.requests import Request

from cordboard.actions.authenticate import authenticate, require
from cordboard.actions.core import Core
from cordboard.actions.count_request import count_request
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.api.common.visit import visit_of
from cordboard.domain.errors import TooManyRequests, Unauthenticated, Unavailable, WrongTenant
from cordboard.domain.tenant import Identity

# What any key may do.
ANY_SCOPE = ""

# The limits' one route for all methods that a path does not serve: names that clients make up must not become rows.
_WRONG_METHOD = "OTHER"
_BEARER = "bearer "


class Gatekeeper:
    """Lets requests in by their key, which ``key_of`` finds or raises Unauthenticated. One per dialect."""

    def __init__(self, core: Core, directory: TenantDirectory, key_of: Callable[[Request], str]) -> None:
        self._core = core
        self._directory = directory
        self._key_of = key_of
        self._gateways = networks(core.settings.trusted_gateways)

    async def admit(self, request: Request, scope: str) -> Identity:
        """Who is asking, when he may do what ``scope`` names; the visit knows it from then on.

        Raises:
            Unauthenticated: no key, two different ones, or one that nobody has.
            TooManyRequests: the tenant's limits are used up. Checked before all that a known key can do wrong.
            Forbidden: the key lacks the scope.
            WrongTenant: the request names another tenant.
            Unavailable: the database is away.
        """
        identity = await self._count(request, request.method)
        if identity is None:
            raise WrongTenant
        if scope != ANY_SCOPE:
            require(identity, scope)
        return identity

    async def note_wrong_method(self, request: Request) -> None:
        """Count a request that will be refused for its method, when it has a key that we know.

        Raises TooManyRequests.
        """
        with suppress(Unauthenticated, Unavailable):
            await self._count(request, _WRONG_METHOD)

    async def note_visitor(self, request: Request) -> None:
        """Whose key came, if we know it, to a path that nothing serves: for the language and the allowed origin."""
        with suppress(Unauthenticated, Unavailable):
            visit_of(request.scope).identity = await authenticate(self._core, self._key_of(request))

    async def _count(self, request: Request, method: str) -> Identity | None:
        """Who is asking; None when he names a tenant that he may not speak for. Counted either way.

        Raises Unauthenticated, TooManyRequests, Unavailable.
        """
        own = await authenticate(self._core, self._key_of(request))
        visit = visit_of(request.scope)
        visit.identity = own
        identity = await self._as_named_tenant(request, own)
        visit.identity = identity or own
        visit.allowance = await count_request(self._core, visit.identity.tenant, f"{method} {visit.route}")
        if visit.allowance.wait_seconds:
            raise TooManyRequests(visit.allowance.wait_seconds)
        return identity

    async def _as_named_tenant(self, request: Request, identity: Identity) -> Identity | None:
        """Heed ``X-Tenant-ID``: from a trusted gateway it replaces the key's tenant; from others it must be that."""
        named = request.headers.get("x-tenant-id", "").strip()
        if not named or named == str(identity.tenant.pbx_id):
            return identity
        if self._is_gateway(request) and (tenant := await self._directory.by_pbx_id(named)):
            return Identity(tenant=tenant, key_id=identity.key_id, scopes=identity.scopes)
        return None

    def _is_gateway(self, request: Request) -> bool:
        """By the address of the peer itself: what a header says of it is not believed."""
        if not self._gateways or request.client is None:
            return False
        try:
            address = ip_address(request.client.host)
        except ValueError:
            return False
        return any(address in network for network in self._gateways)


def key_of(request: Request) -> str:
    """The key, from ``Authorization`` (raw or after ``Bearer``) or ``X-Api-Key``. Raises Unauthenticated."""
    headers = request.headers
    keys = [_without_scheme(value) for value in headers.getlist("authorization")]
    return only_key((*keys, *(value.strip() for value in headers.getlist("x-api-key"))))


def _without_scheme(value: str) -> str:
    value = value.strip()
    if value[: len(_BEARER)].lower() == _BEARER:
        return value[len(_BEARER) :].strip()
    return value


def only_key(keys: Iterable[str]) -> str:
    """The one key that a request has, however often. Raises Unauthenticated."""
    given = {key for key in keys if key}
    if len(given) != 1:
        raise Unauthenticated
    return given.pop()


def networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks of a setting, as networks."""
    return tuple(ip_network(text, strict=False) for text in texts)
