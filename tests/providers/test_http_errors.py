"""What vendors' HTTP answers mean. The bodies are those that the vendors are known to send."""

import time
from typing import Any

import aiohttp
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers import errors
from speko.providers.http_errors import event_error, read_error, retry_after, status_error, transport_error
from tests.providers.http_answers import ANSWERS, openai_error


@pytest.mark.parametrize(("status", "body", "kind"), ANSWERS, ids=lambda value: str(value)[:60])
def test_kinds(status: int, body: Any, kind: type[errors.ProviderError]) -> None:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    error = status_error(status, {}, raw)
    assert type(error) is kind
    assert error.status == status
    assert error.message.startswith(f"HTTP {status}")


def test_a_refused_voice_is_told_apart() -> None:
    for param, about in (("voice", "voice"), ("voice.id", "voice"), ("speed", None), ("", None)):
        body = msgspec.json.encode(openai_error(message="Unsupported value", param=param))
        error = status_error(400, {}, body)
        assert (type(error), error.about) == (errors.Unsupported, about)


def test_every_kind_that_http_can_mean_has_a_case() -> None:
    others = {  # raised elsewhere
        errors.Busy,
        errors.ConnectFailed,
        errors.ConnectionLost,
        errors.DeadlineExceeded,
        errors.EmptyResult,
        errors.TruncatedResponse,
    }
    # Other tests make kinds of their own.
    ours = {kind for kind in errors.ProviderError.__subclasses__() if kind.__module__ == errors.__name__}
    assert {kind for _, _, kind in ANSWERS} == ours - others


def test_the_message_says_status_code_and_words() -> None:
    body = msgspec.json.encode(openai_error(message="The model `gpt-9` does not exist", code="model_not_found"))
    assert status_error(404, {}, body).message == "HTTP 404 (model_not_found): The model `gpt-9` does not exist"
    assert status_error(503, {}, b"<html>").message == "HTTP 503"


def test_the_message_holds_neither_key_nor_content_nor_input() -> None:
    body = {
        "detail": [
            {
                "type": "string_type",
                "loc": ["body", "messages", 0],
                "msg": "bad 'my own words' sk-12345678",
                "input": "my own words",
            }
        ]
    }
    message = status_error(
        422, {}, msgspec.json.encode(body), secrets=["sk-12345678"], content=["my own words"]
    ).message
    assert message == "HTTP 422 (string_type): messages.0: bad … [redacted]"


def test_a_key_that_is_dressed_up_as_a_code_does_not_show() -> None:
    body = msgspec.json.encode(openai_error(code="sk-12345678", param="sk-12345678"))
    assert "1234" not in status_error(400, {}, body, secrets=["sk-12345678"]).message


@pytest.mark.parametrize("text", ["'", "' ", "x", "model ", "*", "sk-", "a'b "])
def test_no_message_takes_long_to_read(text: str) -> None:
    body = msgspec.json.encode(openai_error(message=text * 60_000))
    started = time.process_time()
    status_error(400, {}, body, secrets=["sk-12345678"], content=[text * 1000])
    assert time.process_time() - started < 5


def test_a_huge_message_is_cut() -> None:
    body = msgspec.json.encode(openai_error(message="word " * 100_000))
    assert len(status_error(400, {}, body).message) < 400


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "999999999"}, 86400.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    noon = 1795262400.0  # Sat, 21 Nov 2026 12:00:00 GMT
    assert retry_after(headers, lambda: noon) == seconds
    assert status_error(429, headers, b"", now=lambda: noon).retry_after == seconds


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        ({"message": "upstream died", "code": 502}, errors.ProviderUnavailable, 502),
        ({"message": "slow down", "type": "rate_limit_error"}, errors.RateLimited, 429),
        ({"message": "too long", "code": "context_length_exceeded"}, errors.CallerError, 400),
        ({"message": "bad key", "type": "authentication_error"}, errors.CredentialRejected, 401),
        ({"message": "bad key", "type": "invalid_request_error", "code": "invalid_api_key"},
         errors.CredentialRejected, 401),
        ({"message": "no money", "type": "insufficient_quota"}, errors.QuotaExceeded, 402),
        ({"message": "no such thing", "code": "model_not_found"}, errors.ModelNotFound, 404),
        ({"message": "oops", "type": "server_error"}, errors.ProviderUnavailable, 500),
        ("oops", errors.ProviderUnavailable, 500),
        ({"message": "odd", "code": 7}, errors.ProviderUnavailable, 500),
        (["what"], errors.ProviderUnavailable, 500),
    ],
)  # fmt: skip
def test_errors_inside_a_stream(error: object, kind: type[errors.ProviderError], status: int) -> None:
    made = event_error(error)
    assert type(made) is kind
    assert made.status == status


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 600) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "code", "type", "param", "loc", "msg"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(st.integers(300, 599), st.binary(max_size=64) | JSON.map(msgspec.json.encode))
def test_no_body_makes_it_fail(status: int, body: bytes) -> None:
    assert status_error(status, {}, body).status == status
    event_error(read_error(body).message)


@given(JSON)
def test_no_error_object_makes_it_fail(error: object) -> None:
    assert event_error(error).status is not None


def connector_error(kind: type[aiohttp.ClientConnectorError]) -> aiohttp.ClientConnectorError:
    return kind(None, OSError(111, "sk-secret"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (connector_error(aiohttp.ClientConnectorError), errors.ConnectFailed),
        (connector_error(aiohttp.ClientConnectorDNSError), errors.ConnectFailed),
        (connector_error(aiohttp.ClientConnectorSSLError), errors.ConnectFailed),
        (aiohttp.InvalidURL("sk-secret"), errors.ConnectFailed),
        (aiohttp.NonHttpUrlClientError("sk-secret"), errors.ConnectFailed),
        (aiohttp.ConnectionTimeoutError("sk-secret"), errors.DeadlineExceeded),
        (aiohttp.ServerDisconnectedError("sk-secret"), errors.ConnectionLost),
        (aiohttp.ClientOSError(104, "sk-secret"), errors.ConnectionLost),
        (ConnectionResetError("sk-secret"), errors.ConnectionLost),
        (aiohttp.ClientPayloadError("sk-secret"), errors.TruncatedResponse),
        (aiohttp.ClientResponseError(None, (), message="sk-secret"), errors.MalformedResponse),  # type: ignore[arg-type]
        (TimeoutError(), errors.ConnectionLost),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_transport_errors(error: Exception, kind: type[errors.ProviderError]) -> None:
    made = transport_error(error)
    assert type(made) is kind
    assert "secret" not in made.message
    if isinstance(made, errors.DeadlineExceeded):
        assert made.stage == "connect"
