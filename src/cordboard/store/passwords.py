"""Agents' passwords: Argon2id (RFC 9106), the library's own parameters."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

# Each takes 64 MiB and a core: guesses must not take them all.
_threads = ThreadPoolExecutor(2, thread_name_prefix="password")
_hasher = PasswordHasher()


async def hash_password(password: str) -> str:
    """What is stored of a password."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def is_password(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one of the hash. Without a hash it is not, which takes as long to find out."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, password_hash, password)


def _verify(password_hash: str | None, password: str) -> bool:
    nobodys = _nobodys_hash()
    try:
        _hasher.verify(password_hash or nobodys, password)
    except VerificationError:
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())
