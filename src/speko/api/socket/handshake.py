"""The request that opens a WebSocket: what it must say, and what is answered when it does not.

Source: RFC 6455, 4.2; contract, README 3 (ids, envelope), S2S WebSocket 1.
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import unquote

import httptools

from speko.api.edge import plain_answer, request_id_of, trace_id_of
from speko.api.errors import ApiError, internal_error, invalid, log_crash
from speko.api.socket.seam import Accept, Refusal, Upgrade, UpgradeRequest

_VERSION = "13"


@dataclass(frozen=True, slots=True)
class Granted:
    """The upgrade is granted."""

    accept: Accept
    path: str
    key: str
    """What the client wants to see answered."""
    headers: list[tuple[str, str]]
    """Of the 101, beside those of the protocol itself."""


def judge(head: bytes, peer: str | None, upgrade: Upgrade) -> Granted | bytes:
    """What becomes of an upgrade request.

    Args:
        head: request line and headers, as an HTTP parser has already found them to be in order.
        peer: IP address of the client.
        upgrade: decides about requests that are a handshake.

    Returns:
        The grant, or the whole answer to a request that is refused.
    """
    line, _, lines = head.partition(b"\r\n")
    found: dict[bytes, bytes] = {}
    for entry in filter(None, lines.split(b"\r\n")):
        name, _, value = entry.partition(b":")
        name, value = name.strip().lower(), value.strip()
        found[name] = found[name] + b", " + value if name in found else value
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in found.items()}
    request_id = request_id_of(found)
    ids = [("x-request-id", request_id), ("x-trace-id", trace_id_of(found))]
    path = ""
    try:
        path, query = _target(line)
        _check(headers)
        decided = _ask(upgrade, UpgradeRequest(path, headers, peer, request_id, query))
    except ApiError as error:
        return plain_answer(error, ids, path)
    if decided.subprotocol is not None:
        ids.append(("sec-websocket-protocol", decided.subprotocol))
    return Granted(decided, path, headers["sec-websocket-key"], ids)


def _target(line: bytes) -> tuple[str, str]:
    try:
        url = httptools.parse_url(line.split(b" ")[1])
    except (IndexError, httptools.HttpParserInvalidURLError):
        url = None
    if url is None or not url.path:
        raise invalid("The request has no path")
    return unquote(url.path.decode("latin-1")), (url.query or b"").decode("latin-1")


def _check(headers: dict[str, str]) -> None:
    version = headers.get("sec-websocket-version")
    if version is not None and version != _VERSION:
        more = {"sec-websocket-version": _VERSION}
        raise upgrade_required("This version of WebSocket is not spoken here; 13 is", more)
    if version is None or not _is_key(headers.get("sec-websocket-key", "")):
        raise invalid("Not a WebSocket handshake: Sec-WebSocket-Version or Sec-WebSocket-Key is missing or wrong")


def _is_key(key: str) -> bool:
    try:
        return len(b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _ask(upgrade: Upgrade, request: UpgradeRequest) -> Accept:
    try:
        decided = upgrade(request)
    except ApiError:
        raise
    except Exception as error:
        log_crash(error, request.path)
        raise internal_error() from None
    if isinstance(decided, Refusal):
        raise ApiError(decided.status, decided.code, decided.message)
    return decided


def upgrade_required(text: str, more: dict[str, str] | None = None) -> ApiError:
    """426."""
    return ApiError(426, "UPGRADE_REQUIRED", text, headers={"upgrade": "websocket", **(more or {})})
