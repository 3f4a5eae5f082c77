"""What the database's errors are in the house's own words."""

from collections.abc import Mapping

import asyncpg

from cordboard.domain.errors import AlreadyExists, CordboardError, InvalidInput, Unavailable


class MigrationFailed(CordboardError):
    """The database cannot be brought up to date; the text says why."""


# Which error breaking a constraint is, by the constraint's name.
Refusals = Mapping[str, CordboardError]

# OSError and TimeoutError: no connection, or no answer. InterfaceError: the connection closed under us.
# 08: connection; 57: shut down, starting, cancelled by the time-out; 53: too many connections, out of disk or memory;
# 40: a deadlock's victim; 25006 and, for an unlogged table, 0A000: a standby; 28: it will not let us in.
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.FeatureNotSupportedError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InternalClientError,
)
# 22: a value that cannot be stored, as text with a NUL or half a surrogate pair, or an integer over 64 bits.
_UNUSABLE = (asyncpg.DataError,)
_CONSTRAINTS = (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError, asyncpg.CheckViolationError)

FAILURES = (*_AWAY, *_UNUSABLE, *_CONSTRAINTS)


def translate(error: Exception, refusals: Refusals) -> Exception:
    """The house's error for one of ``FAILURES``."""
    if isinstance(error, _CONSTRAINTS):
        name = error.constraint_name or ""
        if name in refusals:
            return refusals[name]
        if isinstance(error, asyncpg.UniqueViolationError):
            return AlreadyExists(error.table_name or "row", name)
        return InvalidInput(name, str(error))
    if isinstance(error, _UNUSABLE):
        return InvalidInput("value", "it cannot be stored as text or number")
    return Unavailable(f"the database is away: {str(error) or type(error).__name__}")
