"""What we rely on in picows and what it does not promise. When a test here fails after an update, the text says what
`speko/api/socket/picows_link.py` has to be adapted to; the suites beside it say whether it then behaves."""

import asyncio
import tomllib
from importlib.metadata import version
from pathlib import Path

import picows
import pytest
from picows import WSMsgType
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]

from tests.api.socket.echo import echoing
from tests.api.socket.raw_socket import BINARY, CLOSE, close_payload, frame, open_socket


class Notes:
    """A logger."""

    def __init__(self) -> None:
        self.errors: list[tuple[object, bool]] = []
        self.protocol: WSProtocol

    def isEnabledFor(self, _: int) -> bool:
        return False

    def info(self, *_: object) -> None:
        pass

    warning = debug = log = info

    def error(self, _: str, told: object) -> None:
        self.errors.append((told, self.protocol.transport.is_close_frame_sent))


class Wire(asyncio.Transport):
    """A transport that keeps what is written; its socket takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = 0

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self if name == "socket" else default

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *_: object) -> None:
        pass

    def getsockopt(self, *_: object) -> int:
        return 0

    def get_write_buffer_size(self) -> int:
        return 1  # so that picows writes here and not to the socket

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed += 1


class Listener(picows.WSListener):
    def __init__(self) -> None:
        self.frames: list[tuple[WSMsgType, bytes]] = []

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        self.frames.append((frame.msg_type, frame.get_payload_as_bytes()))


REQUEST = (
    b"GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def bare() -> tuple[WSProtocol, Wire, Listener, Notes]:
    """picows without anything of ours."""
    notes, listener, wire = Notes(), Listener(), Wire()
    try:
        protocol = WSProtocol(
            None, None, False, lambda _: listener, notes, True, None,
            False, 0, 0, WSAutoPingStrategy.PING_PERIODICALLY, False, 1000, None, 8192,
        )  # fmt: skip
    except TypeError as error:
        pytest.fail(f"the constructor of picows.picows.WSProtocol takes other arguments now: {error}")
    notes.protocol = protocol
    protocol.connection_made(wire)
    feed(protocol, REQUEST)
    return protocol, wire, listener, notes


def feed(protocol: WSProtocol, data: bytes) -> None:
    room = protocol.get_buffer(-1)
    assert isinstance(room, memoryview), "get_buffer gives something else now, which is sliced"
    room[: len(data)] = data
    protocol.buffer_updated(len(data))


def test_the_version_is_pinned() -> None:
    project = Path(__file__).resolve().parents[3] / "pyproject.toml"
    extras = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
    assert f"picows=={version('picows')}" in extras["server"], "pin it exactly: a private constructor is used"


async def test_the_constructor_and_the_request_that_it_is_shown() -> None:
    protocol, wire, listener, notes = bare()
    assert wire.written[0].startswith(b"HTTP/1.1 101 "), "the canonical upgrade request is not accepted any more"
    feed(protocol, frame(BINARY, b"hi"))
    assert listener.frames == [(WSMsgType.BINARY, b"hi")]
    assert type(listener.frames[0][0]) is WSMsgType, "types of frames are compared by identity"
    assert listener.frames[0][0] is WSMsgType.BINARY
    assert not notes.errors


async def test_a_violation_is_logged_before_it_is_answered() -> None:
    protocol, _, _, notes = bare()
    feed(protocol, frame(5, b"x"))
    ((told, was_closed),) = notes.errors
    assert isinstance(told, tuple), "`_Ear.error` reads (code, text)"
    assert told[0] == 1002
    assert not was_closed, "the logger is told too late to answer in its place"
    assert protocol.transport.is_close_frame_sent


async def test_a_close_frame_is_parsed_one_frame_ahead() -> None:
    protocol, _, listener, notes = bare()
    feed(protocol, frame(CLOSE, close_payload(4000)) + frame(5))
    assert int(protocol.transport.close_handshake.recv.code) == 4000, "`violated` looks for it there"
    assert len(notes.errors) == 1
    assert listener.frames == [(WSMsgType.CLOSE, close_payload(4000))]


async def test_large_frames_are_written_as_a_view_and_the_bytes() -> None:
    protocol, wire, _, _ = bare()
    seen: list[list[object]] = []
    wire.writelines = lambda pieces: seen.append(list(pieces))  # type: ignore[method-assign, assignment]
    protocol.transport.send(WSMsgType.BINARY, data := b"x" * 10_000)
    ((header, payload),) = seen
    assert payload is data, "large frames are copied now"
    assert isinstance(header, memoryview)
    before = bytes(header)
    protocol.transport.send(WSMsgType.BINARY, b"y")
    assert bytes(header) != before, "the header is a copy now: `_Wire.writelines` can go"


async def test_it_closes_for_a_violation_through_the_transport_that_it_was_given() -> None:
    protocol, wire, _, _ = bare()
    feed(protocol, frame(5))
    async with asyncio.timeout(10):
        while not wire.closed:  # noqa: ASYNC110 - picows tells nobody
            await asyncio.sleep(0.005)
    assert wire.closed == 1


async def test_a_violation_is_answered_in_our_words() -> None:
    async with echoing() as server, open_socket(server.address) as client:
        await client.send(frame(5))
        assert await client.expect_close(1002) == b"protocol error", "picows answered before us"
