"""A private Asterisk node for tests, that can be killed and started again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from cordboard.nodes import asterisk
from cordboard.nodes.asterisk_config import write_configuration
from cordboard.nodes.asterisk_install import AsteriskInstallation, get_asterisk
from cordboard.nodes.asterisk_layout import AsteriskLayout
from cordboard.nodes.ports import UDP, claim_range, free_port, parse_range
from cordboard.nodes.runtime_folder import remove_runtime_folder, runtime_folder
from cordboard.settings import Settings


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()


def installation() -> AsteriskInstallation:
    """The Asterisk that this machine has, fetched when it has none."""
    settings = Settings.load()
    return get_asterisk(settings.asterisk_prefix, settings.cache)


class AsteriskNode:
    """A node's Asterisk: ``settings`` say where it is."""

    def __init__(self, installed: AsteriskInstallation, layout: AsteriskLayout, settings: Settings) -> None:
        self.layout = layout
        self.settings = settings
        self._installed = installed
        self._running = AsyncExitStack()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def sip(self) -> str:
        """Where phones register."""
        return f"{self.layout.sip_host}:{self.layout.sip_port}"

    async def start(self) -> None:
        """Start it, with the ports and the configuration that it always had."""
        running = asterisk.running(self._installed, self.layout, log=self.layout.log / "output")
        self._process = await self._running.enter_async_context(running)

    async def kill(self) -> None:
        """``kill -9``."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        await self._running.aclose()

    async def stop(self) -> None:
        """End it, if it runs."""
        await self._running.aclose()


@asynccontextmanager
async def running_node(installed: AsteriskInstallation, home: Path) -> AsyncIterator[AsteriskNode]:
    """A node's Asterisk of one's own in ``home``, run as whoever we are."""
    settings = Settings.load({"CORDBOARD_HOME": str(home)}, with_runtime=False)
    settings.raw_recordings.mkdir(parents=True)
    (home / "run").mkdir()
    (home / "log" / "node").mkdir(parents=True)
    rtp_ports, claim = claim_range()
    with claim:
        place = asterisk.AsteriskPlace(
            name="node",
            home=home,
            control_folder=runtime_folder(home) / "node",
            raw_recordings=settings.raw_recordings,
            sip_host="127.0.0.1",
            sip_port=free_port(UDP),
            rtp_ports=parse_range(rtp_ports),
        )
        layout = asterisk.lay_out(installed, place)
        write_configuration(layout)
        node = AsteriskNode(
            installed,
            layout,
            settings.changed(
                ari_url=f"http://{layout.ari_host}:{layout.ari_port}/ari",
                ari_user=layout.ari_user,
                ari_password=layout.ari_password,
                ami_address=f"{layout.ami_host}:{layout.ami_port}",
                ami_user=layout.ami_user,
                ami_password=layout.ami_password,
            ),
        )
        try:
            await node.start()
            yield node
        finally:
            await node.stop()
            remove_runtime_folder(home)
