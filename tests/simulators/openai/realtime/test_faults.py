"""Every fault at every stage, as a client sees it: which words came, and how it ended."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from speko.simulators import Engines, Fault, FaultKind, OpenAISimulator, Script, ScriptedToolCall, Stage
from speko.simulators.openai.realtime.voice import speak
from tests.simulators.openai.realtime.talk import AT_ONCE, COUNTING, MANUAL, WORDS, Talk, connected, silent, talking
from tests.simulators.wire import PATIENCE

THREE = "one two three"
STARTED = ["response.created", "response.output_item.added", "response.content_part.added"]
IN_RESPONSE = (Stage.RESPONSE, Stage.FIRST_AUDIO, Stage.AUDIO)


def after_three_words(kind: FaultKind, **members: Any) -> Fault:
    return Fault(kind, path="realtime", at=Stage.AUDIO, words=3, **members)


async def ends(talk: Talk) -> ConnectionClosed:
    """How the socket is closed, when all that was sent has come."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            await talk.next()
    return closed.value


async def is_silent(talk: Talk) -> bool:
    """Whether nothing comes for a moment; pings are answered all the time."""
    pong = await talk.connection._connection.ping()
    await asyncio.wait_for(pong, PATIENCE)
    try:
        async with asyncio.timeout(0.1):
            await talk.connection.recv_bytes()
    except TimeoutError:
        return True
    return False


async def ask(talk: Talk) -> None:
    await talk.write("count")
    await talk.send("response.create")


# At connect.


@pytest.mark.parametrize("kind", [FaultKind.REFUSE, FaultKind.CUT])
async def test_refused_at_connect(kind: FaultKind) -> None:
    async with OpenAISimulator(fault=Fault(kind, path="realtime", at=Stage.CONNECT)) as simulator:
        with pytest.raises((ConnectionResetError, InvalidMessage)):
            async with connected(simulator):
                pass
        assert simulator.state()["faults"] == {kind.value: 1}


@pytest.mark.parametrize("kind", [FaultKind.UNAUTHORIZED, FaultKind.RATE_LIMITED, FaultKind.OVERLOADED])
async def test_a_status_at_connect(kind: FaultKind) -> None:
    async with OpenAISimulator(fault=Fault(kind, path="realtime", retry_after="7")) as simulator:
        with pytest.raises(InvalidStatus) as refusal:
            async with connected(simulator):
                pass
    response = refusal.value.response
    assert response.status_code == kind.status
    assert response.headers.get("Retry-After") == (None if kind is FaultKind.UNAUTHORIZED else "7")


async def test_a_page_of_a_proxy_at_connect() -> None:
    async with OpenAISimulator(fault=Fault(FaultKind.MALFORMED, at=Stage.CONNECT)) as simulator:
        with pytest.raises(InvalidStatus) as refusal:
            async with connected(simulator):
                pass
    assert refusal.value.response.status_code == 200
    assert b"<html>" in (refusal.value.response.body or b"")


@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.STALL])
async def test_silence_at_connect(kind: FaultKind) -> None:
    async with OpenAISimulator(fault=Fault(kind, at=Stage.CONNECT)) as simulator:
        connecting = asyncio.create_task(connected(simulator).__aenter__())
        await simulator.until(lambda: len(simulator.requests) == 1)
        _, waiting = await asyncio.wait({connecting}, timeout=0.1)
        assert waiting
        connecting.cancel()
        await simulator.until(lambda: simulator.cancelled == 1)


@pytest.mark.parametrize("stage", [Stage.CONNECT, Stage.SETUP, *IN_RESPONSE])
async def test_slowness_anywhere(stage: Stage) -> None:
    begin = time.monotonic()
    async with talking(fault=Fault(FaultKind.SLOW, at=stage, seconds=0.05)) as (talk, _):
        await talk.write("count")
        await talk.answer()
    assert time.monotonic() - begin >= 0.05
    assert talk.text() == WORDS


# In the set-up.


