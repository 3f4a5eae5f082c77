"""The number plan as data."""

import phonenumbers
import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.dialplan import VARIABLES
from cordboard.lab.number_plan import EXAMPLES, NATIONAL_PREFIX, PLAN, number, table


def test_all_numbers_are_possible_ones() -> None:
    for national, _ in EXAMPLES:
        assert phonenumbers.is_possible_number(phonenumbers.parse(national, "VN"))


def test_the_table_shows_every_kind() -> None:
    assert len(table().splitlines()) == len(PLAN) + 1


def test_both_forms_of_a_number_are_one() -> None:
    national, international = number("4486"), number("4486", is_international=True)
    read = phonenumbers.parse(national, "VN")
    assert phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164) == international
    assert national.startswith(NATIONAL_PREFIX)


def test_a_behaviour_is_encoded_as_the_dialplan_reads_it() -> None:
    behaviour = Behaviour.answering(after_seconds=0.5, tone_hz=620, talk_seconds=7).recorded()
    fields = dict(zip(VARIABLES, behaviour.encoded().split(","), strict=True))
    assert fields["DO_SIP_CODE"] == "200"
    assert fields["DO_RING_SECONDS"] == "0.5"
    assert fields["DO_TONE_HZ"] == "620"
    assert fields["DO_TALK_SECONDS"] == "7"
    assert fields["DO_IS_RECORDED"] == "1"


def test_a_behaviour_cannot_refuse_with_what_is_no_refusal() -> None:
    with pytest.raises(ValueError, match="302"):
        Behaviour.rejecting(302)
