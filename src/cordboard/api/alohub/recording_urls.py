"""Full URLs of recordings: made for webhooks and reports, and read again when a client hands one back."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, quote_plus, urlsplit

from cordboard.api.alohub.render import SOURCE
from cordboard.api.common.signed_urls import RecordingUrl, UrlSigner

PATH = "/IPCCMedia/MP3Export.do"
# 1.5 MB of them.
_KEPT = 4096
_PATHS = frozenset({PATH, f"/api{PATH}"})


class RecordingUrls:
    """Makes full URLs, signed for as long as the recording lives: an ``<audio>`` tag plays them without headers."""

    def __init__(self, *, public_url: str, signer: UrlSigner) -> None:
        self._beginning = f"{public_url.rstrip('/')}{PATH}?url="
        self._signer = signer
        # As ``url_of``, for lists: their first pages are asked for again and again (0.1 instead of 2 µs). A URL never
        # changes while a process knows one key; whether its recording is still there is asked when it is played.
        self.listed_url_of: RecordingUrl = lru_cache(maxsize=_KEPT)(self.url_of)

    def url_of(self, tenant_id: int, name: str) -> str:
        """The full URL of a recording."""
        # urlencode would cost more than the signature (5 µs), and exports have 100,000 of these a second.
        signature = self._signer.sign(tenant_id, name)
        return f"{self._beginning}{quote_plus(name)}&source={SOURCE}&sig={signature}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRecording:
    """What a client asks for. ``name`` is None when it is no recording of this host; it is a name, never a path."""

    name: str | None
    signature: str = ""


def read_wanted(url: str, signature: str, hosts: frozenset[str]) -> WantedRecording:
    """Read the query's ``url``: a bare file name, or a full recording URL of one of ``hosts``.

    A foreign URL is never fetched: it is just no recording of ours.
    """
    if "/" not in url:
        return WantedRecording(name=url, signature=signature)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return WantedRecording(name=None)
    if host not in hosts or parts.path.rstrip("/") not in _PATHS:
        return WantedRecording(name=None)
    query = parse_qs(parts.query)
    name, inner = query.get("url", [""])[-1], query.get("sig", [""])[-1]
    return WantedRecording(name=name, signature=inner or signature)


def host_of(url: str) -> str:
    """The host name in a URL or a ``Host`` header, without its port; "" when there is none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
