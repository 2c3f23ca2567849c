"""What the gateway sends, and what the caller sends, as text."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.client.realtime.frames import RealtimeFrame, read_frame, write_frame

DEFAULTS: dict[str, dict[str, Any]] = {
    "ready": {"type": "ready", "input_sample_rate": 0, "output_sample_rate": 0},
    "transcript": {"type": "transcript", "role": "assistant", "text": "", "final": False},
    "tool_call": {"type": "tool_call", "call_id": "", "name": "", "arguments": ""},
    "server_tool_call": {"type": "server_tool_call", "id": "", "name": "", "status": "started"},
    "usage": {"type": "usage", "input_audio_tokens": 0, "output_audio_tokens": 0},
    "interruption": {"type": "interruption", "at": "user"},
    "turn": {"type": "turn", "stage": "", "ms": 0, "provider": None, "model": None},
    "error": {"type": "error", "code": "UNKNOWN", "message": ""},
    "end": {"type": "close", "reason": ""},
}
EVERYTHING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ready": (
        {"inputSampleRate": 16000, "outputSampleRate": 24000},
        {"input_sample_rate": 16000, "output_sample_rate": 24000},
    ),
    "transcript": ({"role": "user", "text": "hi", "final": True}, {"role": "user", "text": "hi", "final": True}),
    "tool_call": (
        {"callId": "c", "name": "n", "arguments": "{}"},
        {"call_id": "c", "name": "n", "arguments": "{}"},
    ),
    "server_tool_call": (
        {"id": "c", "name": "n", "status": "failed"},
        {"id": "c", "name": "n", "status": "failed"},
    ),
    "usage": ({"inputAudioTokens": 3, "outputAudioTokens": 4}, {"input_audio_tokens": 3, "output_audio_tokens": 4}),
    "interruption": ({"at": "assistant"}, {"at": "assistant"}),
    "turn": (
        {"stage": "stt_final", "ms": -3, "provider": "p", "model": "m"},
        {"stage": "stt_final", "ms": -3, "provider": "p", "model": "m"},
    ),
    "error": ({"code": "PROVIDER_ERROR", "message": "no"}, {"code": "PROVIDER_ERROR", "message": "no"}),
    "end": ({"reason": "expired"}, {"reason": "expired"}),
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
members = sorted({name for sent, _ in EVERYTHING.values() for name in sent})


@pytest.mark.parametrize("kind", DEFAULTS)
def test_missing_members_have_their_defaults(kind: str) -> None:
    assert read_frame(json.dumps({"t": kind})) == DEFAULTS[kind]


@pytest.mark.parametrize("kind", EVERYTHING)
def test_members_in_snake_case(kind: str) -> None:
    sent, expected = EVERYTHING[kind]
    assert read_frame(json.dumps({"t": kind, "new": 1, **sent})) == {"type": DEFAULTS[kind]["type"], **expected}


def test_every_kind_of_frame_is_read() -> None:
    kinds = {get_args(frame.__annotations__["type"])[0] for frame in get_args(RealtimeFrame)}
    assert kinds - {"audio"} == {frame["type"] for frame in DEFAULTS.values()}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"t"', "{}", '{"t":1}', '{"t":null}', '{"t":["ready"]}', '{"t":"new"}', "[" * 99999]
)
def test_what_is_no_frame_is_skipped(text: str) -> None:
    assert read_frame(text) is None


@given(st.sampled_from(sorted(DEFAULTS)), st.dictionaries(st.sampled_from(members), anything))
def test_members_of_another_type_have_their_defaults(kind: str, sent: dict[str, Any]) -> None:
    frame = read_frame(json.dumps({"t": kind, **sent}))
    assert frame is not None
    default = DEFAULTS[kind]
    assert frame.keys() == default.keys()
    for name, value in frame.items():
        kinds = (
            (int, float)
            if name == "ms"
            else (type(default[name]), str if default[name] is None else type(default[name]))
        )
        assert isinstance(value, kinds)


@given(st.text())
def test_any_text_is_read_or_skipped(text: str) -> None:
    read_frame(text)


def test_what_the_caller_sends() -> None:
    assert write_frame("user_message", text="Grüß Gott") == '{"t":"user_message","text":"Grüß Gott"}'
    with pytest.raises(ValueError, match="JSON"):
        write_frame("played", ms=float("nan"))
