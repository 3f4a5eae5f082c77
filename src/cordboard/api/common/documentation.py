"""The dialects' OpenAPI documents, and a page for each that shows it. No key, no limit, nothing from elsewhere.

``/openapi/<dialect>.json`` and ``/docs/<dialect>`` begin like no vendor's path does.
"""

import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.api.common.resource import Dialect, Handler

_PAGES = Path(__file__).parent / "pages"
# The pages run their own script, and talk to this host alone.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_HTML = "text/html"


def build_documentation(dialects: Sequence[Dialect]) -> dict[str, Handler]:
    """What is served of it, by path."""
    titles = {dialect.name: str(dialect.document["info"]["title"]) for dialect in dialects}
    served = {
        "/docs": _file(_filled("index.html", dialects="".join(_card(name, title) for name, title in titles.items()))),
        "/docs/reference.css": _file(_page("reference.css"), "text/css"),
        "/docs/reference.js": _file(_page("reference.js"), "text/javascript"),
    }
    for dialect in dialects:
        name = dialect.name
        links = "".join(_link(other, is_current=other == name) for other in titles)
        page = _filled("reference.html", title=escape(titles[name]), document=document_path(name), dialects=links)
        served[f"/docs/{name}"] = _file(page)
        served[document_path(name)] = _file(msgspec.json.encode(dialect.document), "application/json")
    return served


def document_path(dialect: str) -> str:
    """Where a dialect's document is."""
    return f"/openapi/{dialect}.json"


def _file(content: bytes, media_type: str = _HTML) -> Handler:
    """The same bytes for everybody, who may keep them and ask whether they are new."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "no-cache", "x-content-type-options": "nosniff"}
    if media_type == _HTML:
        headers |= {"content-security-policy": _POLICY, "referrer-policy": "no-referrer"}

    async def serve(request: Request) -> Response:
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = b"" if request.method == "HEAD" else content
        return Response(body, headers=headers | {"content-length": str(len(content))}, media_type=media_type)

    return serve


def _page(name: str) -> bytes:
    return (_PAGES / name).read_bytes()


def _filled(name: str, **parts: str) -> bytes:
    """A page with something in its braces."""
    text = _page(name).decode()
    for part, value in parts.items():
        text = text.replace(f"{{{part}}}", value)
    return text.encode()


def _card(name: str, title: str) -> str:
    return f'<li><a href="/docs/{name}"><strong>{escape(title)}</strong>/docs/{name}</a></li>'


def _link(name: str, *, is_current: bool) -> str:
    current = ' aria-current="page"' if is_current else ""
    return f'<a href="/docs/{name}"{current}>{name.capitalize()}</a>'
