"""``python -m cordboard.lab``: the lab of ``cordboard up`` with the demo. Ends with whoever started it."""

import asyncio
import contextlib
import signal
import sys

from cordboard.lab.accounts import DemoSecrets, read_secrets
from cordboard.lab.behaviour import Behaviour
from cordboard.lab.dialplan import Notes
from cordboard.lab.lab import PhoneAccount
from cordboard.lab.number_plan import DEMO_DID
from cordboard.lab.start import lab_layout, running
from cordboard.nodes.asterisk_install import get_asterisk
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.ports import claim_range, parse_range, split_address
from cordboard.nodes.user import service_user
from cordboard.settings import Settings

ACCOUNTS_SECONDS = 60.0
# Each phone has a tone of its own, so that one hears who it is.
TONES_HZ = (440, 520, 600, 680)


def main() -> None:
    """Run until SIGTERM or SIGINT, or until the lab's Asterisk ends (exit 1)."""
    try:
        sys.exit(asyncio.run(_until_stopped(Settings.load())))
    except StartFailed as failure:
        sys.exit(str(failure))


async def _until_stopped(settings: Settings) -> int:
    task = asyncio.ensure_future(_run(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0


async def _run(settings: Settings) -> int:
    with contextlib.ExitStack() as stack:
        rtp = settings.lab_rtp
        if not rtp:
            rtp, claim = claim_range()
            stack.enter_context(claim)
        installation = get_asterisk(settings.asterisk_prefix, settings.cache)
        layout = lab_layout(
            installation, settings.home, rtp_ports=parse_range(rtp),
            sip_port=split_address(settings.lab_sip, "CORDBOARD_LAB_SIP")[1] if settings.lab_sip else 0,
        )  # fmt: skip
        async with running(installation, layout, notes=Notes.NONE, user=service_user()) as lab:
            kept = await _accounts(settings)
            for account, tone_hz in zip(kept.accounts, TONES_HZ, strict=False):
                await lab.add_phones(
                    (
                        PhoneAccount(
                            username=account.sip_username, password=account.sip_password, registrar=settings.sip
                        ),
                    ),
                    Behaviour.answering(tone_hz=tone_hz),
                )
            await lab.carrier.route(DEMO_DID, settings.sip)
            assert lab.process
            await lab.process.wait()
            return 1


async def _accounts(settings: Settings) -> DemoSecrets:
    """The demo's phones, as soon as they are known."""
    async with asyncio.timeout(ACCOUNTS_SECONDS):
        while True:
            if (kept := read_secrets(settings.run)).accounts:
                return kept
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    main()
