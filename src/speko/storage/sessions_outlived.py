"""Rows that must not outlive their session: it may be deleted by one process while another still has words of it to
write. The statement that writes them looks for the session itself, and holds it until the commit, so that whoever
deletes it comes either before, and nothing is written, or afterwards, and deletes what was."""

from typing import Any

from sqlalchemy import BindParameter, Column, Insert, ScalarSelect, Select, Table, bindparam, select

from speko.storage import tables

_MARK = "new_"
"""Before the names of parameters: those of columns are reserved for what is inserted."""
Values = dict[str, Any]


def of_a_session(insert: Insert, table: Table) -> Insert:
    """An INSERT that passes over rows whose session is gone. Takes what `marked` gives."""
    columns = list(table.columns)
    row = _held(table.c.session_id, *(_parameter(column) for column in columns))
    return insert.from_select([column.name for column in columns], row)


def unless_gone(column: Column[Any], session_id: Column[Any]) -> ScalarSelect[Any]:
    """A value of a row that names its session, null when that is gone. Takes a parameter of each, as `marked`."""
    return _held(session_id, _parameter(column)).scalar_subquery()


def named(table: Table) -> ScalarSelect[Any]:
    """The id of a session that a row's organisation has, else null. Takes both ids as `marked`."""
    sessions = tables.sessions
    ours = sessions.c.organization_id == _parameter(table.c.organization_id)
    same = sessions.c.id == _parameter(table.c.session_id)
    return _hold(select(sessions.c.id).where(same, ours)).scalar_subquery()


def marked(values: Values) -> Values:
    """Parameters from values of columns."""
    return {_MARK + name: value for name, value in values.items()}


def _held(session_id: Column[Any], *wanted: BindParameter[Any]) -> Select[Any]:
    sessions = tables.sessions
    return _hold(select(*wanted).select_from(sessions).where(sessions.c.id == _parameter(session_id)))


def _hold(query: Select[Any]) -> Select[Any]:
    return query.with_for_update(read=True, key_share=True)  # SQLite has one writer at a time anyway


def _parameter(column: Column[Any]) -> BindParameter[Any]:
    return bindparam(_MARK + column.name, type_=column.type)
