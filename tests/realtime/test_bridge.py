"""One live session: its engines, its client, its clock and its end."""

import asyncio
import logging
import time

import pytest

from speko.providers.errors import ConnectFailed, ConnectionLost, CredentialRejected
from speko.providers.s2s import (
    AssistantText,
    EngineSink,
    ResponseDone,
    ResponseStarted,
    ResponseUsage,
    S2sCapabilities,
    Say,
    SpeechStarted,
    SpeechStopped,
)
from speko.realtime.actions import TurnRecord
from tests.realtime.engines import Bridged, FakeConnection, FakeEngines, FakeLink, until

SOUND = b"\x01\x00" * 2400
"""100 ms."""


def answer(engine: FakeConnection, name: str = "r1", *, done: bool = True) -> None:
    """A response with words, sound and its price."""
    sink = engine.sink
    sink.event(ResponseStarted(name))
    sink.event(AssistantText(name, "Hello there."))
    sink.audio(name, SOUND)
    if done:
        sink.event(ResponseUsage(name, input_tokens=10, output_tokens=20, input_audio_tokens=7, output_audio_tokens=9))
        sink.event(ResponseDone(name))


# ---- engines


async def test_ready_comes_first_even_when_the_engine_speaks_at_once() -> None:
    fakes = FakeEngines()

    async def greet(sink: EngineSink) -> None:
        sink.event(ResponseStarted("r1"))
        sink.audio("r1", SOUND)
        sink.event(AssistantText("r1", "Hello"))

    fakes.before_ready = greet
    scene = Bridged(fakes=fakes)
    await scene.ready()
    assert scene.link.order == ["ready", "audio", "turn", "transcript"]
    assert bytes(scene.link.audio) == SOUND
    scene.bridge.end("server_shutdown")


async def test_an_engine_that_is_gone_before_it_could_serve_is_replaced() -> None:
    fakes = FakeEngines()

    async def go(sink: EngineSink) -> None:
        if not fakes.connections:
            sink.event(ResponseStarted("r1"))
            sink.audio("r1", SOUND)
            sink.lost(ConnectionLost("gone"))
            sink.audio("r1", SOUND)

    fakes.before_ready = go
    scene = Bridged("a/one", "b/two", fakes=fakes)
    await until(lambda: len(scene.witness.engines) == 2)
    assert scene.books.story == [("a", "failed", "connection_lost")]
    assert fakes.connections[0].closed
    scene.bridge.end("server_shutdown")


async def test_nothing_of_an_older_engine_gets_through() -> None:
    scene = Bridged("a/one")
    old = await scene.ready()
    old.sink.lost(ConnectionLost("gone"))
    await scene.next_engine()
    before = list(scene.link.order)
    answer(old)
    old.sink.event(SpeechStarted())
    old.sink.pause()
    old.sink.lost(ConnectionLost("gone again"))
    scene.bridge.on_audio(SOUND)
    assert scene.link.order == before
    assert scene.fakes.last.heard == [SOUND], "the old one's pause is none of the new one"
    assert len(scene.books.attempts) == 1, "it is lost once"
    scene.bridge.end("server_shutdown")


async def test_nothing_of_an_engine_that_was_refused_gets_through() -> None:
    fakes = FakeEngines()
    refused: list[EngineSink] = []

    async def refuse_first(sink: EngineSink) -> None:
        if not refused:
            refused.append(sink)
            sink.event(ResponseStarted("r1"))
            sink.audio("r1", SOUND)
            raise ConnectFailed("no")

    fakes.before_ready = refuse_first
    scene = Bridged("a/one", "b/two", fakes=fakes)
    await scene.ready()
    refused[0].audio("r1", SOUND)
    refused[0].lost(ConnectionLost("gone"))
    assert scene.link.order == ["ready"]
    assert scene.witness.engines == ["b/two"]
    scene.bridge.end("server_shutdown")


async def test_a_connection_that_is_wanted_no_more_never_serves() -> None:
    continues = S2sCapabilities((24000,), (24000,), continues=True)
    scene = Bridged("a/one", "b/two", fakes=FakeEngines(continues))
    engine = await scene.ready()
    scene.tell("user_message", text="a question")
    answer(engine, done=False)
    scene.fakes.hanging.add("a/one")
    engine.sink.lost(ConnectionLost("gone"))
    dialling = scene.bridge._connecting
    assert dialling is not None
    await asyncio.sleep(0)
    scene.fakes.hanging.clear()
    scene.tell("interrupt")  # what the next one was told to go on with is not wanted any more
    await scene.next_engine()
    assert dialling.cancelled()
    assert not scene.fakes.last.dialled.resume.continue_answer
    assert [row[:2] for row in scene.books.story] == [("a", "failed"), ("a", "cancelled")]
    assert len(scene.fakes.connections) == 2
    scene.bridge.end("server_shutdown")