@pytest.mark.parametrize(
    ("kind", "type_", "code", "close"),
    [
        (FaultKind.UNAUTHORIZED, "invalid_request_error", "invalid_api_key", 3000),
        (FaultKind.QUOTA, "insufficient_quota", "insufficient_quota", 4000),
    ],
)
async def test_a_status_in_the_set_up(kind: FaultKind, type_: str, code: str, close: int) -> None:
    async with OpenAISimulator(fault=Fault(kind, at=Stage.SETUP)) as simulator, connected(simulator) as talk:
        error = await talk.error()
        assert (error["type"], error["code"]) == (type_, code)
        closed = await ends(talk)
    assert talk.types() == ["error"]
    assert closed.rcvd is not None
    assert (closed.rcvd.code, closed.rcvd.reason) == (close, f"{type_}.{code}")


async def test_other_faults_in_the_set_up() -> None:
    for kind, code in ((FaultKind.CUT, None), (FaultKind.CLOSE, 1013), (FaultKind.SESSION_ERROR, 1001)):
        fault = Fault(kind, at=Stage.SETUP, code=1013)
        async with OpenAISimulator(fault=fault) as simulator, connected(simulator) as talk:
            closed = await ends(talk)
        assert talk.types() == (["error"] if kind is FaultKind.SESSION_ERROR else [])
        assert (closed.rcvd and closed.rcvd.code) == code


async def test_silence_in_the_set_up() -> None:
    async with (
        OpenAISimulator(fault=Fault(FaultKind.SILENT, at=Stage.SETUP)) as simulator,
        connected(simulator) as talk,
    ):
        await talk.send("session.update", session=MANUAL)
        assert await is_silent(talk)


async def test_nonsense_in_the_set_up() -> None:
    fault = Fault(FaultKind.MALFORMED, at=Stage.SETUP)
    async with OpenAISimulator(fault=fault) as simulator, connected(simulator) as talk:
        with pytest.raises(ValueError, match=r".+"):
            await talk.next()
        assert (await talk.next())["type"] == "session.created"


# In a response.


@pytest.mark.parametrize("stage", IN_RESPONSE)
async def test_a_response_fails(stage: Stage) -> None:
    fault = Fault(FaultKind.RATE_LIMITED, path="realtime", at=stage, words=3)
    async with talking(fault=fault) as (talk, seen):
        await talk.write("count")
        response = await talk.answer()
        assert (response["status"], response["status_details"]["error"]["code"]) == ("failed", "rate_limit_exceeded")
        assert talk.text() == (THREE if stage is Stage.AUDIO else "")
        # The session goes on, and the fault has fallen.
        await talk.write("again")
        assert (await talk.answer())["status"] == "completed"
    assert [response.status for response in seen.responses] == ["failed", "completed"]


@pytest.mark.parametrize("stage", IN_RESPONSE)
@pytest.mark.parametrize(
    ("kind", "code"), [(FaultKind.CUT, None), (FaultKind.CLOSE, 4321), (FaultKind.SESSION_ERROR, 1001)]
)
async def test_the_session_ends_in_a_response(kind: FaultKind, code: int | None, stage: Stage) -> None:
    async with talking(fault=Fault(kind, at=stage, words=3, code=4321)) as (talk, seen):
        talk.events.clear()
        await ask(talk)
        # Sound that nobody will read any more does not lose what was sent before.
        with suppress(ConnectionClosed):
            for _ in range(20):
                await talk.hear(silent(500), 500)
        closed = await ends(talk)
    assert (closed.rcvd and closed.rcvd.code) == code
    # What was sent before has come.
    assert talk.text() == (THREE if stage is Stage.AUDIO else "") == seen.responses[0].spoken
    assert len(talk.sound()) / 48 == seen.responses[0].audio_ms
    assert ("response.created" in talk.types()) is (stage is not Stage.RESPONSE)
    if kind is FaultKind.SESSION_ERROR:
        assert talk.events[-1]["error"]["code"] == "session_expired"


