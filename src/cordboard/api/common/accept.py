"""The ``Accept`` header (RFC 9110 12.5.1), read kindly: only who rules our type out is taken at his word."""


def accepts(header: str, media_type: str) -> bool:
    """Whether a client with this ``Accept`` takes ``media_type``. No header, or nothing legible in it: yes."""
    if not header or "*/*" in header or media_type in header:
        return True
    kind = media_type.partition("/")[0]
    ranges = [part.partition(";")[0].strip().lower() for part in header.split(",")]
    ranges = [one for one in ranges if "/" in one]
    return not ranges or any(one in (f"{kind}/*", media_type) for one in ranges)


def is_preferred(header: str, media_type: str, usual: str) -> bool:
    """Whether a client wants ``media_type`` rather than what it gets without saying anything."""
    return _rank(header, media_type) > _rank(header, usual)


def _rank(header: str, media_type: str) -> tuple[float, int]:
    """How much a client wants a type (``q``), and how closely it names it."""
    kind = media_type.partition("/")[0]
    closeness = {"*/*": 1, f"{kind}/*": 2, media_type: 3}
    best = (0.0, 0)
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        if name in closeness:
            best = max(best, (_quality(parameters), closeness[name]), key=lambda rank: rank[1])
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                break
    return 1.0
