"""What a server's errors mean."""

import pytest

from speko.providers import errors
from speko.providers.openai_realtime import complaints
from speko.providers.openai_realtime.server_events import ErrorBody


@pytest.mark.parametrize(
    ("error", "late"),
    [
        (ErrorBody(code="input_audio_buffer_commit_empty"), True),
        (ErrorBody(code="response_cancel_not_active"), True),
        (ErrorBody(message="Conversation already has an active response"), True),
        (ErrorBody(message="Audio content of 200ms is already shorter than 300ms"), True),
        (ErrorBody(code="anything", event_id="truncate_7"), True),
        (ErrorBody(code="anything", event_id="say_7"), False),
        (ErrorBody(code="anything", event_id="theirs"), False),
        (ErrorBody(), False),
    ],
)
def test_what_came_late(error: ErrorBody, late: bool) -> None:
    assert complaints.came_late(error) is late


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ErrorBody(message="Oh", type="server_error"), errors.ProviderUnavailable,
         "the vendor reports an error (server_error): Oh"),
        (ErrorBody(message="Oh", code="session_expired", type="invalid_request_error"), errors.ConnectionLost,
         "the vendor ended the session (session_expired): Oh"),
        (ErrorBody(message="key sk-abcdefgh is bad", code="invalid_api_key"), errors.CredentialRejected,
         "the vendor reports an error (invalid_api_key): key [redacted] is bad"),
        (ErrorBody(), errors.ProviderUnavailable, "the vendor reports an error"),
    ],
)  # fmt: skip
def test_meaning(error: ErrorBody, kind: type[errors.ProviderError], message: str) -> None:
    made = complaints.meaning(error, secrets=["sk-abcdefgh"], content=[])
    assert type(made) is kind
    assert made.message == message
    assert made.status is None  # there was no HTTP
