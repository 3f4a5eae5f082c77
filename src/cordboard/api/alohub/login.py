"""``auth/login`` and ``auth/logout``, and the token that the older reports want besides the key (WIRE 1.2)."""

import msgspec
from msgspec import Raw, field
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.actions.log_in import log_in
from cordboard.actions.log_out import log_out
from cordboard.api.alohub.schemas import Envelope
from cordboard.api.common.access_tokens import AccessTokens, TokenHolder
from cordboard.api.common.endpoint import KeyedHandler, json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import required_text, text
from cordboard.api.common.json_body import read_json
from cordboard.domain.errors import InvalidInput, TokenRefused
from cordboard.domain.login import LIFETIME
from cordboard.domain.tenant import Identity

TOKEN_HEADER = "x-access-token"  # noqa: S105 - where a token stands, not one
# No agent has a longer name.
USER_NAME_CHARACTERS = 64


class LoginBody(msgspec.Struct, kw_only=True):
    """The body of login."""

    user_name: Raw = field(name="userName", default=Raw())
    password: Raw = Raw()


class LoginData(msgspec.Struct, kw_only=True, rename="camel"):
    """A token for ``X-ACCESS-TOKEN``, and how many seconds it holds."""

    access_token: str
    expires_in: int


class LoginAnswer(Envelope, kw_only=True):
    """The answer to login."""

    data: LoginData


class TokenGate:
    """Lets in who has a token besides a key. One per process."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    async def answer_login(self, core: Core, identity: Identity, request: Request) -> Response:
        """A token for an agent's user name and password."""
        body = await read_json(request, _decoder)
        user_name = required_text(body.user_name, "userName", most=USER_NAME_CHARACTERS)
        password = text(body.password, "password")
        if not password:
            raise InvalidInput("password", Reason.REQUIRED)
        login = await log_in(core, identity.tenant, user_name, password)
        token = self._tokens.write(login, core.clock.now())
        expires_in = int(LIFETIME.total_seconds())
        return json_answer(LoginAnswer(data=LoginData(access_token=token, expires_in=expires_in)))

    async def answer_logout(self, core: Core, identity: Identity, request: Request) -> Response:
        """End the login of the token that the request carries."""
        holder = await self._holder(core, identity, request)
        await log_out(core, identity.tenant, holder.login_id)
        return json_answer(Envelope())

    def guarded(self, handler: KeyedHandler) -> KeyedHandler:
        """``handler`` for whoever has a token of the key's tenant."""

        async def handle(core: Core, identity: Identity, request: Request) -> Response:
            await self._holder(core, identity, request)
            return await handler(core, identity, request)

        return handle

    async def _holder(self, core: Core, identity: Identity, request: Request) -> TokenHolder:
        """Raises TokenRefused, Unavailable."""
        now = core.clock.now()
        holder = self._tokens.read(request.headers.get(TOKEN_HEADER, "").strip(), now)
        if holder.tenant_id != identity.tenant.id:
            raise TokenRefused
        if not await core.store.for_tenant(identity.tenant.id).logins.is_open(holder.login_id, now):
            raise TokenRefused
        return holder


_decoder = msgspec.json.Decoder(LoginBody)
