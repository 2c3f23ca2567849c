"""The envelope: what callers are told, and what they are not."""

import json
import logging
from typing import Any

import msgspec
import pytest
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from msgspec import Struct

from speko.api.errors import ApiError, _from_http, envelope, from_msgspec, internal_error, invalid, log_crash


class Inner(Struct):
    role: str


class Outer(Struct):
    name: str
    items: tuple[Inner, ...] = ()
    by_name: dict[str, int] = {}


def fault(raw: str, code: str = "VALIDATION_ERROR") -> dict[str, Any]:
    """The envelope of JSON that is no `Outer`."""
    with pytest.raises(msgspec.DecodeError) as caught:
        msgspec.json.decode(raw, type=Outer)
    error = from_msgspec(caught.value, code)
    assert error.status == 400
    return error.body()


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ("{}", "name", "is required"),
        ('{"name":1}', "name", "Expected `str`, got `int`"),
        ('{"name":"x","items":[{}]}', "items.0.role", "is required"),
        ('{"name":"x","items":[{"role":"a"},{"role":2}]}', "items.1.role", "Expected `str`, got `int`"),
        ('{"name":"x","by_name":{"k":"v"}}', "by_name.*", "Expected `int`, got `str`"),
        ("[]", "", "Expected `object`, got `array`"),
        ("{", "", "not JSON: Input data was truncated"),
    ],
)
def test_the_path_and_the_message(raw: str, path: str, message: str) -> None:
    body = fault(raw)
    assert body["issues"] == [{"path": path, "message": message}]
    assert body["code"] == "VALIDATION_ERROR"
    assert body["error"].startswith("Invalid request")


def test_another_code() -> None:
    assert fault("{}", "INVALID_AUDIO")["code"] == "INVALID_AUDIO"


def test_nesting_and_broken_utf8() -> None:
    assert from_msgspec(RecursionError()).body()["issues"] == [{"path": "", "message": "nested too deeply"}]
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    assert from_msgspec(error).status == 400


def test_the_envelope() -> None:
    error = ApiError(429, "RATE_LIMITED", "slow down", headers={"retry-after": "2"}, reason="x")
    answer = envelope(error)
    assert (answer.status_code, answer.media_type, answer.headers["retry-after"]) == (429, "application/json", "2")
    assert error.body() == {"error": "slow down", "code": "RATE_LIMITED", "reason": "x"}
    assert invalid("no", ("a.b", "bad")).body()["issues"] == [{"path": "a.b", "message": "bad"}]
    assert internal_error().status == 500


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFoundException(), 404, "NOT_FOUND"),
        (MethodNotAllowedException(headers={"allow": "POST"}), 405, "METHOD_NOT_ALLOWED"),
        (HTTPException(status_code=413), 413, "PAYLOAD_TOO_LARGE"),
        (ValidationException(detail="secret words", extra=[{"key": "explain", "message": "bad"}]), 400,
         "VALIDATION_ERROR"),
        (ValidationException(detail="secret words"), 400, "VALIDATION_ERROR"),
        (InternalServerException("secret words"), 500, "INTERNAL_ERROR"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_the_framework_raises(error: HTTPException, status: int, code: str) -> None:
    found = _from_http(error)
    assert (found.status, found.code) == (status, code)
    assert "secret words" not in json.dumps(found.body())


def test_a_crash_is_logged_by_place_and_type_alone(caplog: pytest.LogCaptureFixture) -> None:
    try:
        from_msgspec(None)  # type: ignore[arg-type]
        raise AssertionError("secret words")
    except AssertionError as error:
        log_crash(error, "/v1/complete")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert (getattr(record, "path", ""), getattr(record, "type", "")) == ("/v1/complete", "AssertionError")
    assert "secret words" not in caplog.text + str(vars(record))


def test_a_crash_inside_the_package_names_file_and_line(caplog: pytest.LogCaptureFixture) -> None:
    try:
        envelope(None)  # type: ignore[arg-type]
    except AttributeError as error:
        log_crash(error, "/x")
    (record,) = caplog.records
    assert getattr(record, "where", "").startswith("api/errors.py:")
