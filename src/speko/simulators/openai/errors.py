"""OpenAI's error answers: `{"error": {"message", "type", "param", "code"}}`.

Source: https://platform.openai.com/docs/guides/error-codes
"""

from typing import NamedTuple

import msgspec

from speko.simulators.answer import Answer, Refused
from speko.simulators.faults import FaultKind


class ErrorRow(NamedTuple):
    """What the vendor says about an error, whatever the form."""

    type: str
    code: str | None
    message: str


_STATUSES = {
    FaultKind.BAD_REQUEST: ErrorRow("invalid_request_error", "context_length_exceeded", "The input is too long."),
    FaultKind.UNAUTHORIZED: ErrorRow(
        "invalid_request_error", "invalid_api_key", "The API key is missing or incorrect."
    ),
    FaultKind.PAYMENT_REQUIRED: ErrorRow("insufficient_quota", "billing_not_active", "The account is not active."),
    FaultKind.FORBIDDEN: ErrorRow(
        "request_forbidden", "unsupported_country_region_territory", "Country, region or territory not supported."
    ),
    FaultKind.NOT_FOUND: ErrorRow(
        "invalid_request_error", "model_not_found", "The model does not exist or you have no access to it."
    ),
    FaultKind.TOO_LARGE: ErrorRow("invalid_request_error", None, "Maximum content size limit (26214400) exceeded."),
    FaultKind.UNSUPPORTED_MEDIA: ErrorRow("invalid_request_error", None, "Unsupported media type."),
    FaultKind.UNPROCESSABLE: ErrorRow("invalid_request_error", None, "The request cannot be processed."),
    FaultKind.RATE_LIMITED: ErrorRow("requests", "rate_limit_exceeded", "Rate limit reached. Try again later."),
    FaultKind.QUOTA: ErrorRow("insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
    FaultKind.SERVER_ERROR: ErrorRow("server_error", None, "The server had an error while processing your request."),
    FaultKind.OVERLOADED: ErrorRow("server_error", None, "The server is overloaded. Try again later."),
}


def error(
    status: int, message: str, *, type: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> Answer:
    """An error answer."""
    body = {"error": {"message": message, "type": type, "param": param, "code": code}}
    return Answer((msgspec.json.encode(body),), status=status)


def error_row(kind: FaultKind) -> ErrorRow:
    """What the vendor says for a fault that is a status."""
    return _STATUSES[kind]


def status_error(kind: FaultKind) -> Answer:
    """The error answer for a fault that is a status."""
    row = _STATUSES[kind]
    return error(kind.status or 500, row.message, type=row.type, code=row.code)


def invalid(message: str, param: str | None = None, code: str | None = None) -> Refused:
    """A 400 about what the caller sent, to raise. Texts that came with the request must not go into `message`."""
    return Refused(error(400, message, param=param, code=code))
