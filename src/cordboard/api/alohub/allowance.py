"""The ``X-RateLimit-*`` headers ("Call Report" and "Managing Inbound Call Queue", Rate Limit Headers)."""

from cordboard.api.common.cross_origin import RawHeaders
from cordboard.domain.allowance import Allowance, Quota


def allowance_headers(allowance: Allowance) -> RawHeaders:
    """The four of them; of what is unlimited, none."""
    return [*_pair(b"tenant", allowance.tenant), *_pair(b"route", allowance.route)]


def _pair(of: bytes, quota: Quota | None) -> RawHeaders:
    if quota is None:
        return []
    return [
        (b"x-ratelimit-limit-" + of, b"%d" % quota.limit),
        (b"x-ratelimit-remaining-" + of, b"%d" % quota.remaining),
    ]
