import os
import socket

import pytest

from cordboard.nodes import ports
from cordboard.nodes.failure import StartFailed


@pytest.mark.parametrize("kind", [ports.TCP, ports.UDP])
def test_a_taken_port_names_who_has_it(kind: socket.SocketKind) -> None:
    with ports.bind(kind, "127.0.0.1", 0) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(StartFailed) as failed:
            ports.claim(kind, f"127.0.0.1:{port}", "CORDBOARD_SIP")
    assert f"port {port} is taken by " in failed.value.reason
    assert f"(process {os.getpid()})" in failed.value.reason
    assert "CORDBOARD_SIP=host:port" in failed.value.remedy


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(StartFailed, match="cannot be used: Cannot assign requested address"):
        ports.claim(ports.UDP, "192.0.2.1:5060", "CORDBOARD_SIP")


@pytest.mark.parametrize("text", ["", "8080", "localhost:", ":80", "127.0.0.1:80x", "127.0.0.1:65536"])
def test_no_address(text: str) -> None:
    with pytest.raises(StartFailed, match="CORDBOARD_HTTP is"):
        ports.split_address(text, "CORDBOARD_HTTP")


def test_addresses() -> None:
    assert ports.split_address("127.0.0.1:80", "X") == ("127.0.0.1", 80)
    assert ports.split_address("[::1]:8080", "X") == ("::1", 8080)


def test_ranges_of_two_copies_differ() -> None:
    first, claim = ports.claim_range()
    with claim:
        second, other = ports.claim_range(wanted=first)
        with other:
            assert not set(range(*ports.parse_range(first))) & set(range(*ports.parse_range(second)))
    again, claim = ports.claim_range(wanted=second)
    with claim:
        assert again == second


@pytest.mark.parametrize("text", ["", "99", "20000", "20000-", "30000-20000", "80-90", "60000-70000"])
def test_no_range(text: str) -> None:
    with pytest.raises(StartFailed, match="not a range"):
        ports.parse_range(text)


def test_a_wanted_port_is_kept_while_it_is_free() -> None:
    wanted = ports.free_port(ports.TCP)
    assert ports.free_port(ports.TCP, wanted) == wanted
    with ports.bind(ports.TCP, "127.0.0.1", wanted):
        assert ports.free_port(ports.TCP, wanted) != wanted
