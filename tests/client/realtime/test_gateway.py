"""Conversations with a whole gateway and its own voice agent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from speko import AsyncRealtimeSession, AsyncSpeko, S2sSession, SpekoApiError
from speko.client.realtime.opening import open_session
from tests.api.running import running

ENGLISH = {"language": "en"}
TOOL = {
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def frames_until(session: AsyncRealtimeSession, last: Callable[[Any], bool]) -> list[Any]:
    """The frames up to one; tools are answered on the way."""
    frames: list[Any] = []
    async with asyncio.timeout(30):
        async for frame in session:
            frames.append(frame)
            if frame["type"] == "tool_call":
                await session.send_tool_result(frame["call_id"], {"temperature": 21})
            if last(frame):
                return frames
    raise AssertionError(f"the session ended: {frames[-2:]}")


def answered(frame: Any) -> bool:
    """The end of a response."""
    return bool(frame["type"] == "turn" and frame["stage"] == "response_done")


def said(frames: list[Any]) -> str:
    """The agent's last words."""
    return str(
        [frame["text"] for frame in frames if frame["type"] == "transcript" and frame["role"] == "assistant"][-1]
    )


async def test_a_conversation_and_what_is_kept_of_it(tmp_path: Path) -> None:
    async with (
        running(tmp_path, agent_processes=1, store_transcripts=True) as gateway,
        AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko,
    ):
        session = await speko.connect_realtime({"intent": ENGLISH, "tools": [TOOL], "output_sample_rate": 16000})
        assert (session.provider, session.model, session.input_sample_rate) == ("speko", "cascade", 24000)
        watching = asyncio.create_task(watch(speko, session.session_id))
        await session.send_text("What is twelve times twelve?")
        frames = await frames_until(session, answered)
        assert frames[0] == {"type": "ready", "input_sample_rate": 24000, "output_sample_rate": 16000}
        assert "144" in said(frames)
        sound = b"".join(frame["pcm"] for frame in frames if frame["type"] == "audio")
        assert len(sound) > 16000
        assert (await speko.sessions.get(session.session_id)).status == "active"

        await session.send_text("What is the weather in Paris?")
        frames = await frames_until(session, answered)
        if not any(frame["type"] == "audio" for frame in frames):  # that response was the call of the tool
            frames += await frames_until(session, answered)
        assert "21" in said(frames)
        await session.close()

        async with asyncio.timeout(20):
            events = await watching
        assert events[-1] == "session_ended"
        assert [event for event in events if event in ("active", "ended")] == ["active", "ended"]
        assert [event for event in events if "144" in event] == ["12 times 12 is 144."]
        await check_records(speko, session)


async def watch(speko: AsyncSpeko, session_id: str) -> list[str]:
    """What a session's observer sees, in a word each."""
    seen: list[str] = []
    async with speko.sessions.stream(session_id) as events:
        async for event in events:
            match event.type:
                case "status":
                    seen.append(event.status)
                case "transcript":
                    seen.append(event.turn.text)
                case "end":
                    seen.append(event.reason)
    return seen


async def check_records(speko: AsyncSpeko, session: AsyncRealtimeSession) -> None:
    """The books of a session that is over."""
    entry = await speko.sessions.get(session.session_id)
    assert (entry.status, entry.kind) == ("ended", "s2s")
    [listed] = (await speko.sessions.list(kind="s2s", status="ended")).entries
    assert listed.session_id == session.session_id
    turns = (await speko.sessions.turns(session.session_id)).entries
    assert {"llm_first_token", "tts_first_byte", "first_audio", "response_done"} <= {s.stage for s in turns[0].stages}
    transcript = (await speko.sessions.transcript(session.session_id)).entries
    assert [(turn.index, turn.source) for turn in transcript] == list(enumerate(["user", "agent"] * 2))
    assert "144" in transcript[1].text
    assert session.request_id is not None
    async with asyncio.timeout(10):
        while True:
            attempts = (await speko.requests.get(session.request_id)).attempts
            if {"s2s", "llm", "tts"} <= {attempt.modality for attempt in attempts}:
                break
            await asyncio.sleep(0.05)
    assert {attempt.outcome for attempt in attempts} <= {"served", "cancelled"}


async def test_a_token_has_one_socket(tmp_path: Path) -> None:
    async with (
        running(tmp_path, agent_processes=1) as gateway,
        AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko,
    ):
        made = await speko.sessions.create({"mode": "s2s", "s2s": {}, "intent": ENGLISH})
        assert isinstance(made, S2sSession)
        first = await open_session(made, "test")
        await frames_until(first, lambda frame: frame["type"] == "ready")
        second = await open_session(made, "test")
        # The gateway asks the first whether it is still there: it has to be read for that.
        reading = asyncio.create_task(drained(first))
        assert [frame["type"] for frame in await drained(second)] == ["error", "close"]
        assert second.close_code == 4409
        await first.close()
        assert (await reading)[-1]["type"] == "close"
        again = await open_session(made, "test")
        error, _ = await drained(again)
        assert (error["type"], again.close_code) == ("error", 4409)
        forged = await open_session(made.model_copy(update={"ws_token": "forged.token"}), "test")
        error, _ = await drained(forged)
        assert (error["code"], forged.close_code) == ("UNAUTHORIZED", 4401)


async def drained(session: AsyncRealtimeSession) -> list[Any]:
    async with asyncio.timeout(20):
        return [frame async for frame in session]


async def test_no_engine(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko:
        with pytest.raises(SpekoApiError) as raised:
            await speko.connect_realtime({"provider": "openai", "model": "gpt-realtime"})
        assert (raised.value.code, raised.value.details["reason"]) == ("SESSION_CREATE_FAILED", "NO_CREDENTIAL")
        assert "OPENAI_API_KEY" in raised.value.message
        with pytest.raises(SpekoApiError) as raised:
            await speko.sessions.get("1b4e28ba-2fa1-4cd2-883f-0016d3cca427")
        assert raised.value.code == "SESSION_NOT_FOUND"
        with pytest.raises(SpekoApiError) as raised:
            async for _ in speko.sessions.stream("1b4e28ba-2fa1-4cd2-883f-0016d3cca427"):
                pass
        assert raised.value.code == "SESSION_NOT_FOUND"
