"""Who is heard where: each party plays a tone of its own."""

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.ledger import LabCall
from cordboard.lab.number_plan import number, tone_number
from cordboard.lab.parties import Carrier, LabPhone
from tests.support.exchange import Office, Row
from tests.support.tones import TONE_SHARE, Sound, decode_mp3, read_wav

# Apart from each other's harmonics, from the engine's tones (425 Hz) and from announcements.
ALICE_HZ, BOB_HZ, CAROL_HZ, DESK_HZ, CUSTOMER_HZ = 620, 980, 1340, 780, 1780
ALL_HZ = (ALICE_HZ, BOB_HZ, CAROL_HZ, DESK_HZ, CUSTOMER_HZ)

# Answers at once and plays CUSTOMER_HZ.
CUSTOMER = number(tone_number(CUSTOMER_HZ))


def voice(hz: int, talk_seconds: float = 3600) -> Behaviour:
    """What a phone of the lab does that calls: it plays its tone and keeps what it hears."""
    return Behaviour(tone_hz=hz, talk_seconds=talk_seconds).recorded()


async def sound_at(party: LabPhone | Carrier, call: LabCall) -> Sound:
    """What a party of the lab heard in a call that has ended."""
    return read_wav(await party.heard(call))[0]


async def heard_by(party: LabPhone | Carrier, call: LabCall) -> set[float]:
    """Whom it heard."""
    return (await sound_at(party, call)).tones(ALL_HZ)


def is_heard_alone(hz: int, sound: Sound) -> bool:
    """Whether that is the one voice in it, and clear for half a second: on a busy machine phones send in pieces."""
    return sound.tones(ALL_HZ) == {hz} and sound.seconds_of(hz) >= 0.5


async def recorded_sides(office: Office, row: Row) -> tuple[Sound, Sound]:
    """What was recorded of a call: the agent's or caller's side, and the other one."""
    ready = await office.recorded(row["call_id"])
    answer, audio = await office.recording(ready["recording_url"])
    assert answer.status == 200
    left, right = decode_mp3(audio)
    return left, right


async def recorded_tones(office: Office, row: Row) -> tuple[set[float], set[float]]:
    """Who is heard on each side of a call's recording."""
    left, right = await recorded_sides(office, row)
    return left.tones(ALL_HZ), right.tones(ALL_HZ)


def seconds_of_music(sound: Sound) -> float:
    """For how long something is heard that is nobody's tone, to a tenth of a second."""
    parts = (sound.part(tenth / 10, (tenth + 1) / 10) for tenth in range(int(sound.seconds * 10)))
    return sum(not part.is_silent and all(part.share(hz) < TONE_SHARE for hz in ALL_HZ) for part in parts) / 10
