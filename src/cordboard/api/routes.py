"""Which dialects there are: the application that serves them, and what each makes of a call's events."""

from functools import partial

from starlette.applications import Starlette

from cordboard.actions.core import Core, Renderer
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.routes import build_dialect as build_alohub
from cordboard.api.alohub.webhooks import build_renderer as build_alohub_renderer
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.web import compose_web
from cordboard.api.management.events import DIALECT as OWN_EVENTS
from cordboard.api.management.events import build_renderer as build_own_renderer
from cordboard.api.management.routes import build_dialect as build_management
from cordboard.api.voxloud.routes import build_dialect as build_voxloud
from cordboard.api.voxloud.webhooks import build_renderer as build_voxloud_renderer
from cordboard.settings import Settings


def build_application(core: Core) -> Starlette:
    """All that a web process serves; paths that no dialect claims are Alohub's. Raises OSError without a key file."""
    recording_url = _recording_urls(core.settings).url_of
    return compose_web(core, (build_alohub, partial(build_voxloud, recording_url=recording_url), build_management))


def build_renderers(settings: Settings) -> dict[str, Renderer]:
    """The renderers of ``Core``, by dialect. Raises OSError without a key file (opening the store makes it)."""
    urls = _recording_urls(settings)
    return {
        "alohub": build_alohub_renderer(urls),
        "voxloud": build_voxloud_renderer(urls.url_of),
        OWN_EVENTS: build_own_renderer(urls.url_of),
    }


def _recording_urls(settings: Settings) -> RecordingUrls:
    """Where the house's recordings are had by whoever was given the URL: one path, in all dialects' words."""
    return RecordingUrls(public_url=settings.public_url, signer=UrlSigner.from_key_file(settings.key_file))
