"""The commands about what a leg hears and what is recorded of it.

Ringback is Asterisk's ringing indication: it works in a bridge and outside, and gives way to audio that comes through
the bridge (early media). The others are playbacks, which are heard whatever the bridge says.
"""

from pathlib import Path

from cordboard.domain.commands import PauseRecording, PlayTone, ResumeRecording, StartRecording, StopTone, Tone
from cordboard.engine.asterisk.ami import Ami
from cordboard.engine.asterisk.ari import AriSocket
from cordboard.engine.port import EngineRefused

_MEDIA = {Tone.BUSY: "tone:busy", Tone.UNAVAILABLE: "tone:congestion"}

# Set on a recorded leg by MixMonitor itself: how a repeated command is recognised.
_RECORDER = "CORDBOARD_RECORDER"

# Of a tone that shall end: it, or its leg, is gone (404) or on its way out.
_OVER = frozenset({404, 409, 412})


class Audio:
    """Tones and recordings of one Asterisk, which writes to ``folder``. Methods raise EngineRefused and EngineAway."""

    def __init__(self, ami: Ami, folder: Path) -> None:
        self._ami = ami
        self._folder = folder

    async def play(self, ari: AriSocket, command: PlayTone) -> None:
        """Begin a tone."""
        if command.tone is Tone.RINGBACK:
            response = await ari.request("POST", f"channels/{command.leg_id}/ring")
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
        if command.tone is Tone.RINGBACK:
            path = f"channels/{command.leg_id}/ring"
        else:
            path = f"playbacks/{_playback(command.leg_id, command.tone)}"
        response = await ari.request("DELETE", path)
        if not response.is_ok and response.status_code not in _OVER:
            raise EngineRefused(response.reason)

    async def record(self, ari: AriSocket, command: StartRecording) -> None:
        """Record 8 kHz signed 16-bit samples, interleaved: what the leg says, what it hears."""
        query = {"variable": _RECORDER}
        if (await ari.request("GET", f"channels/{command.leg_id}/variable", query=query)).is_ok:
            return
        file = self._folder / f"{command.name.removesuffix('.mp3')}.raw"
        await self._ami.do("MixMonitor", Channel=command.leg_id, File=str(file), Options=f"Di({_RECORDER})")

    async def pause(self, _ari: AriSocket, command: PauseRecording) -> None:
        """Write silence of the same length."""
        await self._mute(command.leg_id, state="1")

    async def resume(self, _ari: AriSocket, command: ResumeRecording) -> None:
        """Write what is said again."""
        await self._mute(command.leg_id, state="0")

    async def _mute(self, leg_id: str, *, state: str) -> None:
        await self._ami.do("MixMonitorMute", Channel=leg_id, Direction="both", State=state)


def _playback(leg_id: str, tone: Tone) -> str:
    return f"{leg_id}-{tone.value}"
