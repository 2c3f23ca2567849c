"""Tells a value that the database refuses from a database that is away."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError


def is_rows_fault(error: BaseException | None) -> bool:
    """Whether the database refused a value, so that trying again cannot help. All else counts as the database being
    away: rather wait in vain than lose a row."""
    if isinstance(error, (IntegrityError, DataError, UnicodeError, OverflowError)):
        return True
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        # SQLSTATE classes 22 data exception, 23 integrity constraint violation; asyncpg checks some values itself and
        # raises its own error, which is a ValueError, without a state.
        return state[:2] in ("22", "23") or isinstance(getattr(error.orig, "__cause__", None), (ValueError, TypeError))
    return isinstance(error, StatementError)  # a value that could not even be put into the statement
