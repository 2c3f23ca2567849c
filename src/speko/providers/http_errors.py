"""What a vendor's HTTP answer, or the lack of one, means in the words of `errors.py`.

Statuses alone do not tell: xAI answers 400 to a wrong key, Groq 413 to an exhausted rate limit, and several vendors 400
to an account without money. So the status, the vendor's own error code and type, the parameter it names and, last, its
words are read, in that order of trust.
"""

import email.utils
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import aiohttp
import msgspec

from speko.providers.errors import (
    CallerError,
    ConnectFailed,
    ConnectionLost,
    CredentialRejected,
    DeadlineExceeded,
    Forbidden,
    MalformedResponse,
    ModelNotFound,
    ProviderError,
    ProviderUnavailable,
    QuotaExceeded,
    RateLimited,
    TruncatedResponse,
    Unsupported,
)
from speko.providers.redaction import safe_name, safe_words

_MAX_RETRY_AFTER = 24 * 3600.0
_MAX_MESSAGE = 2000
"""Characters of a message that are looked at: patterns take time."""

# What codes and types say.
_MONEY_LABEL = re.compile(
    r"insufficient_(?:\w+_)?(?:quota|balance|credits?|funds)|billing|quota_exceeded|credit_balance|payment"
)
_KEY_LABEL = re.compile(r"(?:api_?|invalid_)key|authentication|unauthori[sz]ed|invalid_auth")
_MODEL_LABEL = re.compile(
    r"model_(?:not|decommissioned|deprecated|unavailable|terms)|(?:unknown|invalid|no_such)_model"
)
_SIZE_LABEL = re.compile(r"context_(?:length|size|window)|string_above_max|too_(?:long|large)")
_OURS_LABEL = re.compile(
    r"un(?:supported|known|recognized|expected)_(?:parameter|value|format|field|argument|keyword|operation)"
    r"|extra_forbidden|not_supported|not_implemented"
)
# What they say in words where the labels say nothing; quotations are cut out before.
_MONEY_WORDS = re.compile(
    r"insufficient (?:quota|balance|credit|funds)|credit balance|current quota|out of credits|spending limit"
    r"|billing (?:details|hard limit|is not active)"
)
_KEY_WORDS = re.compile(
    r"(?:invalid|incorrect|wrong|missing|expired|revoked|no) api[ _-]?key"
    r"|api[ _-]?key (?:\S+ ){0,3}(?:invalid|not valid|not found|expired|missing|revoked)|authentication|unauthorized"
)
_MODEL_WORDS = re.compile(
    r"model\b.{0,120}?(?:does not exist|doesn't exist|not exist|not found|not available|decommissioned|no longer"
    r"|retired)|(?:unknown|invalid|no such|unsupported) model\b"
)
_SIZE_WORDS = re.compile(r"context (?:length|size|window)|too (?:long|large|many tokens)|maximum length")
_OURS_WORDS = re.compile(
    r"un(?:supported|known|recognized|expected) (?:request |keyword )?(?:parameter|value|format|field|argument|name)"
    r"|extra inputs|not supported|does not support|file format|not implemented"
)
_QUOTED = re.compile(r"(?<!\w)(['\"`]).*?\1(?!\w)")
# Parameters that we fill in: when a vendor refuses one of them, another vendor may well serve the call.
_OUR_PARAMETERS = frozenset(
    {
        "instructions",
        "language",
        "max_completion_tokens",
        "max_tokens",
        "parallel_tool_calls",
        "reasoning_effort",
        "response_format",
        "speed",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "voice",
    }
)


@dataclass(frozen=True, slots=True)
class VendorError:
    """What a vendor's error body says; empty strings where it says nothing."""

    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""

    @property
    def labels(self) -> str:
        """Code and type, lower case."""
        return f"{self.code} {self.type}".lower()

    @property
    def words(self) -> str:
        """The message in lower case, without what it quotes."""
        return _QUOTED.sub("", self.message).lower()

    @property
    def readable(self) -> bool:
        """Whether the vendor said anything that we could read."""
        return bool(self.message or self.type or self.code)


