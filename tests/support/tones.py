"""What can be heard in a recording: tones by Goertzel's algorithm, and silence. Standard library only, but for MP3.

Levels are in dB relative to a full-scale sine (0 dBFS); shares are the part of a signal's power, 0 to 1.
"""

import math
import wave
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul
from pathlib import Path

import miniaudio

SILENCE_DBFS = -50.0
WINDOW_SECONDS = 0.1

# A tone that is alone has nearly all power: G.711's quantisation leaves 38 dB below it, an MP3's coding less.
TONE_SHARE = 0.9
# ... and of two mixed at one level each has half.
PRESENT_SHARE = 0.05

_FULL_SCALE_POWER = 32767.0**2 / 2
_LOWEST_DBFS = -120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One channel: 16-bit samples at ``rate`` a second."""

    rate: int
    samples: Sequence[int]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate

    def part(self, start_seconds: float, end_seconds: float | None = None) -> "Sound":
        """A piece of it; negative seconds count from its end."""
        end = len(self.samples) if end_seconds is None else int(end_seconds * self.rate)
        return Sound(rate=self.rate, samples=self.samples[int(start_seconds * self.rate) : end])

    @property
    def level_dbfs(self) -> float:
        """Its loudness on the whole."""
        return _dbfs(_power(self.samples))

    @property
    def is_silent(self) -> bool:
        """Whether no tenth of a second of it is louder than ``SILENCE_DBFS``."""
        return not any(loud for _, loud in self._windows())

    def share(self, hz: float) -> float:
        """The part of its power that is at ``hz``, 0 for silence."""
        power = _power(self.samples)
        if _dbfs(power) < SILENCE_DBFS:
            return 0.0
        return min(1.0, goertzel(self.samples, self.rate, hz) / power)

    def is_tone(self, hz: float) -> bool:
        """Whether it is ``hz`` and nothing else while it is not silent, but for edges and gaps: a fifth of it."""
        windows = [self.part(start, start + WINDOW_SECONDS) for start, loud in self._windows() if loud]
        pure = sum(window.share(hz) >= TONE_SHARE for window in windows)
        return bool(windows) and pure >= 0.8 * len(windows)

    def begins_with(self, hz: float, seconds: float) -> bool:
        """Whether the first ``seconds`` in which it is heard at all are ``hz``: on a busy machine audio begins late."""
        return self._heard_part().part(0, seconds).is_tone(hz)

    def ends_in(self, hz: float, seconds: float) -> bool:
        """Whether the last ``seconds`` in which it is heard at all are ``hz``."""
        return self._heard_part().part(-seconds).is_tone(hz)

    def _heard_part(self) -> "Sound":
        """From its first window that is not silent to its last."""
        loud = [start for start, is_loud in self._windows() if is_loud]
        return self.part(loud[0], loud[-1] + WINDOW_SECONDS) if loud else self.part(0, 0)

    def seconds_of(self, hz: float) -> float:
        """For how long ``hz`` alone is heard, to a tenth of a second."""
        shares = (self.part(start, start + WINDOW_SECONDS).share(hz) for start, loud in self._windows() if loud)
        return sum(share >= TONE_SHARE for share in shares) * WINDOW_SECONDS

    def tones(self, candidates: Iterable[float]) -> set[float]:
        """Which of ``candidates`` are heard anywhere in it, alone or with others, for two tenths of a second."""
        return {hz for hz in candidates if self._has(hz)}

    def _has(self, hz: float) -> bool:
        """Two windows in a row: the edge of any other tone has a little of everything."""
        was_heard = False
        for start, loud in self._windows():
            is_heard = loud and self.part(start, start + WINDOW_SECONDS).share(hz) >= PRESENT_SHARE
            if is_heard and was_heard:
                return True
            was_heard = is_heard
        return False

    def silences(self, at_least_seconds: float = 0.2) -> list[tuple[float, float]]:
        """Where it is silent, as start and end in seconds, to a tenth."""
        found: list[tuple[float, float]] = []
        for start, loud in self._windows():
            if loud:
                continue
            if found and math.isclose(found[-1][1], start, abs_tol=1e-6):
                found[-1] = (found[-1][0], start + WINDOW_SECONDS)
            else:
                found.append((start, start + WINDOW_SECONDS))
        return [(start, end) for start, end in found if end - start >= at_least_seconds - 1e-6]

    def _windows(self) -> Iterable[tuple[float, bool]]:
        """Each tenth of a second: its start, and whether it is louder than silence."""
        size = int(WINDOW_SECONDS * self.rate)
        for first in range(0, len(self.samples) - size + 1, size):
            yield first / self.rate, _dbfs(_power(self.samples[first : first + size])) >= SILENCE_DBFS


def goertzel(samples: Sequence[int], rate: int, hz: float) -> float:
    """The power of ``samples`` at ``hz``, in the unit of their mean square."""
    if not samples:
        return 0.0
    factor = 2.0 * math.cos(2.0 * math.pi * hz / rate)
    last = before = 0.0
    for sample in samples:
        last, before = sample + factor * last - before, last
    count = len(samples)
    return 2.0 * (last * last + before * before - factor * last * before) / (count * count)


def read_wav(path: Path) -> tuple[Sound, ...]:
    """The channels of a wav file, left first. One still being written is read as far as it goes."""
    with path.open("rb") as file:
        data = file.read()
    with wave.open(str(path), "rb") as header:
        rate, channels, width = header.getframerate(), header.getnchannels(), header.getsampwidth()
    assert width == 2, f"{path} has {width * 8}-bit samples"
    # Asterisk writes the length into the header when it closes the file.
    return split(data[data.index(b"data") + 8 :], rate, channels)


def decode_mp3(data: bytes) -> tuple[Sound, ...]:
    """The channels of an MP3, left first, at its own rate."""
    decoded = miniaudio.mp3_read_s16(data)
    return split(decoded.samples.tobytes(), decoded.sample_rate, decoded.nchannels)


def split(data: bytes, rate: int, channels: int) -> tuple[Sound, ...]:
    """Interleaved 16-bit little-endian samples as channels."""
    samples = array("h", data[: len(data) // (2 * channels) * 2 * channels])
    return tuple(Sound(rate=rate, samples=samples[channel::channels]) for channel in range(channels))


def sine(hz: float, seconds: float, *, rate: int = 8000, level_dbfs: float = -12.0) -> Sound:
    """A pure tone."""
    amplitude = 32767 * 10 ** (level_dbfs / 20)
    step = 2 * math.pi * hz / rate
    return Sound(
        rate=rate, samples=array("h", (round(amplitude * math.sin(step * n)) for n in range(int(seconds * rate))))
    )


def raw_tone(seconds: float, hertz: float = 0) -> bytes:
    """One side of a recording as the engine writes it, 8 kHz: a tone of a quarter of full scale, 0: silence."""
    samples = sine(hertz, seconds).samples if hertz else array("h", bytes(2 * int(seconds * 8000)))
    return array("h", samples).tobytes()


def write_wav(path: Path, *channels: Sound) -> None:
    """Write channels of one length as a wav file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(channels[0].rate)
        frames = zip(*(channel.samples for channel in channels), strict=True)
        file.writeframes(array("h", (sample for frame in frames for sample in frame)).tobytes())


def _power(samples: Sequence[int]) -> float:
    return sum(map(mul, samples, samples)) / len(samples) if samples else 0.0


def _dbfs(power: float) -> float:
    return max(_LOWEST_DBFS, 10 * math.log10(power / _FULL_SCALE_POWER)) if power > 0 else _LOWEST_DBFS
