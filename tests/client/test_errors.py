import pickle

import httpx
import pytest

from speko import SpekoApiError, SpekoAuthError, SpekoRateLimitError
from speko.client.errors import error_of


@pytest.mark.parametrize(
    ("response", "message", "code"),
    [
        (httpx.Response(400, json={"error": "Bad.", "code": "VALIDATION_ERROR"}), "Bad.", "VALIDATION_ERROR"),
        (httpx.Response(500, json={"error": "Bad."}), "Bad.", "UNKNOWN"),
        (httpx.Response(502, text="<h1>Bad gateway</h1>"), "<h1>Bad gateway</h1>", "UNKNOWN"),
        (httpx.Response(502, text="[1]"), "[1]", "UNKNOWN"),
        (httpx.Response(500, text='{"error": [1], "code": 7}'), '{"error": [1], "code": 7}', "UNKNOWN"),
        (httpx.Response(503, content=b""), "HTTP status 503", "UNKNOWN"),
        (httpx.Response(302, headers={"location": "/login"}), "HTTP status 302", "UNKNOWN"),
        (httpx.Response(502, content=b"\xff\xfe\x00"), "\ufffd\ufffd\x00", "UNKNOWN"),
    ],
)
def test_message_and_code(response: httpx.Response, message: str, code: str) -> None:
    error = error_of(response)
    assert type(error) is SpekoApiError
    assert (error.message, str(error), error.code, error.status) == (message, message, code, response.status_code)


def test_401_and_429_have_fixed_codes() -> None:
    body = {"error": "No.", "code": "SOMETHING"}
    auth = error_of(httpx.Response(401, json=body))
    limit = error_of(httpx.Response(429, json=body))
    assert (type(auth), auth.status, auth.code, auth.message) == (SpekoAuthError, 401, "AUTH_ERROR", "No.")
    assert (type(limit), limit.status, limit.code, limit.message) == (SpekoRateLimitError, 429, "RATE_LIMITED", "No.")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), ("1.5", None), ("-1", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), (None, None)],
)
def test_retry_after_is_read_when_it_is_digits(header: str | None, seconds: int | None) -> None:
    error = error_of(httpx.Response(429, headers={} if header is None else {"retry-after": header}))
    assert isinstance(error, SpekoRateLimitError)
    assert error.retry_after == seconds


def test_further_members_and_the_request_id_are_kept() -> None:
    body = {"error": "All failed.", "code": "COMPLETE_FAILED", "reason": "ALL_PROVIDERS_FAILED", "errors": []}
    error = error_of(httpx.Response(500, json=body, headers={"x-request-id": "req_1"}))
    assert error.details == {"reason": "ALL_PROVIDERS_FAILED", "errors": []}
    assert error.request_id == "req_1"


def test_a_page_of_a_proxy_is_cut() -> None:
    assert len(error_of(httpx.Response(502, text="x" * 100_000)).message) == 4096


@pytest.mark.parametrize(
    "error",
    [
        SpekoApiError("a", 500, "CODE", request_id="r", details={"reason": "x"}),
        SpekoAuthError("b"),
        SpekoRateLimitError("c", 3),
    ],
)
def test_errors_leave_worker_processes(error: SpekoApiError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(copy) is type(error)
    assert (str(copy), vars(copy)) == (str(error), vars(error))
