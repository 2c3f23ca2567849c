"""What gateway and worker say to each other over their socket: frames of a little-endian 32-bit length and a body.

To the worker: one `Job`, then PCM16 mono at 16 kHz, then an empty frame. From it: `Ready` once it exists, `Heard` as
often as there is something, then `Done` or `Failed`. Bodies other than sound are MessagePack.
"""

from typing import Final

import msgspec
from msgspec import Struct

LENGTH_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 1 << 20
"""Longer frames are nothing that either side sends."""


class Job(Struct, frozen=True, array_like=True):
    """What a worker shall do."""

    interim: bool
    """Whether to say what was understood before a segment ends."""


class Words(Struct, frozen=True, array_like=True):
    """Words of one segment."""

    text: str
    is_final: bool
    confidence: float | None


class Ready(Struct, frozen=True, array_like=True, tag=True):
    """The worker exists."""


class Heard(Struct, frozen=True, array_like=True, tag=True):
    """What was understood since the last one."""

    words: tuple[Words, ...]


class Done(Struct, frozen=True, array_like=True, tag=True):
    """All sound is heard."""


class Failed(Struct, frozen=True, array_like=True, tag=True):
    """The worker gives up; `error` is the kind of exception."""

    error: str


Answer = Ready | Heard | Done | Failed
_encoder = msgspec.msgpack.Encoder()
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_jobs = msgspec.msgpack.Decoder(Job)


def frame(body: bytes) -> bytes:
    """One frame on the wire."""
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def encode(message: Job | Answer) -> bytes:
    """One message as a frame."""
    return frame(_encoder.encode(message))


def decode_answer(body: bytes) -> Answer:
    """Raises msgspec.DecodeError."""
    return _answers.decode(body)


def decode_job(body: bytes) -> Job:
    """Raises msgspec.DecodeError."""
    return _jobs.decode(body)
