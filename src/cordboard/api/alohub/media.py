"""``MP3Export.do``: a recording, by key, or by a URL that we signed ("Calls, Lookup & Recording" section 4)."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.alohub.recording_urls import WantedRecording, host_of, read_wanted
from cordboard.api.alohub.render import SOURCE
from cordboard.api.common.authentication import Gatekeeper
from cordboard.api.common.errors import Reason, RecordingExpired
from cordboard.api.common.file_answer import answer_file, open_file
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.recording import Recording

log = structlog.get_logger()

# Longer than any name of ours; what is longer need not be looked for.
NAME_CHARACTERS = 255
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


def build_media(core: Core, gatekeeper: Gatekeeper, signer: UrlSigner) -> Callable[[Request], Awaitable[Response]]:
    """The handler."""
    own_host = host_of(core.settings.public_url)

    async def play(request: Request) -> Response:
        hosts = frozenset({own_host, host_of(request.headers.get("host", ""))})
        query = request.query_params
        wanted = read_wanted(query.get("url", "").strip(), query.get("sig", ""), hosts)
        tenant_id = signer.tenant_of(wanted.signature, wanted.name or "") if wanted.signature else None
        if tenant_id is None:
            tenant_id = (await gatekeeper.admit(request, "recording")).tenant.id
        if query.get("source", "") not in ("", SOURCE):
            raise InvalidInput("source", Reason.NOT_OFFERED)
        return await _send(request, core, await _find(core, tenant_id, wanted))

    return play


async def _find(core: Core, tenant_id: int, wanted: WantedRecording) -> Recording:
    """The tenant's recording of that very name, when it can be played. Nothing of the request touches a path.

    Raises InvalidInput, NotFound, RecordingExpired, Unavailable.
    """
    name = wanted.name
    if name == "":
        raise InvalidInput("url", Reason.REQUIRED)
    if name is None or len(name) > NAME_CHARACTERS or not _PLAIN_NAME.fullmatch(name):
        raise NotFound("recording", name or "")
    recording = await core.store.for_tenant(tenant_id).recordings.by_name(name)
    if recording is None:
        raise NotFound("recording", name)
    is_over = recording.expires_at is not None and recording.expires_at <= core.clock.now()
    if is_over or recording.status is RecordingStatus.EXPIRED:
        raise RecordingExpired(name)
    if recording.status is not RecordingStatus.READY:
        raise NotFound("recording", name)
    return recording


async def _send(request: Request, core: Core, recording: Recording) -> Response:
    path = core.settings.recordings / Path(recording.path)
    try:
        file = await open_file(path, media_type="audio/mpeg", download_name=recording.name)
    except OSError as error:
        log.warning("recording is not on disk", name=recording.name, reason=str(error))
        raise NotFound("recording", recording.name) from error
    return answer_file(request, file)
