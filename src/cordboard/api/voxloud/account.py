"""``validate-auth``: whose key this is."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.common.endpoint import json_answer
from cordboard.domain.tenant import Identity


class Account(msgspec.Struct):
    """The company that a key belongs to, and its administrator's address ("" when none is known)."""

    name: str
    email: str


async def answer_validate_auth(_core: Core, identity: Identity, _request: Request) -> Response:
    """Say whose key this is."""
    return json_answer(Account(name=identity.tenant.name, email=identity.tenant.admin_email))
