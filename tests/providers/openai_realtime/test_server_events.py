"""Decoding: every event that matters, and everything that can be wrong with one."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.errors import MalformedResponse
from speko.providers.openai_realtime import server_events
from speko.providers.openai_realtime.server_events import KNOWN, decode
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.shapes import checked_server_event

SAMPLES = [
    e.session(), e.session("session.updated"), e.speech_started(1), e.speech_stopped(2), e.transcript_delta("a"),
    e.transcript("a"), e.transcript_failed(), e.created(), e.done(usage=e.usage(input=1)), e.failed(message="x"),
    e.audio(b"\x01\x00"), e.written("a"), e.spoken("a"), e.spoken_done("a"), e.arguments("c", "n", "{}"),
    e.item_done(e.call_item("c", "n", "{}")),
    e.event("conversation.item.added", item=e.call_item("c", "n", "{}")),
    e.event("conversation.item.created", item=e.call_item("c", "n", "{}")),
    e.event("input_audio_buffer.committed", item_id="i"), e.error("x"), e.event("rate_limits.updated", rate_limits=[]),
]  # fmt: skip
UNINTERESTING = [
    e.event("input_audio_buffer.cleared"),
    e.event("conversation.item.truncated", item_id="i", content_index=0, audio_end_ms=1),
    e.event("response.output_audio.done", response_id="r", item_id="i", output_index=0, content_index=0),
    e.event("response.function_call_arguments.delta", response_id="r", item_id="i", output_index=0, call_id="c",
            delta="{"),
]  # fmt: skip


def encoded(event: Any) -> bytes:
    return json.dumps(event).encode()


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event["type"])
def test_every_known_event_of_the_reference_is_read(event: e.Event) -> None:
    found = decode(encoded(checked_server_event(event)))
    assert found is not None
    assert found.__struct_config__.tag == event["type"]


def test_every_known_event_has_a_sample() -> None:
    assert {event["type"] for event in SAMPLES} == KNOWN - {
        "conversation.created"
    }  # not in the package's union of today


@pytest.mark.parametrize("event", UNINTERESTING, ids=lambda event: event["type"])
def test_other_events_of_the_reference_are_ignored(event: e.Event) -> None:
    assert decode(encoded(checked_server_event(event))) is None


@pytest.mark.parametrize("kind", sorted(KNOWN - {"response.output_audio.delta"}))
def test_what_a_server_leaves_out_is_no_error(kind: str) -> None:
    assert decode(encoded({"type": kind})) is not None


def test_sound_is_decoded() -> None:
    found = decode(memoryview(encoded(e.audio(b"\x01\x02\x03"))))
    assert isinstance(found, server_events.AudioDelta)
    assert found.delta == b"\x01\x02\x03"
    assert type(found.delta) is bytes


def test_turn_detection_is_found_in_both_forms() -> None:
    detection = {"type": "server_vad", "prefix_padding_ms": 1, "silence_duration_ms": 2}
    for session in ({"audio": {"input": {"turn_detection": detection}}}, {"turn_detection": detection}):
        found = decode(encoded({"type": "session.updated", "session": session}))
        assert isinstance(found, server_events.SessionUpdated)
        assert found.session.detection == server_events.TurnDetection(1, 2)
    for nothing in ({"audio": {"input": {"turn_detection": None}}}, {"audio": None}, {}):
        found = decode(encoded({"type": "session.updated", "session": nothing}))
        assert isinstance(found, server_events.SessionUpdated)
        assert found.session.detection is None


@pytest.mark.parametrize(
    "message",
    [
        b"", b"{", b"nul", b"[]", b"1", b'"x"', b"{}", b'{"type":1}', b'{"type":null}', b"\xff", b"\xef\xbb\xbf{}",
        b'{"type":"error","error":[]}', b'{"type":"response.output_audio.delta"}',
        b'{"type":"response.output_audio.delta","delta":"AA"}',
        b'{"type":"response.output_text.delta","delta":"\xff"}',
        b'{"type":"error","x":' + b"[" * 100_000, b'{"type":"x","x":' + b'{"a":' * 100_000, b"[" * 100_000,
    ],
    ids=lambda message: repr(message[:40]),
)  # fmt: skip
def test_malformed(message: bytes) -> None:
    with pytest.raises(MalformedResponse):
        decode(message)


def test_no_words_in_the_error() -> None:
    with pytest.raises(MalformedResponse) as caught:
        decode(b'{"type":"error","error":"the green frog"}')
    assert "frog" not in caught.value.message
    assert caught.value.__cause__ is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
MEMBERS = st.sampled_from(
    "type event_id response response_id item item_id delta error session usage id status output transcript name "
    "arguments call_id audio_start_ms audio_end_ms rate_limits message code".split()
)
EVENTS = st.builds(
    lambda kind, members: {**members, "type": kind},
    st.sampled_from(sorted(KNOWN)) | st.text(max_size=20),
    st.dictionaries(MEMBERS, JSON | st.dictionaries(MEMBERS, JSON, max_size=4), max_size=5),
)


@given(JSON | EVENTS)
def test_any_json_is_an_event_or_nothing_or_malformed(value: Any) -> None:
    try:
        found = decode(encoded(value))
    except MalformedResponse:
        assert not isinstance(value, dict) or not isinstance(value.get("type"), str) or value["type"] in KNOWN
    else:
        assert (found is not None) == (value["type"] in KNOWN)


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed_or_not(message: bytes) -> None:
    try:
        decode(message)
    except MalformedResponse as error:
        assert error.message


@given(st.sampled_from(SAMPLES), st.data())
def test_a_torn_event_is_malformed(event: e.Event, data: st.DataObject) -> None:
    whole = encoded(event)
    with pytest.raises(MalformedResponse):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=2000))
def test_sound_survives(pcm: bytes) -> None:
    found = decode(encoded({"type": "response.output_audio.delta", "delta": base64.b64encode(pcm).decode()}))
    assert isinstance(found, server_events.AudioDelta)
    assert found.delta == pcm