async def test_an_engine_that_owes_an_answer_and_says_nothing_is_left() -> None:
    scene = Bridged("a/one", "b/two", stall_timeout=2.5)
    silent = await scene.ready()
    scene.tell("user_message", text="hello?")
    await scene.next_engine()
    assert silent.closed
    assert scene.books.story == [("a", "failed", "timeout")]
    scene.bridge.end("server_shutdown")


async def test_who_is_asked_stands_in_the_books() -> None:
    scene = Bridged("a/one", "b/two")
    scene.fakes.refusing["a/one"] = CredentialRejected("bad key")
    await scene.ready()
    assert scene.witness.engines == ["b/two"]
    answer(scene.fakes.last)
    scene.bridge.detach(scene.link, 1000)
    assert scene.books.story == [("a", "failed", "unauthorized"), ("b", "served", None)]
    assert scene.witness.used == [("b", 100)]


# ---- the client


async def test_while_the_client_is_away_the_engine_is_read_for_half_a_minute_only() -> None:
    scene = Bridged()
    engine = await scene.ready()
    engine.sink.event(ResponseStarted("r1"))
    scene.bridge.detach(scene.link, None)
    for _ in range(31):
        engine.sink.audio("r1", SOUND * 10)
    assert not engine.reading
    again = scene.link = FakeLink()
    scene.bridge.attach(again)
    assert again.order[0] == "ready"
    scene.tell("played", ms=0)
    assert engine.reading
    assert bytes(again.audio) == SOUND * 310, "nothing is lost meanwhile"
    scene.bridge.end("server_shutdown")


async def test_a_socket_that_was_replaced_says_nothing_any_more() -> None:
    scene = Bridged()
    await scene.ready()
    first = scene.link
    again = scene.link = FakeLink()
    scene.bridge.detach(first, None)
    scene.bridge.attach(again)
    scene.bridge.detach(first, 1000)
    assert not scene.bridge.over
    assert scene.bridge.link is again
    scene.bridge.end("server_shutdown")
    scene.bridge.detach(again, 1000)  # of no consequence
    assert scene.witness.end == ("ended", "server_shutdown")


async def test_commands_reach_the_engine() -> None:
    scene = Bridged()
    engine = await scene.ready()
    scene.tell("user_message", text="hello")
    assert engine.commands == [Say("hello")]
    scene.bridge.end("server_shutdown")


# ---- a mistake of ours


