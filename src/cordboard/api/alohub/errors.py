"""The one table from what goes wrong to what Alohub's clients read: status, ``error_code``, words in both languages."""

from dataclasses import dataclass

import msgspec
import structlog
from starlette.responses import Response

from cordboard.api.alohub.schemas import Envelope
from cordboard.api.common.errors import (
    NotAcceptable,
    PayloadTooLarge,
    Reason,
    RecordingExpired,
    UnknownPath,
    UnsatisfiableRange,
    WrongMethod,
)
from cordboard.api.common.visit import Visit
from cordboard.domain.errors import (
    AlreadyExists,
    Forbidden,
    InvalidInput,
    NotFound,
    Refusal,
    TokenRefused,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WrongCredentials,
    WrongTenant,
)
from cordboard.domain.tenant import Identity

log = structlog.get_logger()

VIETNAMESE = "vi"
ENGLISH = "en"
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class WireError:
    """How one thing that can go wrong looks to a client. What stands in braces is filled in."""

    status: int
    code: str
    vi: str
    en: str

    def message(self, language: str, **parts: str) -> str:
        """For a person, in ``language``."""
        return (self.vi if language == VIETNAMESE else self.en).format(**parts)


# The first class that the error is an instance of counts: the narrower stand before the wider.
_ERRORS: dict[type[Exception], WireError] = {
    InvalidInput: WireError(400, "INVALID_INPUT", "Trường '{field}' {reason}", "Field '{field}' {reason}"),
    AlreadyExists: WireError(400, "INVALID_INPUT", "'{name}' đã được sử dụng", "'{name}' is taken already"),
    WrongCredentials: WireError(
        401, "UNAUTHORIZED", "Sai tên đăng nhập hoặc mật khẩu", "The user name or the password is wrong"
    ),
    TokenRefused: WireError(
        401, "UNAUTHORIZED", "Thiếu X-ACCESS-TOKEN hoặc đã hết hạn", "X-ACCESS-TOKEN is missing or not valid any more"
    ),
    Unauthenticated: WireError(
        401, "UNAUTHORIZED", "Thiếu API key hoặc API key không hợp lệ", "The API key is missing or not valid"
    ),
    WrongTenant: WireError(
        403,
        "INSUFFICIENT_SCOPE",
        "API key không thuộc về X-Tenant-ID đã gửi",
        "The API key is not of the tenant that X-Tenant-ID names",
    ),
    Forbidden: WireError(
        403, "INSUFFICIENT_SCOPE", "API key không có quyền '{reason}'", "The API key lacks the right to '{reason}'"
    ),
    TooManyRequests: WireError(
        429,
        "RATE_LIMIT_EXCEEDED",
        "Vượt quá giới hạn số yêu cầu, thử lại sau {seconds} giây",
        "Too many requests, try again in {seconds} seconds",
    ),
    RecordingExpired: WireError(
        404, "RECORDING_EXPIRED", "File ghi âm đã hết thời hạn lưu trữ", "The recording's storage period is over"
    ),
    NotFound: WireError(404, "NOT_FOUND", "Không tìm thấy", "Not found"),
    UnknownPath: WireError(404, "NOT_FOUND", "Đường dẫn không tồn tại", "There is nothing at this path"),
    WrongMethod: WireError(
        405, "METHOD_NOT_ALLOWED", "Phương thức không được hỗ trợ", "This method is not supported here"
    ),
    NotAcceptable: WireError(406, "NOT_ACCEPTABLE", "Chỉ trả về JSON", "The answer is JSON only"),
    PayloadTooLarge: WireError(413, "PAYLOAD_TOO_LARGE", "Nội dung vượt quá 1 MiB", "The body is over 1 MiB"),
    UnsatisfiableRange: WireError(
        416, "INVALID_INPUT", "Range nằm ngoài độ dài của file", "The range lies outside of the file"
    ),
    Unavailable: WireError(
        503, "SERVICE_UNAVAILABLE", "Hệ thống tạm thời gián đoạn, vui lòng thử lại", "Temporarily away, try again"
    ),
    Exception: WireError(500, "FAIL", "Lỗi hệ thống", "Internal error"),
}

_NO_AGENT = "IPCC_NOT_CONNECT_AGENT_ID"
_DENIED = "CALLOUT_PERMISSION_DENY"
_BUSY = "CALLOUT_AGENT_BUSY"
_NO_WAY = "ERROR_CALLOUT_CONNECT"

