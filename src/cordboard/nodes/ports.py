"""Ports: whether one is free, who has it otherwise, and ranges that no other copy on this machine takes."""

import errno
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from cordboard.nodes.failure import StartFailed

TCP = socket.SOCK_STREAM
UDP = socket.SOCK_DGRAM
LOOPBACK = "127.0.0.1"
BACKLOG = 2048

RANGE_SIZE = 1000
# Below the ports that Linux gives to outgoing connections (32768–60999), above what services like to listen on.
RANGE_STARTS = (*range(20_000, 32_000, RANGE_SIZE), *range(10_000, 20_000, RANGE_SIZE))


def split_address(address: str, setting: str) -> tuple[str, int]:
    """``host:port`` as its two parts; an IPv6 host without its brackets. Raises StartFailed, naming ``setting``."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise StartFailed(f"{setting} is '{address}', not host:port")
    return host.strip("[]"), int(port)


def bind(kind: socket.SocketKind, host: str, port: int) -> socket.socket:
    """A socket bound to ``host:port``; a TCP one listens. Raises OSError."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    try:
        if kind is TCP:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        if kind is TCP:
            bound.listen(BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def is_free(kind: socket.SocketKind, port: int, host: str = LOOPBACK) -> bool:
    """Whether the port could be bound now."""
    try:
        bind(kind, host, port).close()
    except OSError:
        return False
    return True


def free_port(kind: socket.SocketKind, wanted: int = 0, host: str = LOOPBACK) -> int:
    """``wanted`` when it is free, else one that the kernel picks."""
    if wanted and is_free(kind, wanted, host):
        return wanted
    with bind(kind, host, 0) as probe:
        port: int = probe.getsockname()[1]
    return port


def claim(kind: socket.SocketKind, address: str, setting: str) -> socket.socket:
    """A socket bound to ``address``. Raises StartFailed, naming who has it and the ``setting`` to change."""
    host, port = split_address(address, setting)
    protocol = "TCP" if kind is TCP else "UDP"
    try:
        return bind(kind, host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder = holder_of(kind, port)
            reason = f"{protocol} port {port} is taken{f' by {holder}' if holder else ''}"
            remedy = f"Stop that, or choose another address with {setting}=host:port"
        else:
            reason = f"{protocol} {address} cannot be used: {error.strerror or error}"
            remedy = f"Choose another address with {setting}=host:port"
        raise StartFailed(reason, remedy) from error


def claim_range(wanted: str = "") -> tuple[str, socket.socket]:
    """A range of UDP ports for audio, ``"20000-20997"``, and the socket that keeps other copies off it.

    The claim is the range's last port, bound: it ends with its holder. The ports below are bound one by one, for
    calls, so a look at them tells little. ``wanted``, a range from here earlier, is tried first.
    """
    first = [int(wanted.partition("-")[0])] if wanted else []
    for start in (*first, *RANGE_STARTS):
        try:
            holding = bind(UDP, "0.0.0.0", start + RANGE_SIZE - 1)  # noqa: S104 - audio may come on any address
        except OSError:
            continue
        if all_free(range(start, start + RANGE_SIZE - 1)):
            return f"{start}-{start + RANGE_SIZE - 3}", holding
        holding.close()
    raise StartFailed("no range of 1,000 UDP ports is free for audio", "Choose one with CORDBOARD_RTP=first-last")


def all_free(ports: Iterable[int]) -> bool:
    """Whether every UDP port could be bound now, on any address."""
    return all(is_free(UDP, port, "0.0.0.0") for port in ports)  # noqa: S104 - as above


def parse_range(text: str) -> tuple[int, int]:
    """``"20000-20999"`` as both ends. Raises StartFailed."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1024 <= int(first) < int(last) <= 65535):
        raise StartFailed(f"CORDBOARD_RTP is '{text}', not a range like 20000-20999")
    return int(first), int(last)


def holder_of(kind: socket.SocketKind, port: int) -> str:
    """Who listens on ``port``: ``nginx (process 123)``; empty when we may not see it."""
    name = "tcp" if kind is TCP else "udp"
    inodes = {inode for table in (name, f"{name}6") for inode in _inodes(Path("/proc/net") / table, port)}
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and inodes & set(_sockets(process)):
            return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _inodes(table: Path, port: int) -> Iterator[str]:
    """Sockets of ``port`` that wait for others: state 0A is LISTEN, 07 an unconnected UDP socket (proc(5))."""
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return
    for fields in (line.split() for line in lines):
        if int(fields[1].rpartition(":")[2], 16) == port and fields[3] in {"0A", "07"}:
            yield fields[9]


def _sockets(process: Path) -> Iterator[str]:
    try:
        for descriptor in (process / "fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                yield target[8:-1]
    except OSError:
        return
