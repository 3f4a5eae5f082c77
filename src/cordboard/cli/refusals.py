"""Why a call was not placed, in words."""

from cordboard.domain.errors import Refusal

REFUSALS = {
    Refusal.AGENT_UNKNOWN: "refused: no enabled agent has this extension",
    Refusal.AGENT_UNREGISTERED: "refused: no phone of the agent is registered",
    Refusal.CAMPAIGN_UNKNOWN: "refused: no such outbound queue",
    Refusal.NUMBER_INVALID: "refused: this is not a telephone number",
    Refusal.NUMBER_UNKNOWN: "refused: the number leads nowhere here",
    Refusal.NUMBER_IS_EXTENSION: "refused: the number is an extension of this tenant",
    Refusal.DESTINATION_DENIED: "refused: the tenant may not call this destination (tenant set --allow-destination)",
    Refusal.AGENT_BUSY: "refused: the agent is in a call",
    Refusal.CAP_REACHED: "refused: the tenant has as many calls as it may have at one time",
    Refusal.NO_TRUNK: "refused: the tenant has no trunk (trunk add)",
    Refusal.NO_NUMBER: "refused: the tenant has no number to call from (did add)",
    Refusal.ENGINE_AWAY: "refused: the engine is away (doctor says why)",
    Refusal.QUEUE_FULL: "refused: too many calls are waiting for their turn",
}
