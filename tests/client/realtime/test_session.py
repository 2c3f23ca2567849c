"""The handle of a conversation, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from speko import AsyncRealtimeSession, AsyncSpeko
from tests.client.conftest import API_KEY
from tests.client.gateway import ScriptedGateway
from tests.client.realtime.sockets import Script, say, serving, session_reply


@pytest.fixture
async def client(gateway: ScriptedGateway) -> AsyncIterator[AsyncSpeko]:
    async with AsyncSpeko(api_key=API_KEY, base_url=gateway.url, timeout=10) as client:
        yield client


@pytest.fixture
async def talk(gateway: ScriptedGateway, client: AsyncSpeko) -> AsyncIterator[Any]:
    """Begins a conversation with a gateway that follows a script."""
    contexts = []

    async def begin(script: Script, **session: Any) -> AsyncRealtimeSession:
        context = serving(script)
        gateway.replies.append(session_reply(await context.__aenter__(), **session))
        contexts.append(context)
        return await client.connect_realtime({"provider": "acme", "model": "talker"})

    yield begin
    await client.close()
    for context in contexts:
        await context.__aexit__(None, None, None)


async def frames(session: AsyncRealtimeSession) -> list[Any]:
    async with asyncio.timeout(10):
        return [frame async for frame in session]


async def test_frames_of_both_sides(talk: Any) -> None:
    received: list[Any] = []

    async def script(socket: ServerConnection) -> None:
        await say(socket, "ready", inputSampleRate=16000, outputSampleRate=24000)
        received.extend([await socket.recv() for _ in range(8)])
        await socket.send(b"\x01\x00")
        await socket.send("no JSON")
        await say(socket, "from_the_future", text="x")
        await say(socket, "end", reason="expired")
        await socket.close(1000, "expired")

    session = await talk(script)
    assert (session.session_id, session.expires_at) == ("s1", "2030-01-01T00:00:00.000Z")
    assert (session.provider, session.model) == ("acme", "talker")
    assert (session.input_sample_rate, session.output_sample_rate) == (24000, 16000)
    await session.send_audio(bytearray(b"\x02\x00"))
    await session.commit()
    await session.clear()
    await session.interrupt()
    await session.send_tool_result("c1", "sunny")
    await session.send_tool_result("c2", {"degrees": 20})
    await session.send_text("Grüß Gott")
    await session.played(40)
    assert await frames(session) == [
        {"type": "ready", "input_sample_rate": 16000, "output_sample_rate": 24000},
        {"type": "audio", "pcm": b"\x01\x00", "sample_rate": 24000},
        {"type": "close", "reason": "expired"},
    ]
    assert (session.input_sample_rate, session.output_sample_rate) == (16000, 24000)
    assert session.close_code == 1000
    assert received[0] == b"\x02\x00"
    assert [json.loads(text) for text in received[1:]] == [
        {"t": "control", "action": "commit"},
        {"t": "control", "action": "clear"},
        {"t": "interrupt"},
        {"t": "tool_result", "callId": "c1", "output": "sunny"},
        {"t": "tool_result", "callId": "c2", "output": {"degrees": 20}},
        {"t": "user_message", "text": "Grüß Gott"},
        {"t": "played", "ms": 40},
    ]


@pytest.mark.parametrize("rates", [{}, {"inputSampleRate": 8000, "outputSampleRate": "24000"}])
async def test_rates_that_no_socket_has_leave_those_that_were_asked_for(talk: Any, rates: dict[str, Any]) -> None:
    async def script(socket: ServerConnection) -> None:
        await say(socket, "ready", **rates)
        await socket.send(b"\x01\x00")

    session = await talk(script)
    ready, audio, _ = await frames(session)
    assert (ready["input_sample_rate"], ready["output_sample_rate"]) == (24000, 16000)
    assert audio["sample_rate"] == 16000
    assert session.input_sample_rate == 24000


async def test_it_does_not_wait_for_ready_and_may_speak_before(talk: Any) -> None:
    heard = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        assert await socket.recv() == b"\x01\x00"
        heard.set()
        await socket.wait_closed()

    session = await talk(script)
    await session.send_audio(b"\x01\x00")
    async with asyncio.timeout(10):
        await heard.wait()


async def test_a_socket_that_closes_without_end_closes_once_with_its_reason(talk: Any) -> None:
    async def script(socket: ServerConnection) -> None:
        await say(socket, "error", code="S2S_PROVIDER_CONNECT_FAILED", message="acme refuses")
        await socket.close(1011, "Provider connect failed")

    session = await talk(script)
    assert await frames(session) == [
        {"type": "error", "code": "S2S_PROVIDER_CONNECT_FAILED", "message": "acme refuses"},
        {"type": "close", "reason": "Provider connect failed"},
    ]
    assert session.close_code == 1011
    assert await frames(session) == []


async def test_a_connection_that_breaks_says_so(talk: Any) -> None:
    async def script(socket: ServerConnection) -> None:
        socket.transport.abort()

    session = await talk(script)
    assert [(frame["type"], frame.get("code")) for frame in await frames(session)] == [
        ("error", "WS_ERROR"),
        ("close", None),
    ]
    assert session.close_code == 1006


async def test_a_gateway_that_ends_and_does_not_close_is_left(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.client.realtime.session._CLOSES_WITHIN", 0.05)
    left = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await say(socket, "end", reason="expired")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        left.set()

    session = await talk(script)
    assert await frames(session) == [{"type": "close", "reason": "expired"}]
    async with asyncio.timeout(10):
        await left.wait()


async def test_the_caller_closes_and_nothing_is_sent_after(talk: Any) -> None:
    codes: asyncio.Queue[tuple[int | None, str | None]] = asyncio.Queue()

    async def script(socket: ServerConnection) -> None:
        await socket.wait_closed()
        codes.put_nowait((socket.close_code, socket.close_reason))

    session = await talk(script)
    reading = asyncio.create_task(frames(session))
    await session.close()
    await session.close(1001, "again")
    await session.send_audio(b"\x01\x00")
    await session.commit()
    assert await reading == [{"type": "close", "reason": "client_closed"}]
    async with asyncio.timeout(10):
        assert await codes.get() == (1000, "client_closed")


async def test_what_is_sent_after_the_gateway_has_closed_raises_nothing(talk: Any) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.close(1000)

    session = await talk(script)
    assert [frame["type"] for frame in await frames(session)] == ["close"]
    await session.send_audio(b"\x01\x00")
    await session.send_text("hello")
    await session.close()


async def test_a_reason_that_is_too_long_is_cut_between_characters(talk: Any) -> None:
    codes: asyncio.Queue[Any] = asyncio.Queue()

    async def script(socket: ServerConnection) -> None:
        await socket.wait_closed()
        codes.put_nowait((socket.close_code, socket.close_reason))

    session = await talk(script)
    await session.close(1000, "ä" * 100)
    async with asyncio.timeout(10):
        assert await codes.get() == (1000, "ä" * 61)


async def test_a_code_that_cannot_be_sent_cuts_the_connection(talk: Any) -> None:
    gone = asyncio.Event()

    async def script(socket: ServerConnection) -> None:
        await socket.wait_closed()
        gone.set()

    session = await talk(script)
    await session.close(12)
    async with asyncio.timeout(10):
        await gone.wait()


async def flood(socket: ServerConnection) -> None:
    """Sends until the caller has left."""
    while True:
        await socket.send(bytes(960))


async def test_closing_is_quick_behind_frames_that_nobody_takes(talk: Any) -> None:
    session = await talk(flood)
    async with asyncio.timeout(8):
        await session.close()
    assert session.close_code == 1000


async def test_leaving_the_block_closes(talk: Any) -> None:
    async with await talk(flood) as session:
        async for frame in session:
            assert frame["type"] == "audio"
            break
    assert session.close_code == 1000


async def test_closing_the_client_closes_its_conversations(talk: Any, client: AsyncSpeko) -> None:
    sessions = [await talk(flood), await talk(flood)]
    await client.close()
    assert [session.close_code for session in sessions] == [1000, 1000]


async def test_a_gateway_that_does_not_close_is_cut_when_the_client_closes(talk: Any, client: AsyncSpeko) -> None:
    left = asyncio.Event()

    async def deaf(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await left.wait()

    session = await talk(deaf)
    async with asyncio.timeout(8):
        await client.close(realtime_timeout=0.05)
    assert [frame["type"] for frame in await frames(session)] == ["close"]
    left.set()


async def test_giant_frames_arrive(talk: Any) -> None:
    async def script(socket: ServerConnection) -> None:
        await socket.send(bytes(8 * 2**20))

    first, *_ = await frames(await talk(script))
    assert len(first["pcm"]) == 8 * 2**20
