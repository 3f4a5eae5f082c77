"""``validate-auth``: whose key this is."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.common.endpoint import json_answer
from cordboard.api.common.wire_types import says
from cordboard.domain.tenant import Identity


class Account(msgspec.Struct):
    """The company that a key belongs to."""

    name: Annotated[str, says("Its name.", "company name")]
    email: Annotated[str, says('Its administrator\'s address, "" when none is known.', "administrator email")]


async def answer_validate_auth(_core: Core, identity: Identity, _request: Request) -> Response:
    """Say whose key this is."""
    return json_answer(Account(name=identity.tenant.name, email=identity.tenant.admin_email))
