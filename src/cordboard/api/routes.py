"""Which dialects there are: the application that serves them, and what each makes of a call's events."""

from starlette.applications import Starlette

from cordboard.actions.core import Core, Renderer
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.routes import build_dialect as build_alohub
from cordboard.api.alohub.webhooks import build_renderer as build_alohub_renderer
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.web import compose_web
from cordboard.api.voxloud.routes import build_dialect as build_voxloud
from cordboard.settings import Settings


def build_application(core: Core) -> Starlette:
    """All that a web process serves; paths that no dialect claims are Alohub's. Raises OSError without a key file."""
    return compose_web(core, (build_alohub, build_voxloud))


def build_renderers(settings: Settings) -> dict[str, Renderer]:
    """The renderers of ``Core``, by dialect. Raises OSError without a key file (opening the store makes it)."""
    urls = RecordingUrls(public_url=settings.public_url, signer=UrlSigner.from_key_file(settings.key_file))
    return {"alohub": build_alohub_renderer(urls)}
