"""The ``Accept`` header (RFC 9110 12.5.1), read kindly: only who rules our type out is taken at his word."""


def accepts(header: str, media_type: str) -> bool:
    """Whether a client with this ``Accept`` takes ``media_type``. No header, or nothing legible in it: yes."""
    if not header or "*/*" in header or media_type in header:
        return True
    kind = media_type.partition("/")[0]
    ranges = [part.partition(";")[0].strip().lower() for part in header.split(",")]
    ranges = [one for one in ranges if "/" in one]
    return not ranges or any(one in (f"{kind}/*", media_type) for one in ranges)
