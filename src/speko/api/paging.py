"""Cursors of lists that are newest first: a time and an id, opaque to clients. Source: contract, README 3."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from speko.api.errors import invalid

Place = tuple[datetime, str]
"""Of a row in such a list: when it was made, in whole milliseconds, and its id."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST = 256


def write_cursor(place: Place) -> str:
    """The cursor that goes on after a row."""
    milliseconds = (place[0] - _EPOCH) // _MILLISECOND
    return urlsafe_b64encode(f"{milliseconds}:{place[1]}".encode()).rstrip(b"=").decode()


def read_cursor(cursor: str) -> Place:
    """Where a cursor goes on. Raises 400 `VALIDATION_ERROR` for one that is none."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
        milliseconds, _, row_id = text.partition(":")
        if "\x00" in row_id:
            raise ValueError
        return _EPOCH + int(milliseconds) * _MILLISECOND, row_id
    except (ValueError, OverflowError, binascii.Error):
        raise invalid("Invalid request: cursor", ("cursor", "is none of this gateway's")) from None
