"""What measures the tones is right itself."""

import random
from array import array
from pathlib import Path

import lameenc
import pytest

from tests.support.tones import Sound, decode_mp3, read_wav, sine, write_wav

RATE = 8000


def joined(*parts: Sound) -> Sound:
    return Sound(rate=RATE, samples=array("h", (sample for part in parts for sample in part.samples)))


def mixed(first: Sound, second: Sound) -> Sound:
    return Sound(rate=RATE, samples=array("h", map(sum, zip(first.samples, second.samples, strict=True))))


def silence(seconds: float) -> Sound:
    return Sound(rate=RATE, samples=array("h", bytes(2 * int(seconds * RATE))))


@pytest.mark.parametrize("hz", [310, 425, 620, 980, 2400, 3390])
def test_a_tone_is_itself_and_no_other(hz: int) -> None:
    tone = sine(hz, 1)
    assert tone.is_tone(hz)
    assert not tone.is_tone(hz + 20)
    assert tone.tones(range(300, 3400, 20) if hz % 20 == 0 else [hz, hz + 40, hz - 40]) == {hz}
    assert tone.level_dbfs == pytest.approx(-12, abs=0.1)


def test_two_tones_at_once_are_heard_both_and_neither_is_alone() -> None:
    both = mixed(sine(620, 1, level_dbfs=-15), sine(980, 1, level_dbfs=-15))
    assert both.tones([425, 620, 980]) == {620, 980}
    assert not both.is_tone(620)
    assert both.seconds_of(620) == 0


def test_two_tones_one_after_the_other_have_their_lengths() -> None:
    sound = joined(sine(620, 0.5), silence(0.7), sine(980, 0.3))
    assert sound.tones([620, 980]) == {620, 980}
    assert sound.seconds_of(620) == pytest.approx(0.5)
    assert sound.seconds_of(980) == pytest.approx(0.3)
    ((start, end),) = sound.silences()
    assert start == pytest.approx(0.5)
    assert end == pytest.approx(1.2)
    assert sound.part(-0.3).is_tone(980)


def test_silence_has_no_tone() -> None:
    assert silence(1).is_silent
    assert silence(1).tones([425, 620]) == set()
    assert not silence(1).is_tone(620)
    assert not sine(620, 1, level_dbfs=-40).is_silent


def test_noise_is_no_tone() -> None:
    noise = random.Random(1)
    sound = Sound(rate=RATE, samples=array("h", (noise.randint(-8000, 8000) for _ in range(RATE))))
    assert not sound.is_silent
    assert not any(sound.is_tone(hz) for hz in (425, 620, 980))


def test_channels_keep_their_sides_in_a_wav_and_in_an_mp3(tmp_path: Path) -> None:
    left, right = sine(620, 2), sine(980, 2)
    write_wav(tmp_path / "both.wav", left, right)
    for side, hz in zip(read_wav(tmp_path / "both.wav"), (620, 980), strict=True):
        assert side.is_tone(hz)
        assert side.seconds == 2

    encoder = lameenc.Encoder()
    encoder.set_channels(2)
    encoder.set_in_sample_rate(RATE)
    encoder.set_bit_rate(32)
    frames = array("h", (sample for frame in zip(left.samples, right.samples, strict=True) for sample in frame))
    decoded = decode_mp3(bytes(encoder.encode(frames.tobytes()) + encoder.flush()))
    for side, hz, other in zip(decoded, (620, 980), (980, 620), strict=True):
        assert side.is_tone(hz)
        assert side.tones([other]) == set()