@pytest.mark.parametrize("stage", IN_RESPONSE)
@pytest.mark.parametrize("kind", [FaultKind.SILENT, FaultKind.STALL])
async def test_a_response_stops_without_a_word(kind: FaultKind, stage: Stage) -> None:
    words = await speak(WORDS, COUNTING, Engines.none(), 1.0)
    sounded = sum(len(word.pcm) for word in words[:3]) / 48
    async with talking(fault=Fault(kind, at=stage, words=3)) as (talk, seen):
        await talk.send("response.create")
        if stage is not Stage.RESPONSE:
            await talk.until("response.content_part.added")
        if stage is Stage.AUDIO:
            while len(talk.sound()) / 48 < sounded:
                await talk.next()
        assert await is_silent(talk)
        # Not even a cancellation is answered.
        await talk.send("response.cancel")
        assert await is_silent(talk)
    assert talk.text() == (THREE if stage is Stage.AUDIO else "") == seen.responses[0].spoken


async def test_after_messages_in_place_of_words() -> None:
    async with talking(fault=Fault(FaultKind.CUT, path="realtime", chunks=5)) as (talk, seen):
        await ask(talk)
        await ends(talk)
    assert len(talk.of("response.output_audio.delta")) == 5 == seen.responses[0].deltas


async def test_a_response_too_short_for_the_fault_suffers_at_its_end() -> None:
    async with talking(fault=Fault(FaultKind.CUT, words=99)) as (talk, _):
        await ask(talk)
        await ends(talk)
    assert talk.text() == WORDS
    assert "response.output_audio.done" not in talk.types()


async def test_not_in_step_the_sound_ends_with_the_word_all_the_same() -> None:
    script = Script(text=WORDS, realtime=AT_ONCE)
    async with talking(script, after_three_words(FaultKind.CUT)) as (talk, seen):
        await ask(talk)
        await ends(talk)
    assert seen.responses[0].spoken == THREE
    assert seen.responses[0].text.startswith(THREE + " four")
    assert talk.text() == seen.responses[0].text


@pytest.mark.parametrize("stage", IN_RESPONSE)
async def test_nonsense_in_a_response(stage: Stage) -> None:
    async with talking(fault=Fault(FaultKind.MALFORMED, at=stage)) as (talk, _):
        await ask(talk)
        with pytest.raises(ValueError, match=r".+"):
            await talk.until("response.done")
        assert (await talk.until("response.done"))["response"]["status"] == "completed"
    assert talk.text() == WORDS


async def test_a_response_without_its_end() -> None:
    async with talking(fault=Fault(FaultKind.TRUNCATED)) as (talk, seen):
        await ask(talk)
        while talk.text() != WORDS:
            await talk.next()
        await talk.write("again")
        await talk.answer()
        assert talk.text() == WORDS * 2
    assert len(talk.of("response.created")) == 2
    assert len(talk.of("response.output_audio.done")) == len(talk.of("response.done")) == 1
    assert [response.status for response in seen.responses] == ["dropped", "completed"]


async def test_a_response_that_says_nothing() -> None:
    async with talking(fault=Fault(FaultKind.EMPTY)) as (talk, _):
        await talk.write("count")
        response = await talk.answer()
        assert (response["status"], response["output"]) == ("completed", [])


async def test_a_later_response_and_each() -> None:
    async with talking(fault=Fault(FaultKind.EMPTY, turn=2)) as (talk, _):
        lengths = []
        for _ in range(3):
            await talk.write("count")
            lengths.append(len((await talk.answer())["output"]))
        assert lengths == [1, 0, 1]
    async with talking(fault=Fault(FaultKind.EMPTY, turn=0)) as (talk, _):
        for _ in range(2):
            await talk.write("count")
            assert (await talk.answer())["output"] == []


