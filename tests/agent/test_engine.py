"""The engine and its processes together: what goes in comes out, and what fails says so."""

import asyncio
import logging
import os
import signal
import time

import pytest

from speko.agent.engine import AgentEngine
from speko.agent.plan import OpenBreaker
from speko.agent.supervision import Supervised
from speko.agent.wire import MAX_BODY
from speko.providers.errors import (
    Busy,
    ConnectFailed,
    ConnectionLost,
    MalformedResponse,
    ProviderError,
    RateLimited,
    Unsupported,
)
from speko.providers.llm import Tool
from speko.providers.registry import Runtime
from speko.providers.s2s import AssistantText, ResponseDone, ResponseStarted, ResponseUsage, S2sRequest, StopResponse
from tests import loops
from tests.agent import fake_agent
from tests.agent.pools import (
    KEY,
    Rows,
    Sink,
    a_call,
    a_candidate,
    a_plan,
    a_pool,
    a_request,
    opened,
    tell,
    until,
)

LOOPS = loops.UVLOOP


async def test_sound_and_events_both_ways_in_order() -> None:
    async with a_pool() as pool:
        sink = Sink()
        connection = await opened(pool, sink)
        tell(connection, "start r1")
        connection.audio(b"\1\2" * 480)
        tell(connection, "start r2")
        connection.audio(b"\3\4")
        tell(connection, "hello")
        connection.do(StopResponse("r2", 0, ""))
        await until(lambda: len(sink.events) == 5)
        assert sink.events == [
            ResponseStarted("r1"),
            ResponseStarted("r2"),
            AssistantText("r", "hello"),
            ResponseUsage("r2"),
            ResponseDone("r2", "cancelled"),
        ]
        assert sink.sounds == [("r1", b"\1\2" * 480), ("r2", b"\3\4")]


async def test_the_conversation_gets_request_plan_and_breakers_and_no_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-gateway")
    monkeypatch.setenv("SPEKO_TEST", "1")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret")
    candidates = (a_candidate(), a_candidate(model="unknown"), a_candidate("nobody"), a_candidate(model="open"))
    breakers = (OpenBreaker("speko", "rules", "platform", 20.0), OpenBreaker("speko", "open", None, 20.0))
    plan = a_plan(Rows(), breakers=breakers, llm=candidates)
    tool = Tool("look_up", "Looks up.", {"type": "object", "properties": {}})
    request = S2sRequest(
        model="cascade", input_rate=16000, output_rate=24000, system_prompt="Be kind.", tools=(tool,), plan=plan
    )
    async with a_pool() as pool:
        sink = Sink()
        tell(await AgentEngine(pool).connect(request, a_call(), sink), "tell")
        await until(lambda: sink.facts)
    facts = sink.facts
    assert facts is not None
    assert not {"OPENAI_API_KEY", "SPEKO_TEST", "LIVEKIT_API_SECRET"} & set(facts.pop("environment"))
    assert facts == {
        "organization": "org",
        "session": "ses",
        "language": "en-GB",
        "optimize_for": "latency",
        "turns": 0.7,
        "deadline": 1.25,
        "specs": {"stt": [], "llm": ["rules", None, None], "tts": []},
        "keys": [KEY, KEY, KEY],
        "allowed": [False, True, False],
        "prompt": "Be kind.",
        "tools": ["look_up"],
        "loop": "uvloop",
    }


async def test_rows_and_health_arrive_also_those_of_the_end() -> None:
    async with a_pool() as pool:
        sink, rows = Sink(), Rows()
        connection = await opened(pool, sink, rows=rows)
        tell(connection, "book")
        await until(lambda: len(rows.health) == 2)
        connection.close()
        sink.closed = True
        await until(lambda: rows.attempts)
    (down, well) = rows.health
    assert (down.provider, down.model, down.credential_id) == ("v", "m", "platform")
    assert 1 <= down.ago < 60
    assert down.failure is not None
    assert down.failure.retry_after == 9
    assert (well.provider, well.model, well.credential_id, well.failure) == ("w", "n", "key_1", None)
    (attempt,), (usage,) = rows.attempts, rows.usages
    assert attempt.started_at == usage.created_at == fake_agent.MOMENT
    assert (attempt.session_id, attempt.usage.audio_ms, attempt.usage.estimated) == ("ses", 20, True)
    assert sink.error is None


async def test_closing_is_idempotent_and_frees_the_place() -> None:
    async with a_pool(sessions=1) as pool:
        for _ in range(3):
            sink = Sink()
            connection = await opened(pool, sink)
            with pytest.raises(Busy):
                await opened(pool, Sink())
            connection.close()
            connection.close()
            sink.closed = True
            connection.audio(b"12")
            connection.pause_reading()
            connection.resume_reading()
            await until(lambda: pool.running[0].taken == 0)


