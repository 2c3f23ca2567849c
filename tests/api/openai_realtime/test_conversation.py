"""The `openai` package holds a conversation with a gateway, whose vendor is the simulator."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from speko.simulators.script import RealtimeScript, Script, ScriptedToolCall
from tests.api.openai_realtime.talking import LOUD, QUIET, talking
from tests.faults.show import ANSWER, SCRIPT, stage

HEARING = {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}
SLOWLY = Script(realtime=RealtimeScript(answers=(ANSWER,), transcripts=("what",), pace=2.0, delta_ms=20, in_step=True))
TOOL: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
CALLING = Script(
    tool_calls=(ScriptedToolCall("get_weather", '{"city":"Paris"}'),),
    realtime=RealtimeScript(answers=(ANSWER,), pace=20.0, delta_ms=20),
)


async def test_what_is_written_is_answered_in_words_and_sound(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.configure(instructions="Be brief.")
        await talk.write("Hello?")
        await talk.api.response.create(response={"metadata": {"mine": "1"}})
        done = await talk.ended()
        assert (done["status"], done["metadata"]) == ("completed", {"mine": "1"})
        assert done["usage"]["total_tokens"] > 0
        assert done["output"][0]["content"] == [{"type": "output_audio", "transcript": ANSWER}]
        deltas = "".join(event["delta"] for event in talk.of("response.output_audio_transcript.delta"))
        assert talk.words == deltas == ANSWER
        assert len(talk.pcm) > 24_000
        assert talk.kinds[:8] == [
            *("session.created", "session.updated", "conversation.item.added", "conversation.item.done"),
            *("response.created", "response.output_item.added", "conversation.item.added"),
            "response.content_part.added",
        ]
        assert talk.kinds[-6:] == [
            *("response.output_audio.done", "response.output_audio_transcript.done", "response.content_part.done"),
            *("response.output_item.done", "conversation.item.done", "response.done"),
        ]
        [session] = show.vendors["openai"].realtime.sessions
        assert [response.status for response in session.responses] == ["completed"]


async def test_what_is_spoken_is_an_item_and_is_answered(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.configure(audio=HEARING)
        await talk.speak()
        done = await talk.ended()
        assert done["status"] == "completed"
        started, stopped = (
            await talk.first("input_audio_buffer.speech_started"),
            talk.of("input_audio_buffer.speech_stopped")[0],
        )
        assert started["audio_start_ms"] < stopped["audio_end_ms"]
        heard = await talk.first("conversation.item.input_audio_transcription.completed")
        assert heard["transcript"] == "what do you say"
        item = talk.of("input_audio_buffer.committed")[0]["item_id"]
        assert {started["item_id"], stopped["item_id"], heard["item_id"]} == {item}
        order = [kind for kind in talk.kinds if "audio_buffer" in kind or kind.startswith("response.created")]
        assert order == [
            *("input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"),
            *("input_audio_buffer.committed", "response.created"),
        ]
        assert talk.words == ANSWER


async def test_words_of_the_user_are_told_only_to_who_wants_them(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.speak()
        await talk.ended()
        assert not [kind for kind in talk.kinds if "transcription" in kind]


async def test_a_tool_is_called_and_its_output_answered(tmp_path: Path) -> None:
    async with stage(tmp_path, CALLING) as show, talking(show.gateway) as talk:
        await talk.configure(tools=[TOOL])
        done = await talk.ask("What is the weather?")
        [call] = [item for item in done["output"] if item["type"] == "function_call"]
        assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"city": "Paris"})
        arguments = talk.of("response.function_call_arguments.done")[0]
        assert (arguments["call_id"], arguments["name"]) == (call["call_id"], "get_weather")
        await talk.api.conversation.item.create(
            item={"type": "function_call_output", "call_id": call["call_id"], "output": "21 degrees"}
        )
        await talk.until(lambda: talk.events[-1]["type"] == "conversation.item.done")
        assert len(talk.of("response.created")) == 1, "nothing is answered that was not asked for"
        await talk.api.response.create(response={"metadata": {"second": "yes"}})
        second = await talk.ended(2)
        assert second["metadata"] == {"second": "yes"}
        assert ANSWER in talk.words
        [session] = show.vendors["openai"].realtime.sessions
        assert [result.output for result in session.tool_outputs] == ["21 degrees"]


@pytest.mark.parametrize("name", ["get-weather", "1st", "-", "x" * 64])
async def test_names_of_tools_are_those_of_that_api(tmp_path: Path, name: str) -> None:
    calling = Script(tool_calls=(ScriptedToolCall(name, "{}"),), realtime=CALLING.realtime)
    async with stage(tmp_path, calling) as show, talking(show.gateway) as talk:
        await talk.configure(tools=[{**TOOL, "name": name}])
        done = await talk.ask("What is the weather?")
        assert [item["name"] for item in done["output"] if item["type"] == "function_call"] == [name]


async def test_an_assistant_speaks_first_when_it_is_asked_to(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.configure(instructions="Be brief.")
        await talk.api.response.create(response={"instructions": "Greet the user."})
        assert (await talk.ended())["status"] == "completed"
        [session] = show.vendors["openai"].realtime.sessions
        assert session.responses[0].instructions == "Greet the user."
        assert (await talk.ask("And now?", 2))["status"] == "completed"
        assert session.responses[1].instructions is None


async def test_a_response_is_cancelled_once(tmp_path: Path) -> None:
    async with stage(tmp_path, SLOWLY) as show, talking(show.gateway) as talk:
        await talk.write("Hello?")
        await talk.api.response.create()
        await talk.until(lambda: len(talk.pcm) > 10_000)
        await talk.api.response.cancel()
        done = await talk.ended()
        assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
        assert done["output"][0]["status"] == "incomplete"
        await talk.api.response.cancel(event_id="late")
        error = (await talk.first("error"))["error"]
        assert (error["code"], error["event_id"]) == ("response_cancel_not_active", "late")
        assert (await talk.ask("Once more?", 2))["status"] == "completed"


async def test_speech_interrupts_and_what_was_heard_is_cut(tmp_path: Path) -> None:
    async with stage(tmp_path, SLOWLY) as show, talking(show.gateway) as talk:
        await talk.write("Hello?")
        await talk.api.response.create()
        await talk.until(lambda: len(talk.pcm) > 40_000)
        await talk.hear(LOUD * 10)
        done = await talk.ended()
        assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")
        item = done["output"][0]["id"]
        await talk.api.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=300)
        assert (await talk.first("conversation.item.truncated"))["audio_end_ms"] == 300
        await talk.hear(QUIET * 40)
        assert (await talk.ended(2))["status"] == "completed"
        [session] = show.vendors["openai"].realtime.sessions
        assert min(cut.audio_end_ms for cut in session.truncations) <= 300


async def test_a_client_that_ends_its_turns_itself_is_heard_when_it_asks(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.configure(audio={"input": {**HEARING["input"], "turn_detection": None}})
        pause = QUIET * 60
        await talk.hear(LOUD * 10 + pause + LOUD * 10)
        await talk.api.input_audio_buffer.commit()
        committed = await talk.first("input_audio_buffer.committed")
        [session] = show.vendors["openai"].realtime.sessions or [None]
        assert session is None or session.appended_ms == 0
        await talk.api.response.create()
        assert (await talk.ended())["status"] == "completed"
        heard = await talk.first("conversation.item.input_audio_transcription.completed")
        assert heard["item_id"] == committed["item_id"]
        assert len(talk.of("response.created")) == 1, "the pause did not end the turn"
        assert not talk.of("input_audio_buffer.speech_started")
        await talk.api.input_audio_buffer.commit(event_id="empty")
        error = (await talk.first("error"))["error"]
        assert (error["code"], error["event_id"]) == ("input_audio_buffer_commit_empty", "empty")


async def test_a_long_recording_that_comes_all_at_once_is_heard_as_a_whole(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.configure(audio={"input": {"turn_detection": None}})
        seconds = 60
        for _ in range(seconds // 5):
            await talk.api.input_audio_buffer.append(audio=base64.b64encode(QUIET * 250).decode())
        await talk.api.input_audio_buffer.commit()
        await talk.api.response.create()
        assert (await talk.ended())["status"] == "completed"
        [session] = show.vendors["openai"].realtime.sessions
        assert round(session.appended_ms) == seconds * 1000


async def test_text_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.configure(output_modalities=["text"])
        done = await talk.ask("Hello?")
        assert done["output"][0]["content"] == [{"type": "output_text", "text": ANSWER}]
        assert not talk.pcm
        assert "".join(event["delta"] for event in talk.of("response.output_text.delta")) == ANSWER


async def test_a_conversation_goes_on_with_what_was_said_elsewhere(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        for role, kind, text in (
            ("system", "input_text", "You are a pirate."),
            ("user", "input_text", "My name is Anna."),
            ("assistant", "output_text", "Ahoy Anna."),
        ):
            item: Any = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
            await talk.api.conversation.item.create(item=item)
        await talk.ask("What is my name?")
        [session] = show.vendors["openai"].realtime.sessions
        assert list(session.written) == [*("user: My name is Anna.", "assistant: Ahoy Anna.", "user: What is my name?")]
        row = (await show.gateway.client.get(f"/v1/sessions/{talk.events[0]['session']['id']}")).json()
        assert row["pipelineConfig"]["systemPrompt"] == "You are a pirate."


async def test_a_session_is_a_session_like_any_other(tmp_path: Path) -> None:
    async with stage(tmp_path, SCRIPT) as show:
        async with talking(show.gateway) as talk:
            session_id = talk.events[0]["session"]["id"]
            await talk.ask("Hello?")
        row: dict[str, Any] = {}
        while row.get("status") != "ended":
            row = (await show.gateway.client.get(f"/v1/sessions/{session_id}")).json()
        assert (row["kind"], row["provider"], row["model"]) == ("s2s", "openai", "gpt-realtime")
        listed = (await show.gateway.client.get("/v1/sessions")).json()["entries"]
        assert [entry["sessionId"] for entry in listed] == [session_id]
        [attempt] = await show.gateway.attempts(row["requestId"])
        assert attempt["outcome"] == "served"
        metrics = {entry["metric"] for entry in await show.gateway.usage()}
        assert metrics == {"s2s_input_audio_tokens", "s2s_output_audio_tokens"}