async def test_a_tool_call_that_is_never_finished() -> None:
    arguments = '{"city": "Oslo", "unit": "celsius"}'
    script = Script(tool_calls=(ScriptedToolCall("weather", arguments),))
    session = {**MANUAL, "tools": [{"type": "function", "name": "weather", "parameters": {}}]}
    async with talking(script, Fault(FaultKind.STALL, at=Stage.CALL), session=session) as (talk, _):
        await ask(talk)
        await talk.until("response.function_call_arguments.delta")
        assert await is_silent(talk)
    assert arguments.startswith(talk.events[-1]["delta"])


async def test_a_tool_result_that_is_never_answered() -> None:
    script = Script(text="It rains.", tool_calls=(ScriptedToolCall("weather"),), realtime=AT_ONCE)
    session = {**MANUAL, "tools": [{"type": "function", "name": "weather", "parameters": {}}]}
    fault = Fault(FaultKind.STALL, at=Stage.RESPONSE, turn=2)
    async with talking(script, fault, session=session) as (talk, _):
        await talk.write("weather?")
        (call,) = (await talk.answer())["output"]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "rain"}
        await talk.send("conversation.item.create", item=output)
        await talk.until("conversation.item.done")
        await talk.send("response.create")
        assert await is_silent(talk)


# Of the user's words, of pings, of order and size.


async def test_a_transcription_that_fails() -> None:
    async with talking(fault=Fault(FaultKind.SERVER_ERROR, at=Stage.TRANSCRIPTION)) as (talk, seen):
        await talk.speak()
        failed = await talk.until("conversation.item.input_audio_transcription.failed")
        assert failed["error"]["type"] == "server_error"
        await talk.speak()
        await talk.until("conversation.item.input_audio_transcription.completed")
        if len(talk.of("response.done")) < 2:
            await talk.until("response.done")
    assert len(seen.heard) == 2


async def test_transcripts_out_of_order() -> None:
    async with talking(fault=Fault(FaultKind.DISORDER)) as (talk, _):
        await talk.speak()
        await talk.until("conversation.item.input_audio_transcription.completed")
    kinds = talk.types()
    assert kinds.index("response.done") < kinds.index("conversation.item.input_audio_transcription.delta")
    last_sound = len(kinds) - 1 - kinds[::-1].index("response.output_audio.delta")
    assert last_sound < kinds.index("response.output_audio_transcript.delta")
    assert talk.text() == WORDS


async def test_transcripts_out_of_order_in_each_turn() -> None:
    async with talking(fault=Fault(FaultKind.DISORDER, turn=0)) as (talk, _):
        for _ in range(3):
            talk.events.clear()
            await talk.speak()
            await talk.until("conversation.item.input_audio_transcription.completed")
            assert "response.done" in talk.types()


async def test_all_sound_in_one_message() -> None:
    async with talking(fault=Fault(FaultKind.GIANT)) as (talk, seen):
        await talk.speak()
        await talk.until("response.done")
    (delta,) = talk.of("response.output_audio.delta")
    assert len(delta["delta"]) > 5 * 2**20
    assert talk.text() == WORDS == seen.responses[0].spoken


async def test_late_pongs() -> None:
    async with talking(fault=Fault(FaultKind.LATE_PONG, seconds=0.2)) as (talk, _):
        pong = asyncio.ensure_future(await talk.connection._connection.ping())
        await talk.write("count")
        await talk.answer()
        assert not pong.done()
        assert await asyncio.wait_for(pong, PATIENCE) >= 0.2


async def test_a_fault_of_other_operations_does_not_fall() -> None:
    async with talking(fault=Fault(FaultKind.CUT, path="chat")) as (talk, _):
        await talk.write("count")
        await talk.answer()
    assert talk.text() == WORDS


async def test_sessions_are_spared_and_counted() -> None:
    fault = Fault(FaultKind.SESSION_ERROR, path="realtime", at=Stage.SETUP, after=1, times=1)
    async with OpenAISimulator(script=COUNTING, fault=fault) as simulator:
        found = []
        for _ in range(3):
            async with connected(simulator) as talk:
                found.append((await talk.next())["type"])
    assert found == ["session.created", "error", "session.created"]