async def test_full_means_busy_at_once() -> None:
    async with a_pool(sessions=2) as pool:
        await opened(pool, Sink())
        await opened(pool, Sink())
        began = time.monotonic()
        with pytest.raises(Busy, match="all 2 conversations"):
            await opened(pool, Sink(), within=20)
        assert time.monotonic() - began < 5


async def test_the_process_itself_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_pool(sessions=1) as pool:
        await opened(pool, Sink())
        pool.sessions = 5
        with pytest.raises(Busy, match="process"):
            await opened(pool, Sink())
        await until(lambda: pool.running[0].taken == 1)


async def test_without_processes_there_is_no_agent() -> None:
    runtime = Runtime(agent_processes=0)
    engine = AgentEngine.of(runtime)
    await engine.pool.start()
    with pytest.raises(Unsupported, match="agent_processes"):
        await engine.connect(a_request(a_plan(Rows())), a_call(), Sink())
    await runtime.close()


async def test_without_a_plan_there_is_no_conversation() -> None:
    engine = AgentEngine.of(runtime := Runtime(agent_processes=0))
    with pytest.raises(Unsupported, match="plan"):
        await engine.connect(a_request(None), a_call(), Sink())
    await runtime.close()


async def test_a_conversation_that_cannot_begin_says_why() -> None:
    async with a_pool(sessions=1) as pool:
        with pytest.raises(RateLimited) as refused:
            await opened(pool, Sink(), prompt="refuse")
        assert (refused.value.message, refused.value.status, refused.value.retry_after) == (
            "the vendor has had enough",
            429,
            7.0,
        )
        await until(lambda: pool.running[0].taken == 0)
        with pytest.raises(ProviderError) as crashed:
            await opened(pool, Sink(), prompt="crash")
        assert fake_agent.WORDS not in crashed.value.message
        await until(lambda: pool.running[0].taken == 0)
        await opened(pool, Sink())


async def test_a_conversation_that_has_become_too_long_is_nobodys_fault() -> None:
    async with a_pool(sessions=1) as pool:
        await pool.start()
        with pytest.raises(Unsupported, match="too long"):
            await opened(pool, Sink(), prompt="x" * MAX_BODY)
        assert pool.running[0].ready
        await until(lambda: pool.running[0].taken == 0)
        await opened(pool, Sink())


async def test_who_gives_up_connecting_frees_the_place() -> None:
    async with a_pool(sessions=1) as pool:
        await pool.start()
        connecting = asyncio.create_task(opened(pool, Sink(), prompt="hang"))
        await until(lambda: pool.running[0].taken == 1)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await until(lambda: pool.running[0].taken == 0)
        await opened(pool, Sink())


async def test_a_conversation_that_crashes_ends_alone() -> None:
    async with a_pool() as pool:
        sink, other = Sink(), Sink()
        connection, neighbour = await opened(pool, sink), await opened(pool, other)
        tell(connection, "crash")
        await until(lambda: sink.error)
        assert sink.error is not None
        assert fake_agent.WORDS not in sink.error.message
        tell(neighbour, "still here")
        await until(lambda: other.said("still here"))
        await until(lambda: pool.running[0].taken == 1)


async def test_a_process_that_sends_nonsense_loses_that_conversation() -> None:
    async with a_pool() as pool:
        sink, other = Sink(), Sink()
        connection, neighbour = await opened(pool, sink), await opened(pool, other)
        tell(connection, "nonsense")
        await until(lambda: sink.error)
        assert isinstance(sink.error, MalformedResponse)
        tell(neighbour, "still here")
        await until(lambda: other.said("still here"))
        await until(lambda: pool.running[0].taken == 1)


async def test_an_address_where_nobody_listens() -> None:
    async with a_pool(beat=0.1) as pool:
        await pool.start()
        pool.running[0].address += "x"
        with pytest.raises(ConnectFailed):
            await opened(pool, Sink())
        assert pool.running[0].taken == 0


async def test_a_secret_that_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    async with a_pool(beat=0.1) as pool:
        await pool.start()
        process: Supervised = pool.running[0]
        right, process.secret = process.secret, "wrong"
        with pytest.raises(ConnectionLost):
            await opened(pool, Sink())
        assert process.taken == 0
        process.secret = right
        await opened(pool, Sink())
        await until(lambda: any("why" in vars(r) for r in caplog.records))
    assert right not in caplog.text


# ---- neither end runs full


