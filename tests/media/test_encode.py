import hashlib
import io
from pathlib import Path

import pytest

from cordboard.media.encode import CHUNK_BYTES, EncodedAudio, describe_mp3, encode_mp3
from tests.support.tones import decode_mp3, raw_stereo


def encode(folder: Path, raw: bytes, *, is_swapped: bool = False) -> tuple[EncodedAudio, bytes]:
    path = folder / "call.raw"
    path.write_bytes(raw)
    into = io.BytesIO()
    return encode_mp3(path, into, is_swapped=is_swapped), into.getvalue()


@pytest.mark.parametrize("is_swapped", [False, True])
def test_each_channel_holds_its_own_party_alone(tmp_path: Path, is_swapped: bool) -> None:
    raw = (
        raw_stereo(2, left_hertz=440)
        + raw_stereo(2, right_hertz=1000)
        + raw_stereo(2, left_hertz=440, right_hertz=1000)
    )
    _, mp3 = encode(tmp_path, raw, is_swapped=is_swapped)
    first, second = decode_mp3(mp3)
    if is_swapped:
        first, second = second, first
    assert first.part(0.5, 1.5).is_tone(440)
    assert second.part(0.5, 1.5).is_silent
    assert first.part(2.5, 3.5).is_silent
    assert second.part(2.5, 3.5).is_tone(1000)
    assert first.part(4.5, 5.5).is_tone(440)
    assert second.part(4.5, 5.5).is_tone(1000)


def test_silence_stays_silence(tmp_path: Path) -> None:
    _, mp3 = encode(tmp_path, raw_stereo(1, left_hertz=440) + raw_stereo(2) + raw_stereo(1, left_hertz=440))
    left, _ = decode_mp3(mp3)
    assert left.part(0.3, 0.8).is_tone(440)
    assert left.part(1.5, 2.7).is_silent
    assert left.part(3.3, 3.8).is_tone(440)


def test_says_what_it_wrote(tmp_path: Path) -> None:
    encoded, mp3 = encode(tmp_path, raw_stereo(2.5, left_hertz=440))
    assert encoded == EncodedAudio(duration_seconds=2.5, size_bytes=len(mp3), sha256=hashlib.sha256(mp3).hexdigest())
    (tmp_path / "call.mp3").write_bytes(mp3)
    described = describe_mp3(tmp_path / "call.mp3")
    assert (described.size_bytes, described.sha256) == (encoded.size_bytes, encoded.sha256)
    assert described.duration_seconds == pytest.approx(2.5, abs=0.25)


def test_longer_than_a_chunk_is_seamless(tmp_path: Path) -> None:
    seconds = 2 * CHUNK_BYTES // 32_000 + 1
    encoded, mp3 = encode(tmp_path, raw_stereo(seconds, left_hertz=500), is_swapped=True)
    left, right = decode_mp3(mp3)
    assert encoded.duration_seconds == seconds
    assert left.is_silent
    assert right.part(1, seconds).is_tone(500)


def test_half_a_frame_at_the_end_is_dropped(tmp_path: Path) -> None:
    encoded, _ = encode(tmp_path, raw_stereo(1, left_hertz=440) + b"\x01\x02\x03", is_swapped=True)
    assert encoded.duration_seconds == 1


@pytest.mark.parametrize("raw", [b"", b"\x01\x02\x03"])
def test_nothing_in_nothing_out(tmp_path: Path, raw: bytes) -> None:
    encoded, mp3 = encode(tmp_path, raw)
    assert (encoded.duration_seconds, encoded.size_bytes, mp3) == (0, 0, b"")
