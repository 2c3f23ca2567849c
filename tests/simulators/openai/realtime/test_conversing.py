"""From the upgrade to the end of a session: who may open one, and how it ends."""

import pytest
from openai import AuthenticationError
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from speko.simulators import Engines, OpenAISimulator, RealtimeScript, Script
from tests.simulators.openai.realtime.talk import (
    COUNTING,
    WORDS,
    Talk,
    connected,
)
from tests.simulators.openai.strict import client
from tests.simulators.wire import Wire


async def test_the_key_is_checked_before_the_upgrade() -> None:
    async with OpenAISimulator(script=COUNTING, api_key="sk-right") as simulator:
        with pytest.raises((AuthenticationError, InvalidStatus)) as refusal:
            async with connected(simulator):
                pass
        assert "401" in str(refusal.value)
        assert not simulator.realtime.sessions


@pytest.mark.parametrize(("model", "code"), [("gpt-4o", "invalid_model"), ("", "missing_model")])
async def test_a_model_that_cannot_talk(model: str, code: str) -> None:
    async with OpenAISimulator(script=COUNTING) as simulator, client(simulator) as openai:
        async with openai.realtime.connect(extra_query={"model": model}) as connection:
            talk = Talk(connection)
            assert (await talk.error())["code"] == code
            with pytest.raises(ConnectionClosedError) as closed:
                await talk.next()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, f"invalid_request_error.{code}")


async def test_a_model_that_the_script_adds() -> None:
    script = Script(realtime=RealtimeScript(models=("grok-voice",)))
    async with OpenAISimulator(script=script) as simulator, connected(simulator, "grok-voice") as talk:
        assert (await talk.until("session.created"))["session"]["model"] == "grok-voice"


async def test_a_request_for_no_socket_is_refused() -> None:
    async with OpenAISimulator(script=COUNTING) as simulator:
        wire = await Wire.open(simulator)
        await wire.send("GET /v1/realtime?model=gpt-realtime HTTP/1.1\nAuthorization: Bearer k")
        assert (await wire.reply()).status == 400
        wire.close()


async def test_what_was_seen_is_told_and_forgotten() -> None:
    async with OpenAISimulator(script=COUNTING, engines=Engines.none()) as simulator:
        async with connected(simulator) as talk:
            await talk.write("count")
            await talk.answer()
            assert simulator.state()["realtime"]["open"] == 1
        await simulator.until(lambda: not simulator.realtime.sessions[0].open)
        (session,) = simulator.state()["realtime"]["sessions"]
        assert (session["close_code"], session["responses"][0]["text"]) == (1000, WORDS)
        simulator.reset()
        assert simulator.state()["realtime"] == {"opened": 0, "open": 0, "sessions": []}


async def test_a_client_that_vanishes() -> None:
    async with OpenAISimulator(script=Script(text=WORDS, realtime=RealtimeScript(pace=1))) as simulator:
        async with connected(simulator) as talk:
            await talk.write("count")
            await talk.send("response.create")
            await talk.until("response.output_audio.delta")
            talk.connection._connection.transport.abort()
            await simulator.until(lambda: not simulator.realtime.sessions[0].open)
        assert simulator.realtime.sessions[0].close_code == 1006
        assert simulator.ledger.errors == 0


async def test_stopping_ends_sessions() -> None:
    simulator = OpenAISimulator(script=Script(text=WORDS, realtime=RealtimeScript(pace=1)))
    await simulator.start()
    async with connected(simulator) as talk:
        await talk.write("count")
        await talk.send("response.create")
        await talk.until("response.output_audio.delta")
        await simulator.stop()
        with pytest.raises(ConnectionClosed):
            await talk.until("response.done")
    assert simulator.ledger.cancelled == 0