def read_error(body: bytes | Mapping[str, Any] | list[Any]) -> VendorError:
    """Reads an error body: OpenAI's `{"error": {…}}` and the forms its imitators use instead."""
    if isinstance(body, bytes):
        try:
            body = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return VendorError()
    if isinstance(body, list) and body:  # Google wraps errors in an array
        body = body[0]
    if not isinstance(body, Mapping):
        return VendorError()
    inner = body.get("error")
    fields = inner if isinstance(inner, Mapping) else body
    message = inner if isinstance(inner, str) else fields.get("message") or fields.get("detail")
    detail = _first_detail(message)
    return VendorError(
        message=unquote("; ".join(_texts(message))[:_MAX_MESSAGE]),  # xAI sends some of its words percent-encoded
        type=_text(fields.get("type") or fields.get("status")),
        code=_text(fields.get("code")) or _text(detail.get("type")),
        param=_text(fields.get("param")) or _place(detail),
    )


def _first_detail(message: object) -> Mapping[str, Any]:
    """The first entry of a list of validation errors (pydantic's form)."""
    if isinstance(message, Mapping):
        message = message.get("detail")
    if isinstance(message, list) and message and isinstance(message[0], Mapping):
        return message[0]
    return {}


def _place(detail: Mapping[str, Any]) -> str:
    where = detail.get("loc")
    return ".".join(str(step) for step in where if step != "body") if isinstance(where, list) else ""


def _texts(message: object) -> Iterator[str]:
    if isinstance(message, str):
        yield message
    elif isinstance(message, Mapping):
        yield from _texts(message.get("detail") or message.get("message"))
    elif isinstance(message, list):
        for entry in message[:5]:  # validation errors: where and what, never `input`
            if isinstance(entry, Mapping) and isinstance(entry.get("msg"), str):
                place = _place(entry)
                yield f"{place}: {entry['msg']}" if place else entry["msg"]


def _text(value: object) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def status_error(
    status: int,
    headers: Mapping[str, str],
    body: bytes | Mapping[str, Any],
    *,
    secrets: Sequence[str] = (),
    content: Sequence[str] = (),
    now: Callable[[], float] = time.time,
) -> ProviderError:
    """The error that an HTTP answer means.

    Args:
        status: any status but 2xx.
        headers: of the answer; `Retry-After` and `retry-after-ms` are read.
        body: as received, or decoded already.
        secrets: what was sent and must not be shown.
        content: the caller's own texts, which must not be shown either.
        now: seconds since the epoch, for a `Retry-After` that is a date.
    """
    error = read_error(body)
    kind = _kind(status, error)
    words = safe_words(error.message, secrets, content)
    label = safe_words(safe_name(error.code) or safe_name(error.type) or "", secrets)
    param = safe_words(safe_name(error.param) or "", secrets)
    head = f"HTTP {status}"
    if label and label != str(status):
        head += f" ({label})"
    if param and not words:
        head += f" about {param}"
    return kind(
        f"{head}: {words}" if words else head,
        status=status,
        retry_after=retry_after(headers, now),
        about="voice" if kind is Unsupported and _parameter(error) == "voice" else None,
    )


def event_error(error: object, *, secrets: Sequence[str] = (), content: Sequence[str] = ()) -> ProviderError:
    """The error that an error object inside an answer of status 200 means."""
    body = {"error": error}
    seen = read_error(body)
    status = int(seen.code) if re.fullmatch(r"[45]\d\d", seen.code) else _status_of(seen.labels)
    return status_error(status, {}, body, secrets=secrets, content=content)


def _status_of(labels: str) -> int:
    if _MONEY_LABEL.search(labels):
        return 402
    if "rate_limit" in labels:
        return 429
    if _KEY_LABEL.search(labels):
        return 401
    if _MODEL_LABEL.search(labels):
        return 404
    if "invalid_request" in labels or _SIZE_LABEL.search(labels):
        return 400
    return 500


def _is_about_size(error: VendorError) -> bool:
    return bool(_SIZE_LABEL.search(error.labels) or _SIZE_WORDS.search(error.words))


