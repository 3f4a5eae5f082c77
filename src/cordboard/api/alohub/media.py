"""``MP3Export.do``: a recording, by key, or by a URL that we signed ("Calls, Lookup & Recording" section 4)."""

import re
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.alohub.recording_urls import WantedRecording, host_of, read_wanted
from cordboard.api.alohub.render import SOURCE
from cordboard.api.alohub.schemas import RecordingQuery
from cordboard.api.common.endpoint import KeylessHandler, read_query
from cordboard.api.common.errors import Reason, RecordingExpired
from cordboard.api.common.file_answer import answer_file, open_file
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.recording import Recording
from cordboard.domain.tenant import Identity

log = structlog.get_logger()

MEDIA_TYPE = "audio/mpeg"

# Longer than any name of ours; what is longer need not be looked for.
NAME_CHARACTERS = 255
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


async def play(core: Core, identity: Identity, request: Request) -> Response:
    """Play or download a recording.

    An MP3 in stereo: the agent on the left, the customer on the right. `Range` gives a part of it, and `HEAD` its
    headers alone. A full URL that we handed out is signed and needs no key, for as long as the recording lives.
    """
    return await _answer(core, identity.tenant.id, _wanted(core, request), request)


def play_signed(signer: UrlSigner) -> KeylessHandler:
    """The same for a URL that we signed; None for any other, and when its tenant is disabled, as its keys are."""

    async def answer(core: Core, request: Request) -> Response | None:
        wanted = _wanted(core, request)
        tenant_id = signer.tenant_of(wanted.signature, wanted.name or "") if wanted.signature else None
        if tenant_id is None or not (await core.store.for_tenant(tenant_id).tenants.get()).is_enabled:
            return None
        return await _answer(core, tenant_id, wanted, request)

    return answer


def _wanted(core: Core, request: Request) -> WantedRecording:
    hosts = frozenset({host_of(core.settings.public_url), host_of(request.headers.get("host", ""))})
    query = read_query(request, RecordingQuery)
    return read_wanted(query.url.strip(), query.sig, hosts)


async def _answer(core: Core, tenant_id: int, wanted: WantedRecording, request: Request) -> Response:
    if read_query(request, RecordingQuery).source not in ("", SOURCE):
        raise InvalidInput("source", Reason.NOT_OFFERED)
    return await _send(request, core, await _find(core, tenant_id, wanted))


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
        file = await open_file(path, media_type=MEDIA_TYPE, download_name=recording.name)
    except OSError as error:
        log.warning("recording is not on disk", name=recording.name, reason=str(error))
        raise NotFound("recording", recording.name) from error
    return answer_file(request, file)
