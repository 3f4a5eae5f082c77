"""Give a tenant an agent, and the agent's phones a SIP account."""

import secrets
from dataclasses import dataclass, field

from cordboard.actions.await_applied import await_applied
from cordboard.actions.checks import check_email, check_extension, check_range, check_text, check_word
from cordboard.actions.core import Core
from cordboard.domain.agent import Agent
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Tenant

# 24 bytes of url-safe text: 192 bits, and no character that a phone's form or a provisioning file stumbles over.
SIP_PASSWORD_BYTES = 24
LEAST_PASSWORD_CHARACTERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """What an agent is made of; see ``domain.agent.Agent``. ``password`` is for logging in; empty: no login."""

    user_name: str
    extension: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    password: str = field(default="", repr=False)
    is_auto_answered: bool = False
    max_calls: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedAgent:
    """An agent and, this once, the password of the agent's phones."""

    agent: Agent
    sip_password: str = field(repr=False)


async def create_agent(core: Core, tenant: Tenant, new: NewAgent) -> CreatedAgent:
    """Make an agent; its phones can register when this returns.

    Raises:
        InvalidInput, AlreadyExists (the user name or the extension), Unavailable.
    """
    if new.password and len(new.password) < LEAST_PASSWORD_CHARACTERS:
        raise InvalidInput("password", f"must have at least {LEAST_PASSWORD_CHARACTERS} characters")
    sip_password = secrets.token_urlsafe(SIP_PASSWORD_BYTES)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        extension = check_extension("extension", new.extension)
        await rows.extensions.remove_unassigned(extension)
        agent = await rows.agents.create(
            user_name=check_word("user_name", new.user_name),
            extension=extension,
            first_name=check_text("first_name", new.first_name, longest=100).strip(),
            last_name=check_text("last_name", new.last_name, longest=100).strip(),
            email=check_email("email", new.email),
            password=check_text("password", new.password) or None,
            sip_password=sip_password,
            is_auto_answered=new.is_auto_answered,
            max_calls=check_range("max_calls", new.max_calls, 1, 100),
        )
        revision = await rows.configuration.raise_revision()
    await await_applied(core, revision)
    return CreatedAgent(agent=agent, sip_password=sip_password)
