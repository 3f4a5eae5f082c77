"""The shapes of calls. A new shape is a new file here and a line in ``FLOWS``."""

from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from cordboard.domain.call_state import FlowName, Leg, Step
from cordboard.domain.flows import click_to_call, dialled


class Flow(Protocol):
    """What a flow decides until both parties are connected (then: ``domain.talk``).

    The facts of legs and the end of a call are the same for all (``domain.call``).
    """

    def start(self, step: Step, at: datetime) -> Step:
        """Dial the first legs."""

    def leg_changed(self, step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
        """Go on after one leg moved from ``before`` to ``leg``."""

    def ring_timed_out(self, step: Step, leg: Leg, at: datetime) -> Step:
        """A leg rang as long as it may."""


FLOWS: MappingProxyType[FlowName, Flow] = MappingProxyType(
    {
        FlowName.CLICK_TO_CALL: click_to_call,
        FlowName.OUTBOUND: dialled,
        FlowName.INBOUND: dialled,
        FlowName.INTERNAL: dialled,
    }
)
