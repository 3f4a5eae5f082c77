"""What all actions share: one frozen value, built once in ``app``, passed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cordboard.domain.clock import Clock
from cordboard.domain.tenant import Identity, Tenant
from cordboard.domain.webhook import EventKind, Notice
from cordboard.settings import Settings
from cordboard.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """What a dialect sends of calls: ``kinds`` of notices, each as a request's body, by ``render``.

    A notice is rendered once, so that every retry carries the same bytes. ``has_single_kind``: a subscription in this
    dialect is for one kind, its clients know of no more.
    """

    kinds: frozenset[EventKind]
    render: Callable[[Tenant, Notice], bytes]
    has_single_kind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The parts that actions work with. ``renderers`` are by dialect, filled in ``app``."""

    settings: Settings
    clock: Clock
    store: Store
    renderers: Mapping[str, Renderer]
    kept_identities: dict[str, tuple[float, Identity]] = field(default_factory=dict)
