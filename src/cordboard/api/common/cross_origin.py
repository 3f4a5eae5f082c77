"""Cross-origin headers: browsers call with a raw key, from the pages their tenant allows (docs/dialects/common.md)."""

from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.domain.tenant import Identity

RawHeaders = list[tuple[bytes, bytes]]

ALLOWED_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOWED_HEADERS = (
    b"authorization, content-type, accept, range, x-api-key, x-tenant-id, x-access-token, x-requested-with, voverc-auth"
)
EXPOSED_HEADERS = (
    b"X-RateLimit-Limit-Tenant, X-RateLimit-Remaining-Tenant, X-RateLimit-Limit-Route, X-RateLimit-Remaining-Route, "
    b"Retry-After, Content-Range, Content-Length, Accept-Ranges"
)
# Browsers keep a preflight's answer so long. Short: a tenant that takes an origin away wants it gone.
PREFLIGHT_SECONDS = b"600"


class CrossOrigin:
    """Which page may read which answer."""

    def __init__(self, directory: TenantDirectory) -> None:
        self._directory = directory

    async def preflight_headers(self, origin: str) -> RawHeaders:
        """For a preflight, which carries no key: allowed when any tenant allows the origin."""
        allowed = allowed_origin(origin, await self._directory.origins())
        if not allowed:
            return []
        return [
            *_allow(allowed),
            (b"access-control-allow-methods", ALLOWED_METHODS),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", PREFLIGHT_SECONDS),
        ]

    async def answer_headers(self, origin: str, identity: Identity | None) -> RawHeaders:
        """For an answer: by the key's tenant; without a known key by any tenant, so that a page can read why."""
        origins = frozenset(identity.tenant.cors_origins) if identity else await self._directory.origins()
        allowed = allowed_origin(origin, origins)
        return [*_allow(allowed), (b"access-control-expose-headers", EXPOSED_HEADERS)] if allowed else []


def allowed_origin(origin: str, origins: frozenset[str]) -> str:
    """What ``Access-Control-Allow-Origin`` says: ``*``, the origin itself, or "" for nothing."""
    if "*" in origins:
        return "*"
    return origin if origin in origins else ""


def _allow(origin: str) -> RawHeaders:
    headers = [(b"access-control-allow-origin", origin.encode("latin-1"))]
    return headers if origin == "*" else [*headers, (b"vary", b"Origin")]
