import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko import CompleteDone, CompleteEvent, DeltaEvent, Organization, SpekoApiError, StreamError
from speko.client.decoder import EventDecoder, parse, parse_list
from speko.client.models.events import COMPLETE_EVENTS
from tests.client.gateway import sse

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def decode(*chunks: bytes) -> list[CompleteEvent]:
    decoder = EventDecoder(COMPLETE_EVENTS, "req_1")
    return [event for chunk in chunks for event in decoder.feed(chunk)] + list(decoder.finish())


@given(st.lists(WORDS), st.integers(min_value=1, max_value=7))
def test_text_survives_any_cut(words: list[str], step: int) -> None:
    data = b"".join(sse("delta", text=word) for word in words) + sse("done", text="".join(words))
    events = decode(*(data[start : start + step] for start in range(0, len(data), step)))
    assert [event.text for event in events if isinstance(event, DeltaEvent)] == words
    assert isinstance(events[-1], CompleteDone)
    assert events[-1].text == "".join(words)


@pytest.mark.parametrize("last", [sse("done", text="a"), sse("error", error="b", code="C")])
def test_nothing_comes_after_the_last_event(last: bytes) -> None:
    assert len(decode(last + sse("delta", text="late"), sse("done", text="again"), b"garbage")) == 1


def test_events_of_other_names_are_skipped() -> None:
    assert [event.type for event in decode(sse("heartbeat", a=1), b"data: x\n\n", sse("done"))] == ["done"]


def test_an_error_without_a_code_has_the_default_one() -> None:
    assert decode(sse("error")) == [StreamError(error="The stream failed.", code="STREAM_ERROR", request_id="req_1")]


def test_the_request_id_comes_with_the_result() -> None:
    [done] = decode(sse("done", text="a"))
    assert isinstance(done, CompleteDone)
    assert done.result().request_id == "req_1"


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [sse("delta", text="a")],
        [sse("heartbeat")],
        [b'event: done\ndata: {"text": "cut in the mid'],
        [b"event: done\ndata: {}"[:-1]],
    ],
)
def test_a_stream_that_breaks_off_is_an_error(chunks: list[bytes]) -> None:
    with pytest.raises(SpekoApiError) as caught:
        decode(*chunks)
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (200, "STREAM_ENDED", "req_1")


def test_done_counts_without_its_blank_line() -> None:
    assert [event.type for event in decode(sse("done", text="a").rstrip())] == ["done"]


@pytest.mark.parametrize("data", ["secret words", "[1]", "null", '{"text": [1]}', '{"text": null}'])
def test_an_event_that_cannot_be_read_is_an_error_behind_the_readable_ones(data: str) -> None:
    decoder = EventDecoder(COMPLETE_EVENTS, "req_1")
    events = decoder.feed(sse("delta", text="a") + f"event: delta\ndata: {data}\n\n".encode())
    assert next(events) == DeltaEvent(text="a")
    with pytest.raises(SpekoApiError) as caught:
        next(events)
    assert (caught.value.status, caught.value.code) == (200, "INVALID_RESPONSE")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_event_that_is_too_long_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.client.sse.LONGEST_EVENT", 100)
    with pytest.raises(SpekoApiError, match="too long") as caught:
        decode(sse("delta", text="a" * 200))
    assert caught.value.code == "INVALID_RESPONSE"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"id": 1}', b"", b"\xff"])
def test_an_answer_that_cannot_be_read_is_an_error(body: bytes) -> None:
    response = httpx.Response(200, content=body, headers={"x-request-id": "req_2"})
    with pytest.raises(SpekoApiError) as caught:
        parse(response, Organization)
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (200, "INVALID_RESPONSE", "req_2")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[1]", b'[{"id": "a"}]'])
def test_a_list_that_cannot_be_read_is_an_error(body: bytes) -> None:
    with pytest.raises(SpekoApiError) as caught:
        parse_list(httpx.Response(200, content=body), Organization)
    assert caught.value.code == "INVALID_RESPONSE"


def test_unknown_members_are_ignored() -> None:
    response = httpx.Response(200, json={"id": "org_1", "name": "A", "createdAt": "2026-01-01T00:00:00.000Z", "new": 1})
    assert parse(response, Organization) == Organization(id="org_1", name="A", created_at="2026-01-01T00:00:00.000Z")
