"""Frames: every message of both directions comes out as it went in, however the socket cuts it."""

from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.agent.wire import (
    AUDIO,
    DOWN,
    MAX_BODY,
    UP,
    Codec,
    DownMessage,
    FrameParser,
    Hello,
    UpMessage,
    WireError,
    audio_frame,
)
from speko.providers.s2s import EngineCommand, EngineEvent, SpeechStarted
from tests.agent.instances import instances

DIRECTIONS: list[tuple[Codec[Any], Any]] = [(UP, UpMessage), (DOWN, DownMessage)]
CASES = [pytest.param(codec, cls, id=cls.__name__) for codec, union in DIRECTIONS for cls in get_args(union)]


def parsed(parser: FrameParser, *pieces: bytes) -> list[tuple[int, bytes]]:
    """All frames in some bytes."""
    found = []
    for piece in pieces:
        parser.feed(piece)
        while (frame := parser.next()) is not None:
            found.append(frame)
    return found


def test_all_events_and_commands_of_the_engine_protocol_are_messages() -> None:
    assert set(get_args(EngineCommand)) < set(get_args(UpMessage))
    assert set(get_args(EngineEvent)) < set(get_args(DownMessage))


@pytest.mark.parametrize(("codec", "cls"), CASES)
@given(data=st.data())
def test_every_message_comes_back(codec: Codec[Any], cls: type[Any], data: st.DataObject) -> None:
    message = data.draw(instances(cls))
    ((kind, body),) = parsed(FrameParser(), codec.frame(message))
    assert kind != AUDIO
    back = codec.read(kind, body)
    assert type(back) is cls
    assert back == message


@given(
    bodies=st.lists(st.binary(max_size=40), min_size=1, max_size=8),
    data=st.data(),
)
def test_frames_do_not_depend_on_how_the_bytes_are_cut(bodies: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(audio_frame, bodies))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))
    edges = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert parsed(FrameParser(), *pieces) == [(AUDIO, body) for body in bodies]


@given(bodies=st.lists(st.binary(max_size=40), min_size=2, max_size=8), data=st.data())
def test_frames_that_wait_while_nobody_asks_are_kept(bodies: list[bytes], data: st.DataObject) -> None:
    """As when reading is held: some bytes are fed while frames of earlier ones are still inside."""
    stream = b"".join(map(audio_frame, bodies))
    cut = data.draw(st.integers(0, len(stream)))
    parser = FrameParser()
    found = []
    parser.feed(stream[:cut])
    for _ in range(data.draw(st.integers(0, 3))):
        if (frame := parser.next()) is not None:
            found.append(frame)
    parser.feed(stream[cut:])
    assert found + parsed(parser, b"") == [(AUDIO, body) for body in bodies]


@given(noise=st.binary(max_size=200))
def test_noise_is_frames_or_an_error_and_nothing_else(noise: bytes) -> None:
    parser = FrameParser(limit=1000)
    try:
        for kind, body in parsed(parser, noise):
            for codec, _ in DIRECTIONS:
                codec.read(kind, body)
    except WireError as error:
        assert str(error) in ("frame too big", "unknown kind", "unreadable message")


def test_a_body_may_be_as_long_as_the_limit_and_not_longer() -> None:
    assert parsed(FrameParser(4), audio_frame(b"1234")) == [(AUDIO, b"1234")]
    with pytest.raises(WireError, match="too big"):
        parsed(FrameParser(4), audio_frame(b"12345"))
    with pytest.raises(WireError, match="too big"):
        parsed(FrameParser(), (MAX_BODY + 1).to_bytes(4, "little"), b"\0")


def test_a_frame_that_never_ends_is_refused_before_its_body_comes() -> None:
    parser = FrameParser(1000)
    with pytest.raises(WireError):
        parsed(parser, b"\xff", b"\xff", b"\xff", b"\xff", b"\0")


@pytest.mark.parametrize(
    "body", [b"", b"\xc1", b"\x93\x01", b"\x81\xa6ago_ms\xa1x"], ids=["empty", "bad", "half", "type"]
)
def test_a_body_that_is_none(body: bytes) -> None:
    kind = DOWN.frame(SpeechStarted())[4]
    with pytest.raises(WireError):
        DOWN.read(kind, body)


@pytest.mark.parametrize("kind", [0, 200, 255])
def test_a_kind_that_nobody_knows(kind: int) -> None:
    with pytest.raises(WireError, match="unknown kind"):
        UP.read(kind, b"\x80")


def test_the_secret_does_not_show() -> None:
    assert "swordfish" not in repr(Hello("swordfish", "1"))
