import hashlib
import io
import tracemalloc
from pathlib import Path

import pytest

from cordboard.media.encode import CHUNK_BYTES, EncodedAudio, RawPart, describe_mp3, encode_mp3, opened
from tests.support.tones import decode_mp3, raw_tone

Part = tuple[bytes | None, bytes | None]


def encode(folder: Path, *parts: Part) -> tuple[EncodedAudio, bytes]:
    """Encode parts, each with its left and its right side; None: there is no such file."""
    made = []
    for number, part in enumerate(parts):
        paths = tuple(folder / f"{number}.{side}" for side in ("left", "right"))
        for path, data in zip(paths, part, strict=True):
            if data is not None:
                path.write_bytes(data)
        made.append(RawPart(left=paths[0], right=paths[1]))
    into = io.BytesIO()
    with opened(made) as sources:
        return encode_mp3(sources, into), into.getvalue()


def test_each_channel_holds_its_own_party_alone(tmp_path: Path) -> None:
    left = raw_tone(2, 440) + raw_tone(2) + raw_tone(2, 440)
    right = raw_tone(2) + raw_tone(2, 1000) + raw_tone(2, 1000)
    _, mp3 = encode(tmp_path, (left, right))
    first, second = decode_mp3(mp3)
    assert first.part(0.5, 1.5).is_tone(440)
    assert second.part(0.5, 1.5).is_silent
    assert first.part(2.5, 3.5).is_silent
    assert second.part(2.5, 3.5).is_tone(1000)
    assert first.part(4.5, 5.5).is_tone(440)
    assert second.part(4.5, 5.5).is_tone(1000)


def test_silence_stays_silence(tmp_path: Path) -> None:
    _, mp3 = encode(tmp_path, (raw_tone(1, 440) + raw_tone(2) + raw_tone(1, 440), raw_tone(4)))
    left, _ = decode_mp3(mp3)
    assert left.part(0.3, 0.8).is_tone(440)
    assert left.part(1.5, 2.7).is_silent
    assert left.part(3.3, 3.8).is_tone(440)


def test_parts_follow_one_another_whatever_is_missing_of_them(tmp_path: Path) -> None:
    encoded, mp3 = encode(
        tmp_path,
        (raw_tone(2, 440), raw_tone(1, 1000)),
        (None, None),
        (None, raw_tone(2, 1000)),
        (b"", b""),
        (raw_tone(1, 600), raw_tone(2, 1400)),
    )
    assert encoded.duration_seconds == 6
    left, right = decode_mp3(mp3)
    for start, left_hertz, right_hertz in ((0, 440, 1000), (1, 440, 0), (2, 0, 1000), (4, 600, 1400), (5, 0, 1400)):
        for channel, hertz in ((left, left_hertz), (right, right_hertz)):
            stretch = channel.part(start + 0.3, start + 0.8)
            assert stretch.is_tone(hertz) if hertz else stretch.is_silent, start


def test_what_is_deleted_meanwhile_is_read_all_the_same(tmp_path: Path) -> None:
    part = RawPart(left=tmp_path / "left", right=tmp_path / "right")
    part.left.write_bytes(raw_tone(1, 440))
    with opened([part]) as sources:
        part.left.unlink()
        assert encode_mp3(sources, io.BytesIO()).duration_seconds == 1


def test_says_what_it_wrote(tmp_path: Path) -> None:
    encoded, mp3 = encode(tmp_path, (raw_tone(2.5, 440), raw_tone(2.5)))
    assert encoded == EncodedAudio(duration_seconds=2.5, size_bytes=len(mp3), sha256=hashlib.sha256(mp3).hexdigest())
    (tmp_path / "call.mp3").write_bytes(mp3)
    described = describe_mp3(tmp_path / "call.mp3")
    assert (described.size_bytes, described.sha256) == (encoded.size_bytes, encoded.sha256)
    assert described.duration_seconds == pytest.approx(2.5, abs=0.25)


def test_longer_than_a_chunk_is_seamless(tmp_path: Path) -> None:
    seconds = 2 * CHUNK_BYTES // 16_000 + 1
    encoded, mp3 = encode(tmp_path, (raw_tone(seconds), raw_tone(seconds, 500)))
    left, right = decode_mp3(mp3)
    assert encoded.duration_seconds == seconds
    assert left.is_silent
    assert right.part(1, seconds).is_tone(500)


def test_half_a_sample_at_the_end_is_dropped(tmp_path: Path) -> None:
    encoded, _ = encode(tmp_path, (raw_tone(1, 440) + b"\x01", raw_tone(1) + b"\x02"))
    assert encoded.duration_seconds == 1


@pytest.mark.parametrize("raw", [None, b"", b"\x01"])
def test_nothing_in_nothing_out(tmp_path: Path, raw: bytes | None) -> None:
    encoded, mp3 = encode(tmp_path, (raw, raw))
    assert (encoded.duration_seconds, encoded.size_bytes, mp3) == (0, 0, b"")


def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    minute = raw_tone(60, 440)
    part = RawPart(left=tmp_path / "left", right=tmp_path / "right")
    peaks = []
    for minutes in (1, 20):
        part.left.write_bytes(minute * minutes)
        part.right.write_bytes(minute * minutes)
        tracemalloc.start()
        with opened([part]) as sources, (tmp_path / "x.mp3").open("wb") as into:
            encode_mp3(sources, into)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
