"""A node's Asterisk as our configuration makes it."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from cordboard.nodes.asterisk_install import AsteriskInstallation
from cordboard.nodes.asterisk_modules import MODULES
from tests.support.asterisk import AsteriskNode, running_node

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOOPBACK = "0100007F"
WAIT_SECONDS = 20.0


async def get(node: AsteriskNode, path: str) -> list[dict[str, str]]:
    """What ARI says, once Asterisk is fully booted (503 until then)."""
    headers = {"Authorization": aiohttp.encode_basic_auth(node.settings.ari_user, node.settings.ari_password)}
    url = f"{node.settings.ari_url}/{path}"
    async with asyncio.timeout(WAIT_SECONDS), aiohttp.ClientSession(headers=headers) as client:
        while True:
            async with client.get(url) as answer:
                if answer.status != 503:
                    found: list[dict[str, str]] = await answer.json()
                    return found
            await asyncio.sleep(0.02)


async def test_it_starts_without_a_word_of_complaint(asterisk: AsteriskInstallation, tmp_path: Path) -> None:
    async with running_node(asterisk, tmp_path) as node:
        modules = {each["name"].removesuffix(".so"): each["status"] for each in await get(node, "asterisk/modules")}
        listening = _listening(node)
    assert [name for name in MODULES if modules.get(name) != "Running"] == []
    complaints = [
        line for line in (node.layout.log / "messages").read_text().splitlines() if "ERROR" in line or "WARNING" in line
    ]
    assert complaints == []
    assert {(LOOPBACK, port) for port in (node.layout.ari_port, node.layout.ami_port)} <= listening
    assert {host for host, port in listening if port in _ports(node)} == {LOOPBACK}


async def test_secrets_are_for_their_owner_only(asterisk: AsteriskInstallation, tmp_path: Path) -> None:
    async with running_node(asterisk, tmp_path) as node:
        modes = {path.name: path.stat().st_mode & 0o777 for path in node.layout.configuration.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"ari.conf", "manager.conf", "pjsip.conf"} <= modes.keys()


async def test_two_run_side_by_side(asterisk: AsteriskInstallation, tmp_path: Path) -> None:
    async with running_node(asterisk, tmp_path / "a") as one, running_node(asterisk, tmp_path / "b") as other:
        for node in (one, other):
            assert await get(node, "channels") == []
    assert one.layout.entity_id != other.layout.entity_id


async def test_it_may_be_killed_and_started_again(asterisk: AsteriskInstallation, tmp_path: Path) -> None:
    async with running_node(asterisk, tmp_path) as node:
        await node.kill()
        with pytest.raises(aiohttp.ClientError):
            await get(node, "channels")
        await node.start()
        assert await get(node, "channels") == []


def _ports(node: AsteriskNode) -> set[int]:
    return {node.layout.ari_port, node.layout.ami_port, node.layout.sip_port}


def _listening(node: AsteriskNode) -> set[tuple[str, int]]:
    """Address (as the kernel writes it) and port of all that listens on one of the node's ports (proc(5))."""
    found = set()
    for table, state in (("tcp", "0A"), ("udp", "07")):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            host, _, port = fields[1].partition(":")
            if fields[3] == state and int(port, 16) in _ports(node):
                found.add((host, int(port, 16)))
    return found