async def test_a_gateway_that_does_not_read_holds_the_conversation_back() -> None:
    async with a_pool() as pool:
        sink = Sink()
        connection = await opened(pool, sink)
        connection.pause_reading()
        tell(connection, "flood 400")  # 19 MB
        other = Sink()
        neighbour = await opened(pool, other)
        for number in range(20):
            tell(neighbour, f"still here {number}")
        await until(lambda: other.said("still here 19"))
        assert not sink.events, "not one frame comes while it is held"
        assert not sink.sounds
        connection.resume_reading()
        await until(lambda: sink.sounds)
        connection.pause_reading()
        seen = len(sink.sounds)
        tell(neighbour, "and now")
        await until(lambda: other.said("and now"))
        assert len(sink.sounds) == seen, "also not of what was read already"
        connection.resume_reading()
        await until(lambda: len(sink.events) == 3)
        assert b"".join(pcm for _, pcm in sink.sounds) == b"".join(
            number.to_bytes(2, "little") * 24000 for number in range(400)
        )


async def test_a_process_that_dies_while_it_is_held_back() -> None:
    async with a_pool() as pool:
        sink = Sink()
        connection = await opened(pool, sink)
        connection.pause_reading()
        tell(connection, "flood 40")
        tell(connection, "die")
        await until(lambda: not pool.running[0].ready)
        while sink.error is None:
            connection.audio(bytes(960))
            await asyncio.sleep(0)
        assert isinstance(sink.error, ConnectionLost)
        assert not sink.sounds
        connection.resume_reading()
        connection.close()
        await asyncio.sleep(0)
        assert not sink.sounds


async def test_what_is_booked_at_the_end_arrives_however_much_it_is() -> None:
    async with a_pool() as pool:
        sink, rows = Sink(), Rows()
        connection = await opened(pool, sink, rows=rows)
        tell(connection, "book 5000 at the end")
        tell(connection, "flood 40")
        await until(lambda: sink.sounds)
        connection.pause_reading()
        connection.close()
        sink.closed = True
        await until(lambda: pool.running[0].taken == 0)
    assert len(rows.usages) == 5000
    assert len(rows.attempts) == 1


async def test_a_conversation_that_sends_without_waiting_is_cut_before_memory_is_full() -> None:
    async with a_pool() as pool:
        sink, other = Sink(), Sink()
        connection, neighbour = await opened(pool, sink), await opened(pool, other)
        connection.pause_reading()
        tell(connection, "deluge 40")
        tell(neighbour, "still here")
        await until(lambda: other.said("still here"))
        connection.resume_reading()
        await until(lambda: sink.error)
        assert len(sink.sounds) < 40


async def test_a_process_that_does_not_read_pauses_the_session() -> None:
    async with a_pool(silence=60.0) as pool:
        sink = Sink()
        connection = await opened(pool, sink)
        pid = pool.running[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        for _ in range(1000):
            connection.audio(bytes(960))
            await asyncio.sleep(0)
        assert sink.pauses == [True]
        os.kill(pid, signal.SIGCONT)
        await until(lambda: len(sink.sounds) == 1000)
        assert sink.pauses == [True, False]


async def test_words_do_not_get_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_pool() as pool:
        sink = Sink()
        tell(await opened(pool, sink), "log")
        await until(lambda: sink.said("logged"))
        await until(lambda: sum("no log line" in r.getMessage() for r in caplog.records) >= 1)
    ours = [r for r in caplog.records if r.name == "speko.somewhere"]
    assert [(r.getMessage(), vars(r).get("count"), vars(r).get("type")) for r in ours] == [
        ("static text", 3, None),
        ("failed", None, "KeyError"),
    ]
    assert "fake_agent.py" in vars(ours[1])["where"]
    theirs = [r for r in caplog.records if r.name.startswith("livekit")]
    assert [r.getMessage() for r in theirs] == ["a package complains"]
    assert "fake_agent.py" in vars(theirs[0])["at"]
    for record in caplog.records:
        assert "swordfish" not in str(vars(record))


async def test_words_of_a_process_that_is_doubted_or_dying_do_not_get_into_the_log_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    def lines() -> int:
        return sum("no log line" in r.getMessage() for r in caplog.records)

    async with a_pool() as pool:
        sink = Sink()
        connection = await opened(pool, sink)
        pool.running[0].doubt()
        tell(connection, "log")
        await until(lambda: lines() == 1)
        tell(connection, "collapse")
        await until(lambda: lines() == 2 and sink.error)
        await until(lambda: any(vars(r).get("exit_code") == 3 for r in caplog.records))
    assert "swordfish" not in " ".join(str(vars(r)) for r in caplog.records)
