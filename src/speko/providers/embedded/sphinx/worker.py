"""One worker: serves one call over its socket, then ends."""

import socket
from contextlib import suppress
from typing import Any

from speko.providers.embedded.sphinx.decoding import Hearing
from speko.providers.embedded.sphinx.messages import (
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    Answer,
    Done,
    Failed,
    Heard,
    Ready,
    decode_job,
    encode,
)


def serve(connection: socket.socket, decoder: Any) -> None:
    """Serves one call. Returns when it is done or the gateway has hung up."""
    # The gateway may leave at any moment; then there is nobody to tell anything.
    with suppress(ConnectionError, EOFError):
        _say(connection, Ready())
        job = decode_job(_read(connection))
        try:
            hearing = Hearing(decoder, interim=job.interim)
            while pcm := _read(connection):
                if words := tuple(hearing.push(pcm)):
                    _say(connection, Heard(words))
            if words := tuple(hearing.finish()):
                _say(connection, Heard(words))
            _say(connection, Done())
        except (ConnectionError, EOFError):
            raise
        except Exception as error:
            _say(connection, Failed(type(error).__name__))


def _say(connection: socket.socket, answer: Answer) -> None:
    connection.sendall(encode(answer))


def _read(connection: socket.socket) -> bytes:
    length = int.from_bytes(_exactly(connection, LENGTH_BYTES), "little")
    if length > MAX_FRAME_BYTES:
        raise ValueError("a frame is longer than the gateway sends")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise EOFError
        received += part
    return bytes(received)
