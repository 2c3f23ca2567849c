"""The events of a session's stream, as the contract writes them."""

import json
from typing import Any, get_args

import pytest

from speko.events import sse
from speko.events.observation import EndEvent, ObservationEvent, StatusEvent, TurnEvent

TURN = TurnEvent(
    id="turn_1",
    index=3,
    source="agent",
    text="Hello",
    started_at="2026-01-01T00:00:00.000Z",
    ended_at=None,
    provider="a",
    model="one",
    eou_ms=None,
    llm_ttft_ms=1.5,
    tts_ttfb_ms=None,
    conversational_latency_ms=20,
    latency_status="complete",
    tool_calls=({"name": "f", "args": {}},),
)
TOLD: list[tuple[ObservationEvent, str, dict[str, Any]]] = [
    (StatusEvent("active", None), "status", {"status": "active", "endedAt": None}),
    (EndEvent("session_ended"), "end", {"reason": "session_ended"}),
    (
        TURN,
        "transcript",
        {
            "id": "turn_1",
            "index": 3,
            "source": "agent",
            "text": "Hello",
            "startedAt": "2026-01-01T00:00:00.000Z",
            "endedAt": None,
            "provider": "a",
            "model": "one",
            "eouMs": None,
            "llmTtftMs": 1.5,
            "ttsTtfbMs": None,
            "conversationalLatencyMs": 20,
            "latencyStatus": "complete",
            "toolCalls": [{"name": "f", "args": {}}],
        },
    ),
]


@pytest.mark.parametrize(("event", "name", "data"), TOLD)
def test_what_is_told(event: ObservationEvent, name: str, data: dict[str, Any]) -> None:
    lines = sse.encode([event]).decode().splitlines()
    assert lines[0] == f"event: {name}"
    assert lines[1].startswith("data: ")
    assert json.loads(lines[1].removeprefix("data: ")) == data


def test_no_event_is_without_its_example() -> None:
    assert {type(event) for event, _, _ in TOLD} == set(get_args(ObservationEvent))
