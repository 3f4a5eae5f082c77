"""Audio to test with: tones as the engine writes them, and how much of a tone is in what people hear."""

import math
from array import array
from collections.abc import Sequence
from pathlib import Path

import miniaudio

RATE = 8000

Samples = Sequence[int]


def raw_stereo(seconds: float, *, left_hertz: float = 0, right_hertz: float = 0) -> bytes:
    """Interleaved stereo, 8 kHz, signed 16 bits; a tone in each channel, 0 = silence."""
    samples = array("h", bytes(4 * int(seconds * RATE)))
    for offset, hertz in ((0, left_hertz), (1, right_hertz)):
        if hertz:
            step = 2 * math.pi * hertz / RATE
            samples[offset::2] = array("h", (int(8000 * math.sin(step * i)) for i in range(len(samples) // 2)))
    return samples.tobytes()


def decode_mp3(data: bytes) -> tuple[Samples, Samples]:
    """The left and the right channel of an MP3, 8 kHz."""
    decoded = miniaudio.decode(data, nchannels=2, sample_rate=RATE)
    return decoded.samples[0::2], decoded.samples[1::2]


def read_mp3(path: Path) -> tuple[Samples, Samples]:
    """The left and the right channel of an MP3 file."""
    return decode_mp3(path.read_bytes())


def part(channel: Samples, from_second: float, to_second: float) -> Samples:
    """A stretch of a channel."""
    return channel[int(from_second * RATE) : int(to_second * RATE)]


def loudness(channel: Samples) -> float:
    """Root mean square; a tone of ``raw_stereo`` has 5,657."""
    return math.sqrt(sum(sample * sample for sample in channel) / len(channel)) if channel else 0.0


def tone(channel: Samples, hertz: float) -> float:
    """Amplitude of one tone in a channel (Goertzel's sum, written out); one of ``raw_stereo`` has 8,000."""
    step = 2 * math.pi * hertz / RATE
    real = sum(sample * math.cos(step * i) for i, sample in enumerate(channel))
    imaginary = sum(sample * math.sin(step * i) for i, sample in enumerate(channel))
    return 2 * math.hypot(real, imaginary) / len(channel)
