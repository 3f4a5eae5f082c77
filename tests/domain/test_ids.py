"""Identities that we choose."""

import re
from datetime import UTC, datetime
from uuid import UUID

from cordboard.domain import ids


def test_call_ids_are_version_7_and_sort_by_time() -> None:
    made = [ids.new_call_id() for _ in range(3)]
    assert {(call_id.version, call_id.variant) for call_id in made} == {(7, "specified in RFC 4122")}
    assert made[0].int >> 80 <= made[2].int >> 80


def test_a_reference_is_the_local_start_letters_and_digits() -> None:
    reference = ids.new_reference(datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC))
    assert re.fullmatch(r"20260310095227-[A-Z]{8}-\d{4}", reference)


def test_a_leg_leads_back_to_its_call() -> None:
    call_id = ids.new_call_id()
    assert ids.call_id_of(ids.leg_id(call_id, 2)) == call_id
    assert ids.call_id_of(ids.bridge_id(call_id)) == call_id


def test_foreign_channel_ids_lead_to_no_call() -> None:
    for foreign in ("1774000000.12", "", "-1", f"{UUID(int=0).hex}", "z" * 32 + "-1", UUID(int=1).hex[:31] + "-1"):
        assert ids.call_id_of(foreign) is None


def test_recording_names_cannot_be_guessed_from_the_call() -> None:
    call_id = ids.new_call_id()
    first, second = ids.new_recording_name(call_id), ids.new_recording_name(call_id)
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{32}\.mp3", first)


def test_a_uuid_is_read_in_both_of_its_forms_and_no_other() -> None:
    known = UUID("8ff3728f-b5c5-d956-0e81-c3c7080c3b95")
    for text in (str(known), known.hex, known.hex.upper()):
        assert ids.read_uuid(text) == known
    for text in ("", "1", known.hex[:-1], f"{known.hex}0", f"{{{known}}}", known.urn, "g" * 32, "٣" * 32, f"{known}\n"):
        assert ids.read_uuid(text) is None