# A refused call is an answer, not an error of HTTP: status 200.
_REFUSALS: dict[Refusal, WireError] = {
    Refusal.AGENT_UNKNOWN: WireError(200, _NO_AGENT, "Máy lẻ không tồn tại", "There is no such extension"),
    Refusal.AGENT_UNREGISTERED: WireError(
        200, _NO_AGENT, "Máy lẻ chưa đăng nhập", "The extension's phone is not registered"
    ),
    Refusal.CAMPAIGN_UNKNOWN: WireError(200, _DENIED, "Chiến dịch không tồn tại", "There is no such campaign"),
    Refusal.NUMBER_INVALID: WireError(200, _DENIED, "Số điện thoại không hợp lệ", "The phone number is not valid"),
    Refusal.NUMBER_UNKNOWN: WireError(200, _DENIED, "Số điện thoại không tồn tại", "There is no such phone number"),
    Refusal.NUMBER_IS_EXTENSION: WireError(
        200, _DENIED, "Số điện thoại là máy lẻ nội bộ", "The phone number is an extension"
    ),
    Refusal.DESTINATION_DENIED: WireError(
        200, _DENIED, "Không được phép gọi đến số này", "Calls to this number are not allowed"
    ),
    Refusal.AGENT_BUSY: WireError(200, _BUSY, "Điện thoại viên đang bận", "The agent is on another call"),
    Refusal.CAP_REACHED: WireError(
        200, _DENIED, "Đã đạt giới hạn số cuộc gọi đồng thời", "The limit of simultaneous calls is reached"
    ),
    Refusal.NO_TRUNK: WireError(200, _NO_WAY, "Chưa có kênh gọi ra", "There is no trunk to call out through"),
    Refusal.NO_NUMBER: WireError(200, _NO_WAY, "Chưa có đầu số gọi ra", "There is no number to call out with"),
    Refusal.ENGINE_AWAY: WireError(200, _NO_WAY, "Tổng đài tạm thời gián đoạn", "The telephone engine is away"),
    Refusal.QUEUE_FULL: WireError(200, _NO_WAY, "Tổng đài đang quá tải", "The telephone engine is overloaded"),
}

# The English words are the reasons themselves.
_REASONS_VI: dict[str, str] = {
    Reason.REQUIRED: "là bắt buộc",
    Reason.NOT_TEXT: "phải là chuỗi hoặc số",
    Reason.NOT_TEXTS: "phải là chuỗi hoặc mảng chuỗi",
    Reason.NOT_WHOLE_NUMBER: "phải là số nguyên",
    Reason.OUT_OF_RANGE: "nằm ngoài giới hạn cho phép",
    Reason.TOO_LONG: "quá dài",
    Reason.BAD_CHARACTER: "chứa ký tự không hợp lệ",
    Reason.NOT_JSON: "không phải JSON hợp lệ",
    Reason.NOT_OBJECT: "phải là một đối tượng JSON",
    Reason.TOO_DEEP: "lồng quá nhiều cấp",
    Reason.INCOMPLETE: "không được gửi đầy đủ",
    Reason.BAD_TIME: "phải là thời gian dạng 2026-04-14 00:00:00 hoặc 2026-04-14T00:00:00+07:00",
    Reason.BAD_CALL_ID: "phải là mã cuộc gọi dạng 20260310095227-ABCXYZ-342",
    Reason.NOTHING_GIVEN: "phải có ít nhất một",
    Reason.UNKNOWN: "không tồn tại",
    Reason.TAKEN: "đã thuộc về người khác",
    Reason.NOT_OFFERED: "không nằm trong các giá trị cho phép",
}


def wire_error(error: Exception) -> WireError:
    """The table's line for an error."""
    return next(line for kind, line in _ERRORS.items() if isinstance(error, kind))


def wire_refusal(refusal: Refusal) -> WireError:
    """The table's line for a refused call."""
    return _REFUSALS[refusal]


def language_of(identity: Identity | None) -> str:
    """The tenant's language; English for whoever we do not know."""
    return identity.tenant.language if identity else ENGLISH


def render_error(error: Exception, visit: Visit) -> Response:
    """The envelope of an error. What nobody foresaw is 500 ``FAIL`` and says nothing of itself."""
    line = wire_error(error)
    language = language_of(visit.identity)
    message = line.message(language, **_parts(error, language))
    body = Envelope(success="0", error_code=line.code, error_message=message)
    return Response(msgspec.json.encode(body), line.status, _headers(error), media_type="application/json")


def _parts(error: Exception, language: str) -> dict[str, str]:
    if isinstance(error, InvalidInput):
        reason = _REASONS_VI.get(error.reason, error.reason) if language == VIETNAMESE else error.reason
        return {"field": error.field, "reason": reason}
    if isinstance(error, TooManyRequests):
        return {"seconds": str(error.wait_seconds)}
    if isinstance(error, AlreadyExists):
        return {"name": error.name}
    return {"reason": error.scope} if isinstance(error, Forbidden) else {}


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, TooManyRequests):
        return {"retry-after": str(error.wait_seconds)}
    if isinstance(error, Unavailable):
        return {"retry-after": str(RETRY_SECONDS)}
    if isinstance(error, UnsatisfiableRange):
        return {"content-range": f"bytes */{error.size}", "accept-ranges": "bytes"}
    return {"allow": ", ".join(error.allowed)} if isinstance(error, WrongMethod) else {}
