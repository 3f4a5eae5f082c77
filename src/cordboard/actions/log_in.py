"""Let an agent in by user name and password."""

from uuid import uuid4

from cordboard.actions.core import Core
from cordboard.domain.errors import TooManyRequests, WrongCredentials
from cordboard.domain.login import LIFETIME, Login
from cordboard.domain.tenant import Tenant
from cordboard.store.passwords import is_password


async def log_in(core: Core, tenant: Tenant, user_name: str, password: str) -> Login:
    """A login of the agent's. An unknown user, one without a password and a wrong one take the same time.

    Raises:
        TooManyRequests: the user name was tried too often, rightly or wrongly.
        WrongCredentials, Unavailable.
    """
    rows = core.store.for_tenant(tenant.id)
    now = core.clock.now()
    # Counted before the password is looked at: a thousand guesses at once are a thousand.
    if wait_seconds := await rows.logins.count_attempt(user_name, now):
        raise TooManyRequests(wait_seconds)
    credential = await rows.logins.credential(user_name)
    is_right = await is_password(credential.password_hash if credential else None, password)
    if credential is None or not is_right:
        raise WrongCredentials
    login = Login(id=uuid4(), tenant_id=tenant.id, agent_id=credential.agent_id, expires_at=now + LIFETIME)
    async with rows.transaction() as held:
        if not await held.logins.open(login, credential):
            raise WrongCredentials
        await held.logins.forget_attempts(user_name)
    return login
