"""A fetch in a process of its own, that can be killed when it has unpacked but not finished."""

import json
import sys
import time
from pathlib import Path

from cordboard.nodes import debian


def hang(_folder: Path) -> None:
    """Never finish."""
    sys.stdout.write("unpacked\n")
    sys.stdout.flush()
    while True:
        time.sleep(1)


if __name__ == "__main__":
    cache, sources, packages = (json.loads(each) for each in sys.argv[1:])
    debian.fetch(packages, suite=None, cache=Path(cache), name="things", sources=sources, finish=hang)
