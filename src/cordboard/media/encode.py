"""Raw audio to MP3.

LAME works outside Python's global lock: 15 minutes of stereo take 0.6 s in one thread while another one's 1 ms sleeps
stay at 1.09 ms (p50; 2.6 ms at most), and two threads on two cores do twice that in 0.77 s. Threads do; a pool of
processes is not needed.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import lameenc

SAMPLES_A_SECOND = 8000
BYTES_A_SAMPLE = 2
# The most that MPEG-2.5, the only MP3 with 8 kHz, can say: 32 kbit/s for each party, 28 MB an hour. LAME joins the
# channels where that saves bits; with only one party speaking, nothing of it was found in the other's channel.
KILOBITS_A_SECOND = 64
# From 2 (best) to 7 (fastest), times real time on one core: 2 takes 900, 5 takes 1,500, 7 takes 1,800.
LAME_QUALITY = 5
# 8 s of audio at a time: an hour takes no more memory than a minute.
CHUNK_BYTES = 64_000 * BYTES_A_SAMPLE


Sides = tuple[BinaryIO | None, BinaryIO | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPart:
    """A stretch of a call: where each side's file is, if there is one.

    Files are 8 kHz, signed 16 bits, little-endian, without a header.
    """

    left: Path
    right: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedAudio:
    """An MP3 file. ``sha256`` is hexadecimal."""

    duration_seconds: float
    size_bytes: int
    sha256: str


@contextmanager
def opened(parts: Iterable[RawPart]) -> Iterator[list[Sides]]:
    """The files of each part, None where there is none. One that is deleted meanwhile can be read all the same.

    Raises:
        OSError: a file cannot be read.
    """
    with ExitStack() as stack:

        def source(path: Path) -> BinaryIO | None:
            try:
                return stack.enter_context(path.open("rb"))
            except FileNotFoundError:
                return None

        yield [(source(part.left), source(part.right)) for part in parts]


def encode_mp3(parts: Iterable[Sides], into: BinaryIO) -> EncodedAudio:
    """Encode parts, one after another, as one stereo MP3. Blocks: call it in a thread.

    Where one side of a part is shorter than the other, or missing, it is silent. Half a sample at the end of a file, as
    a killed engine leaves it, is dropped.

    Raises:
        OSError: a file cannot be read, or the MP3 not written.
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

    for stereo in chain.from_iterable(_interleaved(*sides) for sides in parts):
        frames += len(stereo) // 2
        write(encoder.encode(stereo.tobytes()))
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


def _interleaved(left: BinaryIO | None, right: BinaryIO | None) -> "Iterator[array[int]]":
    """Two files of one part as chunks of stereo samples."""
    while True:
        sides = [_samples(file) for file in (left, right)]
        count = max(len(side) for side in sides)
        if not count:
            return
        stereo = array("h", bytes(2 * count * BYTES_A_SAMPLE))
        for channel, side in enumerate(sides):
            stereo[channel : 2 * len(side) : 2] = side
        yield stereo


def _samples(file: BinaryIO | None) -> "array[int]":
    data = file.read(CHUNK_BYTES) if file else b""
    return array("h", data[: len(data) - len(data) % BYTES_A_SAMPLE])
