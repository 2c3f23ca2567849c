"""The decoder of server-sent events."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from speko.providers.errors import MalformedResponse
from speko.providers.sse import SseDecoder


def decode(*chunks: bytes, limit: int = 2**20) -> list[bytes]:
    decoder = SseDecoder(limit)
    return [event for chunk in chunks for event in decoder.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b'data: {"a": 1}\n\ndata: {"b": 2}\n\n', [b'{"a": 1}', b'{"b": 2}']),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data:a\n\ndata:  b\n\n", [b"a", b" b"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b": keep-alive\n\ndata: a\n\n: again\n\n", [b"a"]),
        (b"event: error\nid: 7\nretry: 10\ndata: a\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: \xef\xbb\xbf\n\n", [b"\xef\xbb\xbf"]),
        (b"data\n\ndata:\n\ndata: \n\ndata: a\n\n", [b"a"]),
        (b"data: a\n\n\n\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: data: a\n\n", [b"data: a"]),
        (b"datax: a\n\nxdata: b\n\n", []),
        (b"", []),
    ],
)
def test_streams(stream: bytes, events: list[bytes]) -> None:
    assert decode(stream) == events


def test_an_event_waits_for_its_blank_line() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\n") == [b"a"]


def test_the_linefeed_of_a_crlf_that_was_split_is_not_another_line() -> None:
    assert decode(b"data: a\r", b"\ndata: b\r\n\r", b"\n") == [b"a\nb"]


@pytest.mark.parametrize(
    ("stream", "rest"),
    [
        (b"data: a\n\ndata: [DONE]", [b"[DONE]"]),
        (b"data: a\n\ndata: [DONE]\n", [b"[DONE]"]),
        (b"data: a\n\ndata: b\ndata: c", [b"b\nc"]),
        (b"data: a\n\n", []),
        (b"data: a\n\n: comment", []),
        (b"\xef\xbb\xbfdata: a", [b"a"]),
    ],
)
def test_what_the_end_cuts_off_is_given_once(stream: bytes, rest: list[bytes]) -> None:
    decoder = SseDecoder()
    decoder.feed(stream)
    assert decoder.finish() == rest
    assert decoder.finish() == []


LINES = st.one_of(
    st.binary(max_size=12).map(lambda b: b"data: " + b.replace(b"\n", b"").replace(b"\r", b"")),
    st.sampled_from([b"", b"", b"", b"data", b"data:", b"data:x", b":c", b"event: e", b" data: no", b"id: 1"]),
)
STREAMS = st.builds(
    lambda bom, lines: bom + b"".join(line + end for line, end in lines),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])), max_size=40),
)


def reference(stream: bytes) -> list[bytes]:
    """The specification, word by word, over the whole stream."""
    lines = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[:-1]
    events: list[bytes] = []
    data: list[bytes] = []
    for line in lines:
        if not line:
            if b"\n".join(data):
                events.append(b"\n".join(data))
            data = []
        elif not line.startswith(b":"):
            name, _, value = line.partition(b":")
            if name == b"data":
                data.append(value[1:] if value.startswith(b" ") else value)
    return events


@given(STREAMS, st.lists(st.integers(0, 400), max_size=30))
@example(b"data: a\r\n\r\n", [1, 8, 9, 10])
def test_any_chunking_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    chunks = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert decode(*chunks) == reference(stream)
    assert decode(*(stream[i : i + 1] for i in range(len(stream)))) == reference(stream)


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
@pytest.mark.parametrize(
    "stream", [b"data: " + b"x" * 200 + b"\n\n", b"data: xxxxxxxxx\n" * 20 + b"\n", b": " + b"x" * 200 + b"\n\n"]
)
def test_an_event_above_the_limit_is_refused_however_it_arrives(stream: bytes, size: int) -> None:
    with pytest.raises(MalformedResponse):
        decode(*(stream[i : i + size] for i in range(0, len(stream), size)), limit=100)


def test_the_limit_is_per_event() -> None:
    assert len(decode(b"data: xxxxxxxxxx\n\n" * 1000, limit=100)) == 1000
