import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.client import sse
from speko.client.sse import EventTooLong, ServerSentEvent, SseParser

LINE_ENDS = st.sampled_from(["\n", "\r\n"])
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)
NOISE = st.sampled_from([": keep-alive", "id: 7", "retry: 10", "unknown: x", "data_", ":"])


def parse(*chunks: bytes) -> list[ServerSentEvent]:
    parser = SseParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    last = parser.finish()
    return events if last is None else [*events, last]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[ServerSentEvent]]:
    """A well-formed stream with any line ends, comments and unknown fields, and the events in it."""
    written, events = "", []
    for name, lines in draw(st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), max_size=5)):
        fields = [f"event: {name}"] + [f"data: {line}" for line in lines]
        for noise in draw(st.lists(NOISE, max_size=2)):
            fields.insert(draw(st.integers(0, len(fields))), noise)
        written += "".join(line + draw(LINE_ENDS) for line in [*fields, ""])
        events.append(ServerSentEvent(name or "message", "\n".join(lines)))
    return written.encode(), events


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


@given(streams(), st.lists(st.integers(min_value=0), max_size=30))
def test_events_do_not_depend_on_where_the_network_cuts(
    stream: tuple[bytes, list[ServerSentEvent]], places: list[int]
) -> None:
    data, events = stream
    assert parse(*cut(data, places)) == events
    assert parse(*(bytes([byte]) for byte in data)) == events


@given(st.lists(st.binary(max_size=40)))
def test_any_bytes_give_the_same_events_in_one_piece_and_in_many(chunks: list[bytes]) -> None:
    assert parse(*chunks) == parse(b"".join(chunks))


def test_an_event_comes_with_its_blank_line_and_not_later() -> None:
    parser = SseParser()
    assert list(parser.feed(b"event: done\ndata: 1\n")) == []
    assert list(parser.feed(b"\n")) == [("done", "1")]
    assert parser.finish() is None


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_last_event_may_lack_its_blank_line(end: bytes) -> None:
    assert parse(b"event: done\ndata: 1" + end) == [("done", "1")]


def test_lines_of_data_are_joined_and_lose_one_space_only() -> None:
    assert parse(b"data:  a\ndata:b\ndata\n\n") == [("message", " a\nb\n")]


def test_blocks_without_data_are_no_events_and_lend_no_name() -> None:
    assert parse(b": ping\n\nevent: meta\n\ndata: 1\n\n") == [("message", "1")]


def test_a_byte_order_mark_is_skipped_at_the_start_only() -> None:
    assert parse(b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\n") == [("message", "1")]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert parse(b"data: \xff\xc3\n\n") == [("message", "��")]


def test_an_endless_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LONGEST_EVENT", 100)
    parser = SseParser()
    with pytest.raises(EventTooLong):
        for _ in range(101):
            list(parser.feed(b"x"))


def test_an_event_of_endlessly_many_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LONGEST_EVENT", 100)
    parser = SseParser()
    with pytest.raises(EventTooLong):
        for _ in range(50):
            list(parser.feed(b"data: x\n"))


def test_the_limit_is_for_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LONGEST_EVENT", 100)
    assert len(parse(*[b"data: x\n\n"] * 100)) == 100
