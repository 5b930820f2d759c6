"""Tell trouble with the database that passes from a statement that will never go through."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

#: What a database that is away, starting, full or busy raises, by way of SQLAlchemy and of the socket.
TROUBLE = (SQLAlchemyError, OSError, TimeoutError)
#: Classes of SQLSTATE that another try may not meet: connection, rollback, resources, locks, operator, system;
#: 25 holds the read-only transaction of a server that is being replaced, 3D a database that is not restored yet.
_PASSING = frozenset({"08", "25", "3D", "40", "53", "55", "57", "58"})


def passes(exc: SQLAlchemyError) -> bool:
    """Say whether the same statement may go through later; what the server or the driver refused for itself may not."""
    if isinstance(exc, PoolTimeoutError):
        return True
    if not isinstance(exc, DBAPIError):
        return False
    if exc.connection_invalidated:
        return True
    state = getattr(exc.orig, "sqlstate", None)
    if state is None:
        # asyncpg's own: a broken connection, or (a ValueError by class) an argument that no column takes.
        return not isinstance(getattr(exc.orig, "__cause__", None), ValueError)
    return state[:2] in _PASSING
