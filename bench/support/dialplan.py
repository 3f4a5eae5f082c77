"""The reference: an Asterisk whose dialplan rings the agent and then runs ``Dial()``. No program of ours takes part."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

from bench.support.far_ends import FarEnds
from cordboard.engine.asterisk.ami import Ami, Message
from cordboard.lab.start import lab_layout
from cordboard.nodes import asterisk
from cordboard.nodes.asterisk_config import common_files, make_folders, write_files
from cordboard.nodes.asterisk_install import get_asterisk
from cordboard.nodes.asterisk_layout import AsteriskLayout
from cordboard.nodes.ports import claim_range, parse_range
from cordboard.settings import Settings

MODULES = ("app_dial", "app_userevent")
WARM_SECONDS = 30.0


class Dialplan:
    """Counts what the dialplan says of its calls."""

    def __init__(self, far_ends: FarEnds) -> None:
        self.ami: Ami | None = None
        self.asked = self.answered = self.failed = 0
        self._far_ends = far_ends
        self._ids = itertools.count(1)

    def take(self, event: Message) -> None:
        """Count one."""
        if event.get("UserEvent") == "BenchEnd":
            if event.get("Status") == "ANSWER":
                self.answered += 1
            else:
                self.failed += 1

    async def originate(self, number: int) -> None:
        """Start a call: the agent's phone, and when it answers ``Dial()`` to the customer."""
        assert self.ami is not None
        self.asked += 1
        await self.ami.do(
            "Originate",
            Channel=f"PJSIP/far/sip:{1000 + number}@127.0.0.1:{self._far_ends.phone_port}",
            Context="bench", Exten=f"09{number:08d}", Priority="1", CallerID=f"09{number:08d}", Async="true",
        )  # fmt: skip

    async def warm(self) -> None:
        """Call until the first call comes through: SIPp takes a moment to listen. Then count from nought."""
        async with asyncio.timeout(WARM_SECONDS):
            while not self.answered:
                await self.originate(0)
                await asyncio.sleep(2)
        self.asked = self.answered = self.failed = 0

    async def quiet(self, seconds: float) -> None:
        """Wait until every call has ended. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while self.answered + self.failed < self.asked:
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def running_dialplan(folder: Path, far_ends: FarEnds) -> AsyncIterator[Dialplan]:
    """An Asterisk of its own in ``folder``."""
    settings = Settings.load({})
    installation = get_asterisk(settings.asterisk_prefix, settings.cache)
    home = folder / "dialplan"
    (home / "run").mkdir(parents=True)
    rtp, claim = claim_range()
    dialplan = Dialplan(far_ends)
    with claim:
        layout = lab_layout(installation, home, rtp_ports=parse_range(rtp))
        make_folders(layout)
        write_files(layout.configuration, _files(layout, far_ends))
        async with asterisk.running(installation, layout, log=layout.log / "output"):
            address = f"{layout.ami_host}:{layout.ami_port}"
            dialplan.ami = Ami(address, user=layout.ami_user, password=layout.ami_password, on_event=dialplan.take)
            try:
                await dialplan.warm()
                yield dialplan
            finally:
                await dialplan.ami.close()


def _files(layout: AsteriskLayout, far_ends: FarEnds) -> dict[str, str]:
    return {
        **common_files(layout, more_modules=MODULES),
        "sorcery.conf": "",
        "pjsip.conf": f"""[udp]
type = transport
protocol = udp
bind = {layout.sip_host}:{layout.sip_port}

[far]
type = endpoint
context = bench
disallow = all
allow = alaw
direct_media = no
""",
        "extensions.conf": f"""[bench]
exten => _X.,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{far_ends.carrier_port},60)
exten => h,1,UserEvent(BenchEnd,Status: ${{DIALSTATUS}})
""",
        "manager.conf": f"""[general]
enabled = yes
bindaddr = {layout.ami_host}
port = {layout.ami_port}

[{layout.ami_user}]
secret = {layout.ami_password}
read = user
write = originate
""",
    }
