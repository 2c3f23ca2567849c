"""Watching a session through connections that end, break and repeat themselves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko import SpekoApiError
from speko.client.observation import Observation
from tests.client.conftest import Client
from tests.client.gateway import Received, Reply, ScriptedGateway, json_reply, sse, sse_reply


def turn(index: int) -> bytes:
    return sse("transcript", id=f"t{index}", index=index, source="user", text=f"words {index}")


def event(name: str, second: int) -> bytes:
    at = f"2026-01-31T12:30:{second:02}.000Z"
    return sse("event", id=name, session_id="s1", event_type="call.message_sent", created_at=at, payload={"a_b": 1})


STATUS = sse("status", status="active", endedAt=None)
ENDED = sse("end", reason="session_ended")


def shown(seen: Any) -> Any:
    """One event in a word or two."""
    kinds = {
        "status": lambda: seen.status,
        "transcript": lambda: seen.turn.index,
        "event": lambda: seen.event.id,
        "end": lambda: seen.reason,
    }
    return kinds[seen.type]()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Observation.lost
    monkeypatch.setattr(Observation, "lost", lambda self: lost(self) * 0)


async def watch(speko: Client, gateway: ScriptedGateway, *replies: Reply, cursor: str | None = None) -> list[Any]:
    gateway.replies.extend(replies)
    stream = speko.client.sessions.stream("s1", cursor=cursor)
    return [shown(seen) for seen in await speko.all(stream)]


def cursors(received: list[Received]) -> list[str]:
    return [request.target.partition("cursor=")[2].replace("%3A", ":") for request in received]


async def test_one_connection_from_the_start_to_the_end(speko: Client, gateway: ScriptedGateway) -> None:
    chunks = [STATUS, turn(0), event("e1", 1), b": keep-alive\n\n", sse("new", a=1), turn(1), ENDED]
    assert await watch(speko, gateway, sse_reply(*chunks)) == ["active", 0, "e1", 1, "session_ended"]
    [request] = gateway.received
    assert request.target == "/v1/sessions/s1/stream?cursor=-1%3A0"
    assert request.headers["accept"] == "text/event-stream"


async def test_it_goes_on_after_rotation_break_failure_and_silence_and_repeats_nothing(
    speko: Client, gateway: ScriptedGateway
) -> None:
    seen = await watch(
        speko,
        gateway,
        sse_reply(STATUS, turn(0), event("e1", 1), sse("end", reason="timeout"), ending="held_open"),
        sse_reply(STATUS, event("e1", 1), event("e2", 2), turn(1), ending="cut"),
        json_reply({"error": "down", "code": "UNAVAILABLE"}, 503),
        sse_reply(turn(1), sse("status", status="ended", endedAt="2026-01-31T12:31:00.000Z")),
        sse_reply(turn(2), ENDED),
    )
    assert seen == ["active", 0, "e1", "e2", 1, "ended", 2, "session_ended"]
    at_two = 1769862602000
    assert cursors(gateway.received) == ["-1:0", f"0:{at_two - 1000}", f"1:{at_two}", f"1:{at_two}", f"1:{at_two}"]


async def test_the_cursor_of_one_stream_begins_the_next(speko: Client, gateway: ScriptedGateway) -> None:
    gateway.replies.extend([sse_reply(turn(0), turn(1), ending="held_open"), sse_reply(turn(2), ENDED)])
    first = speko.client.sessions.stream("s1")
    iterator = speko.iterator(first)
    assert [shown(await speko.next(iterator)) for _ in range(2)] == [0, 1]
    await speko.close(first)
    assert gateway.client_left.wait(10)
    second = speko.client.sessions.stream("s1", cursor=first.cursor)
    assert [shown(seen) for seen in await speko.all(second)] == [2, "session_ended"]
    assert cursors(gateway.received) == ["-1:0", "1:0"]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1:", "1:2:3", ":"])
async def test_a_malformed_cursor_is_the_start(cursor: str) -> None:
    assert Observation(cursor).cursor == "-1:0"


async def test_a_refusal_is_raised_and_not_tried_again(speko: Client, gateway: ScriptedGateway) -> None:
    with pytest.raises(SpekoApiError) as raised:
        await watch(speko, gateway, json_reply({"error": "none", "code": "SESSION_NOT_FOUND"}, 404))
    assert raised.value.code == "SESSION_NOT_FOUND"
    assert len(gateway.received) == 1


async def test_an_error_of_the_gateway_is_raised(speko: Client, gateway: ScriptedGateway) -> None:
    with pytest.raises(SpekoApiError, match="broke") as raised:
        await watch(speko, gateway, sse_reply(STATUS, sse("error", error="It broke.", code="INTERNAL_ERROR")))
    assert (raised.value.status, raised.value.code) == (200, "INTERNAL_ERROR")


async def test_ten_connections_without_anything_are_enough(speko: Client, gateway: ScriptedGateway) -> None:
    down = [sse_reply(b": nothing\n\n"), json_reply({}, 500)] * 5
    replies = [down[0], down[1], sse_reply(STATUS), *down]
    with pytest.raises(SpekoApiError) as raised:
        await watch(speko, gateway, *replies)
    assert (raised.value.status, raised.value.code) == (0, "STREAM_DISCONNECTED")
    assert len(gateway.received) == 13


@pytest.mark.parametrize(
    "chunk",
    [
        b"event: status\ndata: {\n\n",
        b"event: status\ndata: []\n\n",
        sse("transcript", id="t"),
        sse("event", id="e", created_at="yesterday"),
        sse("error"),
        b"event: error\ndata: 1\n\n",
    ],
)
async def test_what_cannot_be_read_is_an_error(chunk: bytes) -> None:
    with pytest.raises(SpekoApiError) as raised:
        list(Observation(None).feed(chunk))
    assert raised.value.code == "INVALID_RESPONSE"


def test_waiting_grows_with_failures_up_to_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    observation = Observation(None)
    assert [observation.lost() for _ in range(9)] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5]
    observation.connect()
    assert [shown(seen) for seen in observation.feed(STATUS)] == ["active"]
    assert observation.lost() == 0.5


def test_a_connection_lives_for_a_quarter_of_an_hour() -> None:
    now = 0.0
    observation = Observation(None, lambda: now)
    observation.connect()
    now = 900.0
    assert not observation.connection_over
    now = 900.1
    assert observation.connection_over
    observation.connect()
    assert not observation.connection_over


@given(st.lists(st.lists(st.integers(0, 30), max_size=8), max_size=6))
def test_no_turn_and_no_event_comes_twice(connections: list[list[int]]) -> None:
    """Whatever the gateway repeats: turns in order and once, and events once within the ten seconds."""
    observation = Observation(None)
    turns: list[int] = []
    events: list[str] = []
    for numbers in connections:
        observation.connect()
        for number in numbers:
            for seen in observation.feed(turn(number) + event(f"e{number}", 20 + number % 5)):
                (turns if seen.type == "transcript" else events).append(shown(seen))
    assert turns == sorted(set(turns))
    assert len(events) == len(set(events))
