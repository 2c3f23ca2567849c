"""What a client's frames may say: messages in several frames, UTF-8, sizes, close codes. Knows no socket.

Source: RFC 6455, 5.4, 5.5.1, 7.4 and 8.1; contract, S2S WebSocket 3 (sizes).
"""

import codecs

BINARY_LIMIT = 2**20
TEXT_LIMIT = 256 * 1024
"""Bytes of a message, in however many frames."""

PROTOCOL_ERROR = 1002
NO_CODE = 1005
INVALID_TEXT = 1007
TOO_BIG = 1009
_REASONS = {PROTOCOL_ERROR: "protocol error", INVALID_TEXT: "text is not UTF-8", TOO_BIG: "frame too big"}
_FROM_CLIENTS = frozenset((1000, 1001, 1002, 1003, *range(1007, 1012)))


class Violation(Exception):
    """The client broke the protocol; `code` is what the socket is closed with, `reason` says it in words."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.reason = _REASONS.get(code, "protocol error")
        super().__init__(self.reason)


def check_text(payload: bytes) -> None:
    """A whole text message.

    Raises:
        Violation: not UTF-8.
    """
    if not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError:
            raise Violation(INVALID_TEXT) from None


class Assembly:
    """A message that comes in several frames."""

    __slots__ = ("_decoder", "_limit", "_parts")

    def __init__(self, *, text: bool, text_limit: int = TEXT_LIMIT) -> None:
        self._parts = bytearray()
        self._limit = text_limit if text else BINARY_LIMIT
        self._decoder = codecs.getincrementaldecoder("utf-8")() if text else None

    @property
    def is_text(self) -> bool:
        """Else binary."""
        return self._decoder is not None

    def add(self, payload: bytes, *, last: bool) -> bytes | None:
        """The next frame; the message after the last one.

        Raises:
            Violation: the message grows too big, or its text is not UTF-8 so far.
        """
        if len(self._parts) + len(payload) > self._limit:
            raise Violation(TOO_BIG)
        if self._decoder is not None:
            try:
                self._decoder.decode(payload, last)
            except UnicodeDecodeError:
                raise Violation(INVALID_TEXT) from None
        self._parts += payload
        return bytes(self._parts) if last else None


def close_code(payload: bytes) -> int:
    """The code of a close frame; 1005 when it has none.

    Raises:
        Violation: the code is none that a client may send, or the reason is not UTF-8.
    """
    if not payload:
        return NO_CODE
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (code in _FROM_CLIENTS or 3000 <= code <= 4999):
        raise Violation(PROTOCOL_ERROR)
    check_text(payload[2:])
    return code
