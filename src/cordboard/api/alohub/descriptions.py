"""How a call ended, in words for people: the ``description`` of reports, in both languages.

``{agent}`` and ``{customer}`` are filled in by the call's direction: in an internal call nobody is a customer.
"""

from dataclasses import dataclass
from functools import lru_cache

from cordboard.api.alohub.errors import VIETNAMESE
from cordboard.api.alohub.render import DIRECTIONS
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.call_state import EndReason, Party


@dataclass(frozen=True, slots=True)
class _Words:
    vi: str
    en: str

    def of(self, language: str) -> str:
        return self.vi if language == VIETNAMESE else self.en


_TEXTS: dict[EndReason, _Words] = {
    EndReason.AGENT_HUNG_UP: _Words("{agent} kết thúc cuộc gọi", "{agent} hung up"),
    EndReason.CUSTOMER_HUNG_UP: _Words("{customer} kết thúc cuộc gọi", "{customer} hung up"),
    EndReason.SYSTEM_HUNG_UP: _Words("Hệ thống kết thúc cuộc gọi", "The system ended the call"),
    EndReason.AGENT_GAVE_UP: _Words("{agent} kết thúc trước khi timeout", "{agent} hung up before the time-out"),
    # The document's own sample.
    EndReason.CUSTOMER_GAVE_UP: _Words(
        "{customer} kết thúc trước khi timeout", "{customer} hung up before the time-out"
    ),
    EndReason.AGENT_NO_ANSWER: _Words("{agent} không nghe máy", "{agent} did not answer"),
    EndReason.AGENT_BUSY: _Words("{agent} đang bận", "{agent} was busy"),
    EndReason.AGENT_DECLINED: _Words("{agent} từ chối cuộc gọi", "{agent} declined the call"),
    EndReason.AGENT_UNREACHABLE: _Words("Không liên lạc được với {agent}", "{agent} could not be reached"),
    EndReason.AGENT_FAILED: _Words("Không kết nối được đến {agent}", "The call to {agent} failed"),
    EndReason.CUSTOMER_NO_ANSWER: _Words("{customer} không nghe máy", "{customer} did not answer"),
    EndReason.CUSTOMER_BUSY: _Words("{customer} máy bận", "{customer} was busy"),
    EndReason.CUSTOMER_DECLINED: _Words("{customer} từ chối cuộc gọi", "{customer} declined the call"),
    EndReason.CUSTOMER_UNREACHABLE: _Words("Không liên lạc được với {customer}", "{customer} could not be reached"),
    EndReason.CUSTOMER_FAILED: _Words("Không kết nối được đến {customer}", "The call to {customer} failed"),
    EndReason.AGENT_TRANSFERRED: _Words("{agent} chuyển cuộc gọi", "{agent} transferred the call"),
    EndReason.CUSTOMER_TRANSFERRED: _Words("{customer} chuyển cuộc gọi", "{customer} transferred the call"),
    EndReason.QUEUE_EXPIRED: _Words("Tổng đài quá tải", "The telephone engine was overloaded"),
    EndReason.ENGINE_REFUSED: _Words("Lỗi tổng đài", "The telephone engine failed"),
    EndReason.ENGINE_LOST: _Words("Mất kết nối tổng đài", "The telephone engine was lost"),
}
_PARTIES = {
    Party.AGENT: _Words("điện thoại viên", "the agent"),
    Party.CUSTOMER: _Words("khách hàng", "the customer"),
}
_INTERNAL_PARTIES = {
    Party.AGENT: _Words("máy lẻ gọi", "the caller"),
    Party.CUSTOMER: _Words("máy lẻ được gọi", "the called extension"),
}
_FAILED_LEGS = {Party.AGENT: "IPCC_NOT_CONNECT_AGENT_ID", Party.CUSTOMER: "IPCC_NOT_CONNECT_CUSTOMER"}
# Nobody's leg failed when a caller no longer wanted to wait.
_GIVEN_UP = frozenset({EndReason.AGENT_GAVE_UP, EndReason.CUSTOMER_GAVE_UP})


def description(facts: CallFacts, language: str) -> str:
    """``INBOUND-Khách hàng kết thúc trước khi timeout``; of a leg that failed also which, and its SIP code."""
    reason = facts.end_reason or EndReason.ENGINE_LOST
    return _description(facts.direction, reason, facts.failed_party, facts.sip_code, language)


@lru_cache(maxsize=4096)
def _description(way: Direction, reason: EndReason, failed: Party | None, sip_code: int | None, language: str) -> str:
    return f"{DIRECTIONS[way]}-{_ended(way, reason, language)}{_failed_leg(reason, failed, sip_code)}"


def _ended(way: Direction, reason: EndReason, language: str) -> str:
    parties = _INTERNAL_PARTIES if way is Direction.INTERNAL else _PARTIES
    agent, customer = (parties[party].of(language) for party in (Party.AGENT, Party.CUSTOMER))
    text = _TEXTS[reason].of(language).format(agent=agent, customer=customer)
    return text[0].upper() + text[1:]


def _failed_leg(reason: EndReason, failed: Party | None, sip_code: int | None) -> str:
    if failed is None or reason in _GIVEN_UP:
        return ""
    code = "" if sip_code is None else f" {sip_code}"
    return f" [{_FAILED_LEGS[failed]}{code}]"
