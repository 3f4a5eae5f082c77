"""What the demo keeps in ``<home>/run/demo.toml``: its key and its phones' passwords, the same at every start."""

import json
import os
import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

FILE_NAME = "demo.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """An agent's phone. ``sip_password`` is in clear: the lab registers with it, and people may."""

    user_name: str
    extension: str
    sip_username: str
    sip_password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSecrets:
    """The demo tenant's key and phones."""

    key: str = field(default="", repr=False)
    accounts: tuple[DemoAccount, ...] = ()

    def account(self, user_name: str) -> DemoAccount | None:
        """The phone of an agent."""
        return next((account for account in self.accounts if account.user_name == user_name), None)

    def with_account(self, account: DemoAccount) -> "DemoSecrets":
        """A copy with an agent's phone put in, in the place of an older one."""
        others = tuple(each for each in self.accounts if each.user_name != account.user_name)
        return replace(self, accounts=(*others, account))


def read_secrets(folder: Path) -> DemoSecrets:
    """What ``write_secrets`` left in ``folder``; nothing when there is no such file, or it is not whole."""
    try:
        values = tomllib.loads((folder / FILE_NAME).read_text("utf-8"))
        return DemoSecrets(key=values["key"], accounts=tuple(DemoAccount(**each) for each in values["accounts"]))
    except (FileNotFoundError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return DemoSecrets()


def write_secrets(folder: Path, kept: DemoSecrets) -> None:
    """Write them at once or not at all, for the folder's owner only."""
    # A JSON string is a TOML one.
    lines = [f"key = {json.dumps(kept.key)}", "accounts = []" if not kept.accounts else ""]
    for account in kept.accounts:
        lines += ["", "[[accounts]]", *(f"{name} = {json.dumps(value)}" for name, value in asdict(account).items())]
    new = folder / f"{FILE_NAME}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        if os.geteuid() == 0:
            owner = folder.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
    new.replace(folder / FILE_NAME)
