"""Raw stereo audio to MP3.

LAME works outside Python's global lock: 15 minutes of stereo take 0.57 s in one thread while another one's 1 ms sleeps
stay at 1.09 ms (p50; 2.6 ms at most), and two threads on two cores do twice that in 0.77 s. Threads do; a pool of
processes is not needed.
"""

import hashlib
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import lameenc

SAMPLES_A_SECOND = 8000
BYTES_A_FRAME = 4  # two channels of 16 bits
# The most that MPEG-2.5, the only MP3 with 8 kHz, can say: 32 kbit/s for each party, 28 MB an hour. LAME joins the
# channels where that saves bits; with only one party speaking, nothing of it was found in the other's channel.
KILOBITS_A_SECOND = 64
# From 2 (best) to 7 (fastest), times real time on one core: 2 takes 900, 5 takes 1,500, 7 takes 1,800.
LAME_QUALITY = 5
# 8 s of audio at a time: an hour takes no more memory than a minute.
CHUNK_BYTES = 64_000 * BYTES_A_FRAME


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedAudio:
    """An MP3 file. ``sha256`` is hexadecimal."""

    duration_seconds: float
    size_bytes: int
    sha256: str


def encode_mp3(raw: Path, into: BinaryIO, *, is_swapped: bool) -> EncodedAudio:
    """Encode interleaved stereo (8 kHz, signed 16 bits, little-endian, no header) as MP3. Blocks: call it in a thread.

    ``is_swapped``: the raw file's left channel becomes the right one. Half a frame at the end, as a killed engine
    leaves it, is dropped.

    Raises:
        OSError: the raw file cannot be read, or the MP3 not written.
    """
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(2)
    encoder.set_in_sample_rate(SAMPLES_A_SECOND)
    encoder.set_bit_rate(KILOBITS_A_SECOND)
    encoder.set_quality(LAME_QUALITY)
    frames = size_bytes = 0
    digest = hashlib.sha256()

    def write(encoded: bytes) -> None:
        nonlocal size_bytes
        size_bytes += into.write(encoded)
        digest.update(encoded)

    with raw.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            whole = chunk[: len(chunk) - len(chunk) % BYTES_A_FRAME]
            frames += len(whole) // BYTES_A_FRAME
            write(encoder.encode(_swap(whole) if is_swapped else whole))
    if frames:
        write(encoder.flush())
    return EncodedAudio(duration_seconds=frames / SAMPLES_A_SECOND, size_bytes=size_bytes, sha256=digest.hexdigest())


def describe_mp3(path: Path) -> EncodedAudio:
    """What ``encode_mp3`` wrote to a file. Blocks.

    The duration follows from the size, since the bit rate is constant; it includes up to 0.2 s of padding.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size_bytes = file.tell()
    return EncodedAudio(
        duration_seconds=size_bytes * 8 / (KILOBITS_A_SECOND * 1000), size_bytes=size_bytes, sha256=digest
    )


def _swap(frames: bytes) -> bytes:
    samples = array("H", frames)
    swapped = array("H", frames)
    swapped[0::2], swapped[1::2] = samples[1::2], samples[0::2]
    return swapped.tobytes()
