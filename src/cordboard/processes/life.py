"""Whether a process still lives, for sure: a name for each, that any other one on its machine can ask after."""

import os
from functools import cache
from pathlib import Path


def name_of(pid: int) -> str:
    """A name that no other process had or will have: machine, pid, and when it began (proc(5)).

    Raises FileNotFoundError: there is no such process.
    """
    began = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{_machine()}/{pid}/{began}"


def is_dead(name: str) -> bool:
    """True when the process has ended; never while it lives, stopped or cut off, nor for one of another machine."""
    machine, pid, _ = name.split("/")
    if machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)
        return name_of(int(pid)) != name
    except ProcessLookupError:
        return True
    except (PermissionError, FileNotFoundError):
        return False  # somebody else's, or hidden (proc's hidepid): it is there


@cache
def _machine() -> str:
    """This boot of this machine, and whose pids we see: 64 bits of it are enough to tell machines apart."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().replace("-", "")[:16]
    return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
