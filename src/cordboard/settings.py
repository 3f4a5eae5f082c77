"""Settings: ``settings.default.toml`` < ``<home>/cordboard.toml`` < ``<home>/run/runtime.toml`` < ``CORDBOARD_<KEY>``.

``settings.default.toml`` says what each key means. A leaf: everybody may import it, it imports nobody.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, Self

PREFIX = "CORDBOARD_"
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}


class InvalidSettings(Exception):
    """A setting that cannot be used. The text names where it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one copy of Cordboard; see ``settings.default.toml``. Secrets are left out of its repr."""

    home: Path
    cache: Path
    http: str
    sip: str
    rtp: str
    web_processes: int
    public_url: str
    trusted_gateways: tuple[str, ...]
    database_url: str = field(repr=False)
    asterisk_prefix: str
    ari_url: str
    ari_user: str
    ari_password: str = field(repr=False)
    ami_address: str
    ami_user: str
    ami_password: str = field(repr=False)
    node_name: str
    start_rate: int
    max_calls: int
    queue_seconds: int
    agent_ring_seconds: int
    customer_ring_seconds: int
    allow_networks: tuple[str, ...]
    cdr_event_seconds: int
    delivery_slots: int
    delivery_timeout_seconds: int
    delivery_rate: int
    worker_processes: int
    smtp_url: str = field(repr=False)
    mail_from: str
    demo: bool
    log_level: str
    lab_sip: str
    lab_rtp: str

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ, *, with_runtime: bool = True) -> Self:
        """Read all layers. ``with_runtime`` False: without what the last ``cordboard up`` wrote.

        Raises:
            InvalidSettings: an unknown key, a value of the wrong type, or a file that is not TOML.
        """
        values = tomllib.loads(resources.files("cordboard").joinpath("settings.default.toml").read_text("utf-8"))
        known = frozenset(values)
        overrides = {key: text for key in known if (text := environ.get(PREFIX + key.upper())) is not None}
        home = Path(overrides.get("home") or _default_home()).absolute()
        layers = [home / "cordboard.toml"] + [home / "run" / "runtime.toml"] * with_runtime
        for path in layers:
            values |= _read(path, known)
        values |= {key: _from_text(key, text, values[key]) for key, text in overrides.items()}
        values["home"] = home
        values["cache"] = Path(values["cache"] or _default_cache(environ)).absolute()
        values["public_url"] = (values["public_url"] or f"http://{values['http']}").rstrip("/")
        given: dict[str, Any] = {key: tuple(each) if isinstance(each, list) else each for key, each in values.items()}
        return cls(**given)

    def changed(self, **values: Any) -> Self:  # noqa: ANN401 - each field has its own type
        """A copy with some values replaced."""
        return replace(self, **values)

    def environment(self) -> dict[str, str]:
        """The variables that make another process load exactly these settings."""
        return {PREFIX + each.name.upper(): _to_text(getattr(self, each.name)) for each in fields(self)}

    @property
    def recordings(self) -> Path:
        """Finished recordings."""
        return self.home / "recordings"

    @property
    def raw_recordings(self) -> Path:
        """Where the engine writes recordings."""
        return self.home / "recordings" / "raw"

    @property
    def run(self) -> Path:
        """Run directories, and what ``cordboard up`` wrote of itself."""
        return self.home / "run"

    @property
    def key_file(self) -> Path:
        """The key that secrets in the database are encrypted with."""
        return self.home / "secret.key"


def _default_home() -> str:
    return "/var/lib/cordboard" if os.geteuid() == 0 else "var"


def _default_cache(environ: Mapping[str, str]) -> str:
    if os.geteuid() == 0:
        return "/var/cache/cordboard"
    return str(Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cordboard")


def _read(path: Path, known: frozenset[str]) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(f"{path}: {error}") from error
    except OSError as error:
        raise InvalidSettings(f"{path}: {error.strerror}") from error
    if unknown := sorted(set(values) - known):
        raise InvalidSettings(f"{path}: unknown setting '{unknown[0]}'")
    if "home" in values:
        raise InvalidSettings(f"{path}: 'home' is set by {PREFIX}HOME only, since it says where this file is")
    for key, value in values.items():
        _check(path, key, value)
    return values


_TOML_TYPES: dict[object, type] = {int: int, bool: bool, tuple[str, ...]: list}
_TYPES = {each.name: _TOML_TYPES.get(each.type, str) for each in fields(Settings)}


def _check(path: Path, key: str, value: object) -> None:
    if type(value) is not _TYPES[key]:
        raise InvalidSettings(f"{path}: '{key}' must be of type {_TYPES[key].__name__}")


def _from_text(key: str, text: str, default: object) -> object:
    """The value of an environment variable, as the type that its default has."""
    if isinstance(default, bool):
        lowered = text.strip().lower()
        if lowered not in _TRUE | _FALSE:
            raise InvalidSettings(f"{PREFIX}{key.upper()}: '{text}' is neither 1 nor 0")
        return lowered in _TRUE
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise InvalidSettings(f"{PREFIX}{key.upper()}: '{text}' is not a whole number") from None
    if isinstance(default, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _to_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(value) if isinstance(value, tuple) else str(value)
