"""Options that take several values may be repeated, or given once with all their values behind them."""

import re
from collections.abc import Sequence

# What a further value looks like, so that `tenant create --allow-destination +84 +39 acme` still finds its NAME.
_SEVERAL = {
    "--agent": re.compile(r"[0-9]+\Z"),
    "--allow-destination": re.compile(r"\+[0-9]"),
    "--event": re.compile(r"[a-z]"),
    "--result": re.compile(r"[a-z]"),
    "--cors-origin": re.compile(r"\*\Z|https?://"),
    "--scope": re.compile(r"[a-z]"),
}


def repeat_options(words: Sequence[str]) -> list[str]:
    """``--scope call report`` as ``--scope call --scope report``, which is what the parser knows."""
    spread: list[str] = []
    option, has_value = "", False
    for word in words:
        if word.startswith("-"):
            option, has_value = word if word in _SEVERAL else "", False
        elif option and has_value and _SEVERAL[option].match(word):
            spread.append(option)
        elif option and not has_value:
            has_value = True
        else:
            option = ""
        spread.append(word)
    return spread
