"""Values as they look on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.errors import ApiError
from speko.api.wire import optional_timestamp, parse_intent, parse_timestamp, timestamp

MOMENT = datetime(2026, 1, 31, 12, 0, 0, 123_999, UTC)


def test_timestamps() -> None:
    assert timestamp(MOMENT) == "2026-01-31T12:00:00.123Z"
    assert timestamp(MOMENT.astimezone(timezone(timedelta(hours=5)))) == "2026-01-31T12:00:00.123Z"
    assert optional_timestamp(MOMENT) == timestamp(MOMENT)
    assert optional_timestamp(None) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_timestamp_is_read_back_to_the_millisecond(moment: datetime) -> None:
    assert parse_timestamp(timestamp(moment), "from") == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (" 2026-01-31T12:00:00 ", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_dates_as_people_write_them(text: str, moment: datetime) -> None:
    assert parse_timestamp(text, "from") == moment


@given(st.text(max_size=30) | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-13-01"]))
def test_anything_else_is_a_400_that_names_the_parameter(text: str) -> None:
    try:
        found = parse_timestamp(text, "from")
    except ApiError as error:
        assert (error.status, error.extra["issues"][0]["path"]) == (400, "from")
    else:
        assert found.tzinfo is UTC


def test_an_intent() -> None:
    intent = parse_intent("en_us", None, None)
    assert (intent.language, intent.region, intent.optimize_for) == ("en-US", "global", "balanced")
    assert parse_intent("de", "us-east4", "cost").optimize_for == "cost"


@pytest.mark.parametrize(
    "given_parts", [(None, None, None), (" ", None, None), ("klingon", None, None), ("en", None, "speed")]
)
def test_a_bad_intent(given_parts: tuple[str | None, str | None, str | None]) -> None:
    with pytest.raises(ApiError) as refused:
        parse_intent(*given_parts)
    assert (refused.value.status, refused.value.code) == (400, "INVALID_INTENT")
