"""The frames of the S2S socket, as the contract writes them."""

import json
import threading
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from speko.events.s2s import (
    ClientFrame,
    Control,
    EndFrame,
    EndReason,
    ErrorFrame,
    Interrupt,
    InterruptionFrame,
    Played,
    Ready,
    Received,
    ServerFrame,
    ServerToolCallFrame,
    Stage,
    ToolCallFrame,
    ToolResult,
    TranscriptFrame,
    TurnFrame,
    UsageFrame,
    UserMessage,
    decode_client_frame,
    encode_server_frame,
)

SENT: list[tuple[ServerFrame, dict[str, Any]]] = [
    (Ready(16000, 24000), {"t": "ready", "inputSampleRate": 16000, "outputSampleRate": 24000}),
    (
        Ready(16000, 24000, 640, 0),
        {
            "t": "ready",
            "inputSampleRate": 16000,
            "outputSampleRate": 24000,
            "receivedAudioBytes": 640,
            "receivedTextFrames": 0,
        },
    ),
    (TranscriptFrame("user", "hi", True), {"t": "transcript", "role": "user", "text": "hi", "final": True}),
    (ToolCallFrame("c", "f", "{}"), {"t": "tool_call", "callId": "c", "name": "f", "arguments": "{}"}),
    (
        ServerToolCallFrame("i", "f", "started"),
        {"t": "server_tool_call", "id": "i", "name": "f", "status": "started"},
    ),
    (UsageFrame(1, 2), {"t": "usage", "inputAudioTokens": 1, "outputAudioTokens": 2}),
    (InterruptionFrame("user"), {"t": "interruption", "at": "user"}),
    (ErrorFrame("INVALID_FRAME", "no"), {"t": "error", "code": "INVALID_FRAME", "message": "no"}),
    (TurnFrame("first_audio", -3), {"t": "turn", "stage": "first_audio", "ms": -3}),
    (
        TurnFrame("stt_final", 5, "a", "one"),
        {"t": "turn", "stage": "stt_final", "ms": 5, "provider": "a", "model": "one"},
    ),
    (EndFrame("expired"), {"t": "end", "reason": "expired"}),
]
RECEIVED: list[tuple[dict[str, Any], ClientFrame]] = [
    ({"t": "control", "action": "commit"}, Control("commit")),
    ({"t": "control", "action": "clear"}, Control("clear")),
    ({"t": "control", "action": "end_turn"}, Control("end_turn")),
    ({"t": "interrupt"}, Interrupt()),
    ({"t": "interrupt", "why": "additive members are ignored"}, Interrupt()),
    ({"t": "tool_result", "callId": "c", "output": "text"}, ToolResult("c", "text")),
    ({"t": "tool_result", "callId": "c", "output": {"a": [1, None]}}, ToolResult("c", '{"a":[1,null]}')),
    ({"t": "tool_result", "callId": "c", "output": 10**30}, ToolResult("c", "1" + "0" * 30)),
    ({"t": "tool_result", "callId": "c", "output": None}, ToolResult("c", "null")),
    ({"t": "user_message", "text": "hi"}, UserMessage("hi")),
    ({"t": "played", "ms": 12.5}, Played(12.5)),
    ({"t": "played", "ms": 12.5, "receivedAudioBytes": 960}, Played(12.5, 960)),
    ({"t": "received", "audioBytes": 960, "textFrames": 3}, Received(960, 3)),
]


@pytest.mark.parametrize(("frame", "wire"), SENT)
def test_what_the_gateway_sends(frame: ServerFrame, wire: dict[str, Any]) -> None:
    assert json.loads(encode_server_frame(frame)) == wire
    assert msgspec.json.decode(encode_server_frame(frame), type=ServerFrame) == frame


@pytest.mark.parametrize(("wire", "frame"), RECEIVED)
def test_what_a_client_sends(wire: dict[str, Any], frame: ClientFrame) -> None:
    assert decode_client_frame(json.dumps(wire)) == frame


def test_no_frame_is_without_its_example() -> None:
    assert {type(frame) for frame, _ in SENT} == set(get_args(ServerFrame))
    assert {type(frame) for _, frame in RECEIVED} == set(get_args(ClientFrame))


def test_words_of_the_contract() -> None:
    assert get_args(EndReason) == (
        *("expired", "idle_timeout", "agent_ended"),
        *("insufficient_credits", "limit_reached", "server_shutdown"),
    )
    assert get_args(Stage) == (
        *("speech_started", "speech_ended", "stt_final", "llm_first_token"),
        *("tts_first_byte", "first_audio", "response_done"),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"t":"interrupt"} x', "not JSON"),
        (b'"interrupt"', "Expected `object`, got `str`"),
        (b"{}", "Object missing required field `t`"),
        (b'{"t":"no such"}', "unknown t"),
        (b'{"t":"control","action":"no such"}', "unknown action"),
        (b'{"t":"control"}', "Object missing required field `action`"),
        (b'{"t":"tool_result","callId":"c"}', "Object missing required field `output`"),
        (b'{"t":"user_message","text":5}', "Expected `str`, got `int` - at `$.text`"),
    ],
)
def test_what_is_wrong_with_a_frame(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match="^" + why.replace("$", r"\$").replace(".", r"\.") + "$"):
        decode_client_frame(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FRAMES = st.fixed_dictionaries({}, optional=dict.fromkeys(("action", "callId", "output", "text", "ms"), JSON)).flatmap(
    lambda members: st.sampled_from(["control", "interrupt", "tool_result", "user_message", "played"]).map(
        lambda t: {"t": t, **members}
    )
)


@given(st.binary() | FRAMES.map(lambda frame: json.dumps(frame).encode()))
def test_whatever_comes_is_a_frame_or_a_reason(text: bytes) -> None:
    try:
        frame = decode_client_frame(text)
    except ValueError as error:
        assert type(error) is ValueError
        return
    if isinstance(frame, ToolResult):
        assert frame.output == frame.output_text


@given(st.text(), st.sampled_from(["t", "action", "callId", "output", "text", "ms"]))
@example("'", "action")
@example("' - at `$.t`", "t")
def test_no_reason_holds_words_of_the_frame(word: str, member: str) -> None:
    secret = f"zebra{word}"
    for frame in (
        {"t": "control", "action": "commit"},
        {"t": "tool_result", "callId": "c", "output": "o"},
        {"t": "user_message", "text": "x"},
        {"t": "played", "ms": 1},
    ):
        for bad in ({**frame, member: secret}, {**frame, member: {secret: [secret]}}):
            try:
                decode_client_frame(json.dumps(bad))
            except ValueError as error:
                assert "zebra" not in str(error)


def test_nesting_of_any_depth_is_read_or_refused() -> None:
    outcomes: set[type] = set()

    def try_all() -> None:
        for depth in range(1, 1200):
            text = b'{"t":"tool_result","callId":"c","output":' + b"[" * depth + b"]" * depth + b"}"
            try:
                outcomes.add(type(decode_client_frame(text)))
            except ValueError:
                outcomes.add(ValueError)

    thread = threading.Thread(target=try_all)  # with a stack of its own, whatever runs the tests
    thread.start()
    thread.join()
    assert outcomes == {ToolResult, ValueError}
