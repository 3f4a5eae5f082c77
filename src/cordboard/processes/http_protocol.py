"""Uvicorn's HTTP protocol, with two differences that clients notice."""

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_BODY = b'{"success":"0","error_code":"INVALID_INPUT","error_message":"This is not a valid HTTP request"}'
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
) % (len(_BODY), _BODY)
_UPGRADE = re.compile(rb"\r\nupgrade\s*:", re.IGNORECASE)


class HttpProtocol(HttpToolsProtocol):
    """Answers what is no HTTP in JSON, and takes no offer to upgrade."""

    def data_received(self, data: bytes) -> None:
        """Parse what came.

        Java's HttpClient offers ``Upgrade: h2c`` with its first request, and the parser then takes the request's body
        for the new protocol's: a makeCall would arrive empty. RFC 9110 7.8 lets a server ignore the offer, so it is
        hidden from the parser. (An offer cut in two by TCP is not seen; such clients send their headers in one piece.)
        """
        # `cycle` is None before the first request, whatever uvicorn's types say.
        if b"pgrade" in data and not getattr(self.cycle, "more_body", False):
            head, end, rest = data.partition(b"\r\n\r\n")
            data = _UPGRADE.sub(b"\r\nx-upgrade-ignored:", head) + end + rest
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 — the name is uvicorn's
        """Refuse what the parser did not understand, and close. Which dialect was meant is not known then."""
        self.transport.write(_ANSWER)
        self.transport.close()