@pytest.mark.parametrize("where", ["engine_event", "engine_audio", "client_audio", "client_text", "engine_ready"])
async def test_a_mistake_of_ours_ends_this_session_and_no_other(
    where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("somebody's secret words")

    other = Bridged()
    await other.ready()
    scene = Bridged()
    monkeypatch.setattr(scene.bridge.session, where, crash)
    if where != "engine_ready":
        engine = await scene.ready()
        match where:
            case "engine_event":
                engine.sink.event(ResponseStarted("r1"))
            case "engine_audio":
                engine.sink.audio("r1", SOUND)
            case "client_audio":
                scene.bridge.on_audio(SOUND)
            case _:
                scene.tell("interrupt")
    await scene.over()
    assert scene.link.frames[-1] == {"t": "error", "code": "INTERNAL_ERROR", "message": "The session failed"}
    assert scene.link.closed == (1011, "Internal error")
    assert scene.books.story == [("a", "cancelled", "crash")]
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert (record.message, getattr(record, "type", None)) == ("session crashed", "RuntimeError")
    assert "secret" not in str(record.__dict__)
    assert not other.bridge.over
    assert other.link.closed is None
    other.bridge.end("server_shutdown")


# ---- the end


async def test_a_client_that_closes() -> None:
    scene = Bridged()
    answer(await scene.ready())
    scene.bridge.detach(scene.link, 1000)
    await scene.over()
    assert scene.witness.end == ("ended", "client_closed")
    assert scene.books.story == [("a", "served", None)]
    assert scene.witness.used == [("a", 100)]


async def test_a_client_that_closes_before_it_was_answered() -> None:
    scene = Bridged()
    answer(await scene.ready(), done=False)
    scene.bridge.detach(scene.link, 1000)
    await scene.over()
    assert scene.books.story == [("a", "cancelled", "caller_left")]
    (turn,) = scene.witness.records
    assert isinstance(turn, TurnRecord)
    assert turn.interrupted


async def test_a_client_that_closes_while_an_engine_is_being_connected() -> None:
    fakes = FakeEngines()
    fakes.hanging.add("a/one")
    scene = Bridged(fakes=fakes)
    await asyncio.sleep(0)
    scene.bridge.detach(scene.link, 1000)
    await scene.over()
    await until(lambda: scene.books.story)
    assert scene.books.story == [("a", "cancelled", "caller_left")]
    assert scene.witness.end == ("ended", "client_closed")


async def test_a_client_that_does_not_come_back() -> None:
    scene = Bridged(attach_again_within=0.02)
    await scene.ready()
    scene.bridge.detach(scene.link, None)
    assert not scene.bridge.over
    await scene.over()
    assert scene.witness.end == ("ended", "client_lost")
    assert scene.link.closed is None, "that socket is gone"


async def test_no_engine_at_the_beginning() -> None:
    fakes = FakeEngines()
    fakes.refusing["a/one"] = CredentialRejected("bad key secret-key")
    scene = Bridged(fakes=fakes)
    await scene.over()
    (frame,) = scene.link.frames
    assert frame["code"] == "S2S_PROVIDER_CONNECT_FAILED"
    assert "a/one" in str(frame["message"])
    assert "secret" not in str(frame["message"])
    assert scene.link.closed == (1011, "Provider connect failed")
    assert scene.witness.end is not None
    assert scene.witness.end[0] == "failed"
    assert scene.books.story == [("a", "failed", "unauthorized")]


async def test_no_engine_after_a_loss() -> None:
    scene = Bridged(pinned=True)
    engine = await scene.ready()
    scene.fakes.refusing["a/one"] = ConnectFailed("refused")
    engine.sink.lost(ConnectionLost("gone"))
    await scene.over()
    assert scene.link.frames[-1]["code"] == "PROVIDER_DISCONNECTED"
    assert scene.link.closed == (1011, "Provider disconnected")
    assert scene.witness.end is not None
    assert scene.witness.end[0] == "ended", "it was active"
    assert scene.books.story == [("a", "failed", "connection_lost"), ("a", "failed", "connect")]


async def test_a_session_that_expires_while_the_engine_speaks() -> None:
    scene = Bridged(expires_at=time.monotonic() + 2.5)
    answer(await scene.ready(), done=False)
    await scene.over()
    assert scene.link.frames[-1] == {"t": "end", "reason": "expired"}
    assert scene.link.closed == (1000, "expired")
    assert scene.witness.end == ("ended", "expired")
    assert [type(command).__name__ for command in scene.fakes.last.commands] == ["StopResponse"]


async def test_a_session_is_as_long_as_it_may_be_from_ready_on() -> None:
    scene = Bridged(max_duration=0.05)
    await scene.over()
    assert scene.link.kinds == ["ready", "end"]
    assert scene.link.closed == (1000, "expired")


async def test_a_client_that_does_nothing() -> None:
    scene = Bridged(idle_timeout=0.05)
    await scene.over()
    assert scene.link.frames[-1] == {"t": "end", "reason": "idle_timeout"}
    assert scene.witness.end == ("ended", "idle_timeout")


async def test_a_gateway_that_stops() -> None:
    scene = Bridged()
    answer(await scene.ready())
    scene.bridge.end("server_shutdown")
    await scene.over()
    assert scene.link.frames[-1] == {"t": "end", "reason": "server_shutdown"}
    assert scene.link.closed == (1001, "server_shutdown")
    assert scene.witness.end == ("ended", "server_shutdown")
    assert scene.books.story == [("a", "served", None)]
    scene.bridge.end("server_shutdown")  # idempotent: the witness would complain


async def test_a_gateway_that_stops_before_an_engine_is_there() -> None:
    fakes = FakeEngines()
    fakes.hanging.add("a/one")
    scene = Bridged(fakes=fakes)
    await asyncio.sleep(0)
    scene.bridge.end("server_shutdown")
    await scene.over()
    assert scene.link.kinds == ["error", "end"]
    assert scene.link.closed == (1001, "server_shutdown")


async def test_an_interrupted_response_is_paid_for_too() -> None:
    scene = Bridged()
    engine = await scene.ready()
    engine.sink.event(SpeechStarted())
    scene.bridge.on_audio(SOUND)
    engine.sink.event(SpeechStopped())
    engine.sink.event(ResponseStarted("r1"))
    engine.sink.audio("r1", SOUND)
    scene.tell("interrupt")
    engine.sink.event(ResponseUsage("r1", output_tokens=3))
    engine.sink.event(ResponseDone("r1", "cancelled"))
    assert scene.witness.used == [("a", 200)]
    assert scene.link.kinds.count("interruption") == 1
    scene.bridge.end("server_shutdown")


async def test_a_session_that_ends_after_a_replaced_connection_gives_up_the_newer_one() -> None:
    scene = Bridged()
    engine = await scene.ready()
    scene.fakes.hanging.add("a/one")
    engine.sink.event(ResponseStarted("r1"))
    engine.sink.audio("r1", SOUND)
    engine.sink.lost(ConnectionLost("gone"))
    await asyncio.sleep(0)
    scene.tell("interrupt")  # what the first connection was told is not true any more
    for _ in range(5):
        await asyncio.sleep(0)
    scene.bridge.end("server_shutdown")
    await until(lambda: len(scene.books.story) == 3)
    assert [(outcome, cause) for _, outcome, cause in scene.books.story] == [
        ("failed", "connection_lost"),
        ("cancelled", "caller_left"),
        ("cancelled", "caller_left"),
    ]
    assert len(scene.fakes.connections) == 1, "nobody serves a session that is over"
