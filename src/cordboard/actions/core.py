"""What all actions share: one frozen value, built once in ``app``, passed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cordboard.domain.call_facts import CallFacts
from cordboard.domain.clock import Clock
from cordboard.domain.tenant import Identity, Tenant
from cordboard.domain.webhook import Subscription
from cordboard.settings import Settings
from cordboard.store import Store

# What a dialect sends of a call: the request's body, rendered once, so that every retry carries the same bytes.
Renderer = Callable[[Tenant, CallFacts, Subscription], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The parts that actions work with. ``renderers`` are by dialect, filled in ``app``."""

    settings: Settings
    clock: Clock
    store: Store
    renderers: Mapping[str, Renderer]
    kept_identities: dict[str, tuple[float, Identity]] = field(default_factory=dict)
