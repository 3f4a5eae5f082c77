"""The commands about what a leg hears and what is recorded of it.

Ringback is Asterisk's ringing indication: it works in a bridge and outside, and gives way to audio that comes through
the bridge (early media). Music is that of a held call. The others are playbacks, which are heard whatever the bridge
says.
"""

import re
from pathlib import Path

from cordboard.domain.commands import (
    PauseRecording,
    PlayTone,
    ResetAudio,
    ResumeRecording,
    Side,
    StartRecording,
    StopRecording,
    StopTone,
    Tone,
)
from cordboard.domain.recording import raw_name
from cordboard.engine.asterisk.ami import Ami
from cordboard.engine.asterisk.ari import AriSocket
from cordboard.engine.port import EngineRefused

_MEDIA = {Tone.BUSY: "tone:busy", Tone.UNAVAILABLE: "tone:congestion"}
_OTHER_SIDE = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}

# What AMI says of a leg that is there.
_NOT_RECORDED = "Could not stop monitoring channel"

# Of a tone that shall end: it, or its leg, is gone (404) or on its way out.
_OVER = frozenset({404, 409, 412})


class Audio:
    """Tones and recordings of one Asterisk, which writes to ``folder``. Methods raise EngineRefused and EngineAway."""

    def __init__(self, ami: Ami, folder: Path) -> None:
        self._ami = ami
        self._folder = folder

    async def play(self, ari: AriSocket, command: PlayTone) -> None:
        """Begin a tone."""
        if command.tone not in _MEDIA:
            response = await ari.request("POST", _indication(command.leg_id, command.tone))
        else:
            playback = _playback(command.leg_id, command.tone)
            if (await ari.request("GET", f"playbacks/{playback}")).is_ok:
                return  # a second one of the same id would wait for its turn
            body = {"media": _MEDIA[command.tone]}
            response = await ari.request("POST", f"channels/{command.leg_id}/play/{playback}", body)
        if not response.is_ok:
            raise EngineRefused(response.reason, is_gone=response.is_gone)

    async def stop(self, ari: AriSocket, command: StopTone) -> None:
        """End a tone."""
        if command.tone not in _MEDIA:
            path = _indication(command.leg_id, command.tone)
        else:
            path = f"playbacks/{_playback(command.leg_id, command.tone)}"
        response = await ari.request("DELETE", path)
        if not response.is_ok and response.status_code not in _OVER:
            raise EngineRefused(response.reason)

    async def reset(self, ari: AriSocket, command: ResetAudio) -> None:
        """Have the leg's translator made anew, which a moment of silence of our own does.

        Debian's Asterisk drops what a translator takes for a late packet: one whose RTP number is up to 32,768 behind
        that of the packet before, whoever sent it (docs/asterisk.md).
        """
        for method in ("POST", "DELETE"):
            response = await ari.request(method, f"channels/{command.leg_id}/silence")
            if not response.is_ok and response.status_code not in _OVER:
                raise EngineRefused(response.reason)

    async def record(self, ari: AriSocket, command: StartRecording) -> None:
        """Record what the leg says and what it hears, each into a file of its own.

        MixMonitor's stereo file (its option D) is broken when a leg is wide band; these two are not, and of one length.
        """
        recorder = _recorder(command)
        query = {"variable": recorder}
        if (await ari.request("GET", f"channels/{command.leg_id}/variable", query=query)).is_ok:
            return
        said, heard = (
            self._folder / raw_name(command.name, command.part, side)
            for side in (command.side, _OTHER_SIDE[command.side])
        )
        await self._ami.do("MixMonitor", Channel=command.leg_id, Options=f"Sr({said})t({heard})i({recorder})")

    async def stop_recording(self, _ari: AriSocket, command: StopRecording) -> None:
        """Close the files."""
        try:
            await self._ami.do("StopMixMonitor", Channel=command.leg_id)
        except EngineRefused as refused:
            if not refused.is_gone and not refused.reason.endswith(_NOT_RECORDED):
                raise

    async def pause(self, _ari: AriSocket, command: PauseRecording) -> None:
        """Write silence of the same length."""
        await self._mute(command.leg_id, state="1")

    async def resume(self, _ari: AriSocket, command: ResumeRecording) -> None:
        """Write what is said again."""
        await self._mute(command.leg_id, state="0")

    async def _mute(self, leg_id: str, *, state: str) -> None:
        await self._ami.do("MixMonitorMute", Channel=leg_id, Direction="both", State=state)


def _recorder(command: StartRecording) -> str:
    """The channel variable by which a repeated command is recognised: MixMonitor sets it."""
    return "RECORDER_" + re.sub(r"\W", "_", f"{command.name}_{command.part}")


def _indication(leg_id: str, tone: Tone) -> str:
    return f"channels/{leg_id}/moh" if tone is Tone.MUSIC else f"channels/{leg_id}/ring"


def _playback(leg_id: str, tone: Tone) -> str:
    return f"{leg_id}-{tone.value}"
