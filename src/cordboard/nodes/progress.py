"""How long steps tell whoever waits what they are doing."""

from collections.abc import Callable

# Takes one line of plain text. Called often: whoever prints it decides how often to.
Progress = Callable[[str], None]


def silent(_text: str) -> None:
    """For those who do not want to know."""
