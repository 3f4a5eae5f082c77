"""A group: agents whose phones ring together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Agents who are rung at once, for callers from outside and, by ``extension``, from inside.

    ``members`` are the agents' extensions, in the order in which they were given.
    """

    id: int
    tenant_id: int
    name: str
    extension: str
    members: tuple[str, ...] = ()