def _is_about_model(error: VendorError) -> bool:
    if _is_about_size(error):  # "this model's maximum context length is …"
        return False
    if error.param:
        return error.param == "model" or bool(_MODEL_LABEL.search(error.labels))
    return bool(_MODEL_LABEL.search(error.labels) or _MODEL_WORDS.search(error.words))


def _parameter(error: VendorError) -> str:
    return re.split(r"[.\[]", error.param, maxsplit=1)[0]


def _is_our_making(error: VendorError) -> bool:
    if _parameter(error) in _OUR_PARAMETERS or not error.readable:
        return True
    if _is_about_size(error):
        return False
    return bool(_OURS_LABEL.search(error.labels) or _OURS_WORDS.search(error.words))


# The first that applies.
_RULES: tuple[tuple[Callable[[int, VendorError], object], type[ProviderError]], ...] = (
    (lambda status, _: status < 400, MalformedResponse),  # a redirect, which we do not follow with a key in hand
    (lambda status, _: status == 501, Unsupported),
    (lambda status, _: status >= 500, ProviderUnavailable),
    (lambda status, error: status == 402 or _MONEY_LABEL.search(error.labels), QuotaExceeded),
    (lambda status, error: status in (400, 403, 429) and _MONEY_WORDS.search(error.words), QuotaExceeded),
    (lambda status, error: status == 429 or "rate_limit" in error.labels, RateLimited),
    (lambda status, error: status == 401 or _KEY_LABEL.search(error.labels), CredentialRejected),
    (lambda status, error: status in (400, 403) and _KEY_WORDS.search(error.words), CredentialRejected),
    (lambda status, error: status in (404, 410) or _is_about_model(error), ModelNotFound),
    (lambda status, _: status == 403, Forbidden),
    (lambda status, _: status in (408, 409, 425), ProviderUnavailable),
    (lambda status, _: status == 413, CallerError),
    (lambda status, error: status in (400, 422) and not _is_our_making(error), CallerError),
    (lambda *_: True, Unsupported),  # 405, 406, 415, and requests that we made wrong
)


def _kind(status: int, error: VendorError) -> type[ProviderError]:
    return next(kind for applies, kind in _RULES if applies(status, error))


def retry_after(headers: Mapping[str, str], now: Callable[[], float] = time.time) -> float | None:
    """Seconds that the vendor asks us to wait, at most a day; None where it does not say.

    Source: RFC 9110, 10.2.3; `retry-after-ms` is OpenAI's finer form.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            seconds = _until(value, now)
        if math.isfinite(seconds):
            return min(max(seconds, 0.0), _MAX_RETRY_AFTER)
    return None


def _until(date: str, now: Callable[[], float]) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() - now()
    except (ValueError, OverflowError):
        return math.nan


# The first that matches.
_TRANSPORT: tuple[tuple[type[BaseException], Callable[[], ProviderError]], ...] = (
    (aiohttp.ServerTimeoutError, lambda: DeadlineExceeded("not connected in time", stage="connect")),
    (aiohttp.ClientConnectorDNSError, lambda: ConnectFailed("the host name could not be resolved")),
    (aiohttp.ClientSSLError, lambda: ConnectFailed("TLS could not be established")),
    (aiohttp.ClientConnectorError, lambda: ConnectFailed("connection refused, or host unreachable")),
    (aiohttp.InvalidURL, lambda: ConnectFailed("the base URL is not a valid HTTP address")),
    (aiohttp.NonHttpUrlClientError, lambda: ConnectFailed("the base URL is not a valid HTTP address")),
    (aiohttp.ClientPayloadError, lambda: TruncatedResponse("the answer broke off before its announced end")),
    (aiohttp.ClientResponseError, lambda: MalformedResponse("the answer is not valid HTTP")),
)


def transport_error(error: Exception) -> ProviderError:
    """The error that an exception of aiohttp or of the operating system means."""
    made = next((make for kind, make in _TRANSPORT if isinstance(error, kind)), None)
    return made() if made else ConnectionLost("the connection broke")
