from dataclasses import replace

import pytest

from cordboard.api.alohub.descriptions import _TEXTS, description
from cordboard.domain.call_state import EndReason, Party
from tests.api.alohub.samples import INBOUND, INTERNAL, MISSED, REPORTED, SAMPLE


def test_the_documented_sample() -> None:
    assert description(REPORTED, "vi") == "INBOUND-Khách hàng kết thúc trước khi timeout"


@pytest.mark.parametrize("reason", list(EndReason))
def test_every_reason_has_words_of_its_own_in_both_languages(reason: EndReason) -> None:
    assert reason in _TEXTS
    for language in ("vi", "en"):
        others = {description(replace(SAMPLE, end_reason=other), language) for other in EndReason if other != reason}
        own = description(replace(SAMPLE, end_reason=reason), language)
        assert own not in others
        assert "{" not in own
        assert own.startswith("OUTBOUND-")
        assert own[len("OUTBOUND-")].isupper()


def test_a_failed_leg_and_its_sip_code() -> None:
    busy = replace(MISSED, end_reason=EndReason.CUSTOMER_BUSY, sip_code=486)
    assert description(busy, "en") == "OUTBOUND-The customer was busy [IPCC_NOT_CONNECT_CUSTOMER 486]"
    away = replace(MISSED, end_reason=EndReason.AGENT_UNREACHABLE, failed_party=Party.AGENT, sip_code=480)
    assert description(away, "vi") == (
        "OUTBOUND-Không liên lạc được với điện thoại viên [IPCC_NOT_CONNECT_AGENT_ID 480]"
    )
    assert description(replace(busy, sip_code=None), "en").endswith(" [IPCC_NOT_CONNECT_CUSTOMER]")


def test_no_leg_failed_when_somebody_gave_up_or_had_talked() -> None:
    gave_up = replace(MISSED, end_reason=EndReason.AGENT_GAVE_UP, failed_party=Party.AGENT, sip_code=487)
    for facts in (gave_up, SAMPLE, INBOUND):
        assert "[" not in description(facts, "vi")


def test_nobody_is_a_customer_inside() -> None:
    texts = [
        description(replace(INTERNAL, end_reason=reason), language) for reason in EndReason for language in ("vi", "en")
    ]
    assert not [text for text in texts if "customer" in text or "hách hàng" in text]
    assert all(text.startswith("OUTBOUND-") for text in texts)
