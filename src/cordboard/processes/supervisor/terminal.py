"""Progress: one line that changes on a terminal, plain lines otherwise."""

import shutil
import time
from typing import TextIO

CLEAR_LINE = "\r\x1b[2K"
# Elsewhere than on a terminal, a line that only counts on is news no more often than this.
PLAIN_SECONDS = 5.0


class Terminal:
    """Where progress goes. Without threads: what comes later forks."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_live = out.isatty()
        self._line = ""
        self._topic = ""
        self._said_at = 0.0

    def say(self, text: str) -> None:
        """What is being done now."""
        if self._is_live:
            width = shutil.get_terminal_size().columns - 3
            self._line = text if len(text) <= width else f"{text[: width - 1]}…"
            self._write(f"{CLEAR_LINE}· {self._line}")
            return
        topic, now = text.rstrip("0123456789 ofMB."), time.monotonic()
        if topic != self._topic or now - self._said_at >= PLAIN_SECONDS:
            self._write(f"{text}\n")
            self._topic, self._said_at = topic, now

    def warn(self, text: str) -> None:
        """Something that stays readable."""
        self.settle()
        self._write(f"{text}\n")

    def settle(self) -> None:
        """End the changing line, so that what follows begins a line of its own."""
        if self._line:
            self._write(CLEAR_LINE)
            self._line = ""

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except OSError:
            # The terminal is gone (its window was closed). The programs go on being stopped in order.
            self._is_live = False
