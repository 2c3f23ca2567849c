from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Dialect, make_url

from speko.storage.tables import UtcTime, metadata

zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=zones)


def dialect_of(name: str) -> Dialect:
    return make_url(f"{name}://").get_dialect()()


@pytest.mark.parametrize("name", ["sqlite", "postgresql+asyncpg"])
@settings(deadline=None)
@given(time=times)
def test_an_instant_comes_back_in_utc_and_whole_milliseconds(name: str, time: datetime) -> None:
    dialect = dialect_of(name)
    stored = UtcTime().process_bind_param(time, dialect)
    back = UtcTime().process_result_value(stored, dialect)
    assert back is not None
    assert back.tzinfo is UTC
    assert timedelta(0) <= time - back < timedelta(milliseconds=1)
    assert back.microsecond % 1000 == 0


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcTime().process_bind_param(datetime(2026, 1, 1), dialect_of("sqlite"))


def test_every_constraint_has_a_name() -> None:
    """A later migration can only drop what has a name."""
    for table in metadata.sorted_tables:
        assert all(constraint.name for constraint in table.constraints)
        assert all(index.name for index in table.indexes)
