"""What a gateway and an agent process say to each other: frames over a Unix or TCP socket, one socket per conversation.

A frame is the length of its body (4 bytes, little-endian), a byte for its kind, and the body. Kind 0 is sound: PCM16 of
the user, or of the response that was started last. Every other kind is one class, in MessagePack: the events and
commands of the engine protocol, and a few of our own.
"""

from typing import Any, Final, Generic, TypeVar, get_args

import msgspec
from msgspec import Struct

from speko.agent.plan import OpenBreaker, SessionPlan
from speko.agent.reports import Failure, HealthReport
from speko.providers.s2s import EngineCommand, EngineEvent, S2sRequest
from speko.routing.ledger import AttemptRow, UsageRow

AUDIO: Final = 0
MAX_BODY: Final = 16 * 2**20
"""Bytes: a conversation of an hour with large tools is far from it."""
MAX_GREETING: Final = 1024
"""Bytes that whoever has not shown the secret yet may send as one frame."""
_HEADER: Final = 5
M = TypeVar("M")


class Hello(Struct, frozen=True):
    """The gateway's first frame. Not in its repr: the secret."""

    secret: str
    version: str
    """Of the gateway; both ends have to be of the same build."""

    def __repr__(self) -> str:
        return f"Hello(version={self.version!r})"


class Open(Struct, frozen=True):
    """The gateway's second frame: the conversation that shall be held. `request.plan` is None."""

    request: S2sRequest
    plan: SessionPlan
    breakers: tuple[OpenBreaker, ...] = ()


class Opened(Struct, frozen=True):
    """The conversation has begun."""


class Refused(Struct, frozen=True):
    """It cannot be held."""

    failure: Failure


class Broken(Struct, frozen=True):
    """It had begun and cannot go on."""

    failure: Failure


UpMessage = Hello | Open | EngineCommand
DownMessage = Opened | Refused | Broken | AttemptRow | UsageRow | HealthReport | EngineEvent


class WireError(Exception):
    """What came is not what the other end sends. The text names the rule, never the content."""


class Codec(Generic[M]):
    """The messages of one direction, each with its kind."""

    def __init__(self, classes: tuple[type[Any], ...]) -> None:
        self._kinds = {cls: number for number, cls in enumerate(classes, AUDIO + 1)}
        self._decoders = {number: msgspec.msgpack.Decoder(cls) for cls, number in self._kinds.items()}
        self._encoder = msgspec.msgpack.Encoder()

    def frame(self, message: M) -> bytes:
        """A message as it goes onto the socket.

        Raises:
            WireError: it is longer than the other end takes.
        """
        body = self._encoder.encode(message)
        if len(body) > MAX_BODY:
            raise WireError("message too big")
        return b"".join((len(body).to_bytes(4, "little"), self._kinds[type(message)].to_bytes(1, "little"), body))

    def read(self, kind: int, body: bytes) -> M:
        """The message in a frame.

        Raises:
            WireError: there is no such kind, or the body is not one.
        """
        decoder = self._decoders.get(kind)
        if decoder is None:
            raise WireError("unknown kind")
        try:
            return decoder.decode(body)  # type: ignore[no-any-return]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise WireError("unreadable message") from None


UP: Codec[UpMessage] = Codec(get_args(UpMessage))
DOWN: Codec[DownMessage] = Codec(get_args(DownMessage))


def audio_frame(pcm: bytes) -> bytes:
    """Sound as it goes onto the socket."""
    return len(pcm).to_bytes(4, "little") + b"\0" + pcm


class FrameParser:
    """Cuts what comes from a socket into frames. A body that comes in one piece is copied once, one in pieces twice.

    Args:
        limit: bytes that a body may have; may be changed between two frames.
    """

    def __init__(self, limit: int = MAX_BODY) -> None:
        self.limit = limit
        self._data = b""
        self._at = 0
        self._begun = bytearray()
        """A frame that is not complete yet; then nothing is left of `_data`."""

    def feed(self, data: bytes) -> None:
        """Takes the next bytes."""
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0

    def next(self) -> tuple[int, bytes] | None:
        """The next frame as (kind, body), or None until more bytes come.

        Raises:
            WireError: a body is longer than it may be. There is no going on.
        """
        if self._begun:
            return self._complete()
        data, at = self._data, self._at
        body = at + _HEADER
        if len(data) >= body:
            end = body + self._checked(data[at : at + 4])
            if len(data) >= end:
                self._at = end
                return data[body - 1], data[body:end]
        self._begun += data[at:]
        self._at = len(data)
        return None

    def _complete(self) -> tuple[int, bytes] | None:
        if not (self._take(_HEADER) and self._take(_HEADER + self._checked(self._begun[:4]))):
            return None
        kind, body = self._begun[_HEADER - 1], bytes(memoryview(self._begun)[_HEADER:])
        self._begun = bytearray()
        return kind, body

    def _take(self, length: int) -> bool:
        """Fills the frame that has begun up to `length` bytes; whether there were enough."""
        missing = length - len(self._begun)
        if missing > 0:
            piece = self._data[self._at : self._at + missing]
            self._begun += piece
            self._at += len(piece)
            missing -= len(piece)
        return missing <= 0

    def _checked(self, header: bytes | bytearray) -> int:
        length = int.from_bytes(header, "little")
        if length > self.limit:
            raise WireError("frame too big")
        return length
