"""Conversations over a real socket, with the script's words."""

import base64
from typing import Any

import pytest
from openai import AuthenticationError
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from speko.providers.llm import TextDelta, ToolCall
from speko.providers.stt import Transcript
from speko.simulators import Engines, OpenAISimulator, RealtimeScript, Script, ScriptedToolCall, ScriptedUsage
from tests.simulators.openai.engines import FAILURE, Fakes
from tests.simulators.openai.realtime.talk import (
    AT_ONCE,
    COUNTING,
    MANUAL,
    WORDS,
    Talk,
    connected,
    ordered,
    silent,
    talking,
    voiced,
)
from tests.simulators.openai.strict import client
from tests.simulators.wire import Wire

CONTENT = [
    "response.created",
    "rate_limits.updated",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
]
END = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]
TOOL = {"type": "function", "name": "weather", "description": "d", "parameters": {"type": "object"}}


async def test_the_session_is_shown_as_it_is_configured() -> None:
    async with OpenAISimulator(script=COUNTING) as simulator, connected(simulator) as talk:
        created = await talk.until("session.created")
        assert created["session"]["audio"]["input"]["turn_detection"]["type"] == "server_vad"
        vad = {"type": "server_vad", "threshold": 0.7, "silence_duration_ms": 200, "create_response": False}
        audio = {"input": {"turn_detection": vad}, "output": {"voice": "cedar"}}
        await talk.send("session.update", session={"type": "realtime", "instructions": "Be brief.", "audio": audio})
        session = (await talk.until("session.updated"))["session"]
        assert session["instructions"] == "Be brief."
        assert session["audio"]["output"]["voice"] == "cedar"
        assert session["audio"]["input"]["turn_detection"] == {
            **vad,
            "prefix_padding_ms": 300,
            "interrupt_response": True,
            "idle_timeout_ms": None,
        }
        assert {**created["session"], "instructions": "Be brief.", "audio": session["audio"]} == session


async def test_a_manual_turn_has_the_documented_events_in_order() -> None:
    async with talking() as (talk, seen):
        talk.events.clear()
        await talk.speak()
        done = await talk.until("response.done")
    item = ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]
    assert talk.types()[:3] == item
    heard = "conversation.item.input_audio_transcription"
    answer = [kind for kind in talk.types()[3:] if not kind.startswith(heard)]
    deltas = [kind for kind in answer if kind.endswith(".delta")]
    assert answer == CONTENT + deltas + END
    assert [kind for kind in talk.types() if kind.startswith(heard)] == [f"{heard}.delta", f"{heard}.completed"]
    assert done["response"]["status"] == "completed"
    assert talk.text() == WORDS == seen.responses[0].spoken
    assert list(seen.heard) == ["count to ten"]
    assert (seen.appended_ms, seen.commits) == (400, 1)
    assert seen.responses[0].audio_ms == len(talk.sound()) / 48


async def test_in_step_each_word_comes_just_before_its_sound() -> None:
    async with talking() as (talk, _):
        await talk.write("count")
        await talk.answer()
    kinds = [event["type"].split("_")[-1] for event in talk.events if event["type"].startswith("response.output_audio")]
    words = "".join({"transcript.delta": "w", "audio.delta": "s"}.get(kind, "") for kind in kinds)
    assert words.count("w") == 10
    assert "ww" not in words
    assert words.startswith("ws")


async def test_else_the_text_runs_ahead() -> None:
    async with talking(Script(text=WORDS, realtime=AT_ONCE)) as (talk, _):
        await talk.write("count")
        await talk.answer()
    first = talk.types().index("response.output_audio.delta")
    assert talk.types()[:first].count("response.output_audio_transcript.delta") == 7
    assert talk.text() == WORDS


async def test_the_vendor_hears_when_the_user_begins_and_ends() -> None:
    async with talking(session=None) as (talk, seen):
        await talk.hear(silent(1000) + voiced(600) + silent(700))
        started = await talk.until("input_audio_buffer.speech_started")
        stopped = await talk.until("input_audio_buffer.speech_stopped")
        committed = await talk.until("input_audio_buffer.committed")
        await talk.until("response.done")
    assert started["audio_start_ms"] == 700
    assert stopped["audio_end_ms"] == 2100
    assert started["item_id"] == stopped["item_id"] == committed["item_id"]
    assert talk.text() == WORDS
    # Nobody asked for the transcript, and still it was heard.
    assert not [kind for kind in talk.types() if "transcription" in kind]
    assert list(seen.heard) == ["count to ten"]


async def test_without_create_response_only_the_turn_is_told() -> None:
    vad = {"type": "semantic_vad", "create_response": False}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": vad}}}
    async with talking(session=session) as (talk, seen):
        await talk.hear(voiced(600) + silent(700))
        await talk.until("input_audio_buffer.committed")
        await talk.answer()
    assert len(seen.responses) == 1


async def test_speech_interrupts_and_the_answer_can_be_cut_to_what_was_heard() -> None:
    script = Script(text=WORDS, realtime=RealtimeScript(pace=4, in_step=True, delta_ms=20))
    async with talking(script, session=None) as (talk, seen):
        await talk.write("count")
        await talk.send("response.create")
        for _ in range(30):
            await talk.until("response.output_audio.delta")
        await talk.hear(voiced(200))
        await talk.until("input_audio_buffer.speech_started")
        response = (await talk.until("response.done"))["response"]
        assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        (item,) = response["output"]
        assert item["status"] == "incomplete"
        said = item["content"][0]["transcript"]
        assert WORDS.startswith(said)
        assert 0 < response["usage"]["output_token_details"]["audio_tokens"] < 60
        cut = {"item_id": item["id"], "content_index": 0}
        await talk.send("conversation.item.truncate", **cut, audio_end_ms=500)
        await talk.until("conversation.item.truncated")
        await talk.send("conversation.item.retrieve", item_id=item["id"])
        left = (await talk.until("conversation.item.retrieved"))["item"]["content"][0]["transcript"]
        assert left == "one two"
        assert left == seen.truncations[0].text
        # What comes after refers to what was heard alone.
        answer = await talk.answer(instructions="Continue your answer.")
        assert answer["output"][0]["content"][0]["transcript"] == WORDS.removeprefix("one two ")
    assert [response.status for response in seen.responses] == ["cancelled", "completed"]


async def test_speech_does_not_interrupt_where_it_must_not() -> None:
    vad = {"type": "server_vad", "interrupt_response": False, "silence_duration_ms": 100}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": vad}}}
    script = Script(text=WORDS, realtime=RealtimeScript(pace=4))
    async with talking(script, session=session) as (talk, seen):
        await talk.write("count")
        await talk.send("response.create")
        await talk.until("response.output_audio.delta")
        await talk.hear(voiced(200) + silent(200))
        error = await talk.error()
        await talk.until("response.done")
    assert error["code"] == "conversation_already_has_active_response"
    assert [response.status for response in seen.responses] == ["completed"]


async def test_what_cannot_be_truncated() -> None:
    async with talking() as (talk, _):
        await talk.write("count")
        answer = await talk.answer()
        item_id = answer["output"][0]["id"]
        audio_ms = len(talk.sound()) // 48
        cut: dict[str, Any] = {"item_id": item_id, "content_index": 0, "audio_end_ms": audio_ms + 1}
        await talk.send("conversation.item.truncate", **cut)
        error = await talk.error()
        assert (error["code"], error["param"]) == ("invalid_value", "audio_end_ms")
        await talk.send("conversation.item.truncate", **cut | {"audio_end_ms": audio_ms})
        await talk.until("conversation.item.truncated")
        first = talk.of("conversation.item.added")[0]["item"]["id"]
        await talk.send("conversation.item.truncate", **cut | {"item_id": first, "audio_end_ms": 0})
        assert (await talk.error())["code"] == "unsupported_content_type"
        await talk.send("conversation.item.truncate", **cut | {"item_id": "nobody"})
        assert (await talk.error())["code"] == "item_truncate_invalid_item_id"


async def test_a_tool_is_called_and_its_result_answered() -> None:
    arguments = '{"city": "Oslo", "unit": "celsius"}'
    script = Script(text="It rains.", tool_calls=(ScriptedToolCall("weather", arguments),), realtime=AT_ONCE)
    async with talking(script, session={**MANUAL, "tools": [TOOL], "tool_choice": "auto"}) as (talk, seen):
        await talk.write("weather in Oslo?")
        (call,) = (await talk.answer())["output"]
        assert (call["type"], call["name"], call["arguments"]) == ("function_call", "weather", arguments)
        deltas = [event["delta"] for event in talk.of("response.function_call_arguments.delta")]
        assert len(deltas) > 1
        assert "".join(deltas) == arguments
        assert ordered(
            talk.types(),
            ["response.function_call_arguments.done", "conversation.item.done", "response.output_item.done"],
        )
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "rain"}
        await talk.send("conversation.item.create", item=output)
        await talk.answer()
        assert talk.text() == "It rains."
        await talk.send("conversation.item.create", item={**output, "call_id": "call_nobody"})
        assert (await talk.error())["code"] == "invalid_tool_call_id"
    assert [(row.call_id, row.output) for row in seen.tool_outputs] == [(call["call_id"], "rain")]
    assert seen.responses[0].calls == ["weather"]


async def test_tools_of_a_single_response() -> None:
    script = Script(text="No.", tool_calls=(ScriptedToolCall("weather"),), realtime=AT_ONCE)
    async with talking(script, session={**MANUAL, "tools": [TOOL]}) as (talk, _):
        await talk.write("hello")
        assert (await talk.answer(tools=[]))["output"][0]["type"] == "message"
        await talk.write("hello")
        assert (await talk.answer(tool_choice="none"))["output"][0]["type"] == "message"
        choice = {"type": "function", "name": "weather"}
        await talk.write("hello")
        assert (await talk.answer(tool_choice=choice))["output"][0]["type"] == "function_call"


async def test_the_engine_sees_the_conversation() -> None:
    fakes = Fakes()
    fakes.stt_events = [Transcript("what about Oslo", True)]
    async with talking(Script(realtime=AT_ONCE), engines=fakes.engines, session={**MANUAL, "tools": [TOOL]}) as (
        talk,
        _,
    ):
        await talk.write("be kind", "system")
        await talk.write("hello")
        await talk.write("hi", "assistant")
        await talk.speak()
        await talk.until("response.done")
        fakes.llm_events = [ToolCall("call_1", "weather", "{}")]
        await talk.write("and the weather?")
        await talk.answer()
        output = {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
        await talk.send("conversation.item.create", item=output)
        await talk.answer(instructions="Sing.", tool_choice={"type": "function", "name": "weather"})
    last = next(request for request in reversed(fakes.requests) if hasattr(request, "messages"))
    assert [(message.role, message.content) for message in last.messages] == [
        ("system", "Sing."),
        ("system", "be kind"),
        ("user", "hello"),
        ("assistant", "hi"),
        ("user", "what about Oslo"),
        ("assistant", "I think"),
        ("user", "and the weather?"),
        ("assistant", ""),
        ("tool", "rain"),
    ]
    assert last.messages[-2].tool_calls == (ToolCall("call_1", "weather", "{}"),)
    assert last.tool_choice.function.name == "weather"
    assert [tool.name for tool in last.tools] == ["weather"]


async def test_an_engine_that_fails_fails_the_response() -> None:
    fakes = Fakes()
    fakes.llm_events = [FAILURE]
    async with talking(Script(realtime=AT_ONCE), engines=fakes.engines) as (talk, _):
        await talk.write("hello")
        response = await talk.answer()
        assert response["status"] == "failed"
        assert response["status_details"]["error"]["type"] == "server_error"
        fakes.llm_events, fakes.stt_events = [TextDelta("What?")], [FAILURE]
        for _ in range(2):
            # What was not heard is no reason to say nothing, now or later.
            await talk.speak()
            assert (await talk.until("response.done"))["response"]["status"] == "completed"
        assert len(talk.of("conversation.item.input_audio_transcription.failed")) == 2


async def test_answers_and_transcripts_in_turn() -> None:
    realtime = RealtimeScript(answers=("first", "second"), transcripts=("a", "b"), pace=0)
    async with talking(Script(realtime=realtime)) as (talk, seen):
        for _ in range(3):
            await talk.speak()
            await talk.until("response.done")
    assert [response.text for response in seen.responses] == ["first", "second", "first"]
    assert list(seen.heard) == ["a", "b", "a"]


async def test_another_session_goes_on_with_an_answer() -> None:
    """What failover does: the conversation is told to a second simulator."""
    async with talking() as (talk, _):
        await talk.write("count")
        await talk.write("One, two,", "assistant")
        await talk.write("three", "assistant")
        answer = await talk.answer(instructions="Go on with your last answer where it stopped.")
        assert answer["output"][0]["content"][0]["transcript"] == WORDS.removeprefix("one two three ")
        assert (await talk.answer())["output"] == []
        await talk.write("again")
        await talk.write("something else", "assistant")
        assert (await talk.answer())["output"][0]["content"][0]["transcript"] == WORDS


async def test_one_response_at_a_time() -> None:
    script = Script(text=WORDS, realtime=RealtimeScript(pace=4))
    async with talking(script) as (talk, seen):
        await talk.write("count")
        await talk.send("response.create")
        created = await talk.until("response.created")
        await talk.send("response.create", event_id="mine")
        error = await talk.error()
        assert (error["code"], error["event_id"]) == ("conversation_already_has_active_response", "mine")
        assert created["response"]["id"] in error["message"]
        # Beside the conversation there may be more.
        beside = {"conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "x"}}
        await talk.send("response.create", response=beside)
        done = await talk.until("response.done")
        assert done["response"]["metadata"] == {"topic": "x"}
        assert done["response"]["conversation_id"] is None
        await talk.send("response.cancel", response_id=created["response"]["id"])
        done = await talk.until("response.done")
        assert done["response"]["status_details"]["reason"] == "client_cancelled"
        await talk.send("response.cancel")
        assert (await talk.error())["code"] == "response_cancel_not_active"
    assert seen.cancels == 1


async def test_a_response_is_cancelled_before_it_begins() -> None:
    async with talking(Script(text=WORDS, first_byte=3600)) as (talk, _):
        await talk.write("count")
        await talk.send("response.create")
        await talk.send("response.cancel")
        done = (await talk.until("response.done"))["response"]
        assert (done["status"], done["output"]) == ("cancelled", [])
        assert ordered(talk.types(), ["response.created", "response.done"])


async def test_text_in_place_of_sound() -> None:
    async with talking() as (talk, _):
        await talk.write("count")
        response = await talk.answer(output_modalities=["text"])
        assert response["output"][0]["content"] == [{"type": "output_text", "text": WORDS}]
        assert "".join(event["delta"] for event in talk.of("response.output_text.delta")) == WORDS
        assert talk.of("response.output_text.done")[0]["text"] == WORDS
        assert not talk.sound()


async def test_a_limit_of_tokens() -> None:
    async with talking() as (talk, _):
        for modality in ("audio", "text"):
            await talk.write("count")
            response = await talk.answer(max_output_tokens=5, output_modalities=[modality])
            assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
            (content,) = response["output"][0]["content"]
            assert WORDS.startswith(content.get("transcript") or content["text"])


async def test_a_response_from_other_items() -> None:
    realtime = RealtimeScript(answers=("first", "second"), pace=0)
    async with talking(Script(realtime=realtime)) as (talk, _):
        await talk.write("a")
        await talk.write("b")
        known = talk.of("conversation.item.added") or [await talk.until("conversation.item.added")]
        reference = {"type": "item_reference", "id": known[0]["item"]["id"]}
        own = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "c"}]}
        await talk.answer(conversation="none", input=[own])
        await talk.send_wrong(
            {"type": "response.create", "response": {"conversation": "none", "input": [reference, own]}}
        )
        await talk.until("response.done")
        await talk.answer()
        assert talk.text() == "firstsecondsecond"
        wrong = {"type": "item_reference", "id": "nobody"}
        await talk.send_wrong({"type": "response.create", "response": {"input": [wrong]}})
        assert (await talk.error())["code"] == "item_reference_invalid_item_id"


async def test_items_are_added_shown_and_deleted() -> None:
    async with talking() as (talk, seen):
        call = {"type": "function_call", "id": "call", "call_id": "c1", "name": "f", "arguments": "{}"}
        output = {"type": "function_call_output", "call_id": "c1", "output": "o"}
        sound = {"type": "input_audio", "audio": base64.b64encode(voiced(300)).decode()}
        picture = {"type": "input_image", "image_url": "data:image/png;base64,aa"}
        items: list[dict[str, Any]] = [
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "s"}], "id": "first"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "u"}, sound, picture]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
            call,
            output,
        ]
        for item in items:
            await talk.send("conversation.item.create", item=item)
            added = await talk.until("conversation.item.added")
            assert (await talk.until("conversation.item.done"))["item"] == added["item"]
        if not talk.of("conversation.item.input_audio_transcription.completed"):
            await talk.until("conversation.item.input_audio_transcription.completed")
        last = {"type": "message", "role": "user", "content": [], "id": "zero"}
        await talk.send("conversation.item.create", item=last, previous_item_id="root")
        assert (await talk.until("conversation.item.added"))["previous_item_id"] is None
        await talk.send("conversation.item.create", item={**last, "id": "half"}, previous_item_id="first")
        assert (await talk.until("conversation.item.added"))["previous_item_id"] == "first"
        await talk.send("conversation.item.delete", item_id="first")
        await talk.until("conversation.item.deleted")
        for purpose in ("delete", "retrieve"):
            await talk.send(f"conversation.item.{purpose}", item_id="first")
            assert (await talk.error())["code"] == f"item_{purpose}_invalid_item_id"
        await talk.send("conversation.item.create", item=last)
        assert (await talk.error())["code"] == "item_create_duplicate_item_id"
        await talk.send("conversation.item.create", item={**last, "id": "x"}, previous_item_id="first")
        assert (await talk.error())["code"] == "item_create_invalid_previous_item_id"
    assert list(seen.written)[:3] == ["system: s", "user: u", "assistant: a"]


async def test_a_buffer_too_short_and_a_buffer_cleared() -> None:
    async with talking() as (talk, _):
        await talk.hear(voiced(80))
        await talk.send("input_audio_buffer.commit")
        error = await talk.error()
        assert (error["code"], error["param"]) == ("input_audio_buffer_commit_empty", None)
        assert "80.00ms" in error["message"]
        await talk.hear(voiced(80))
        await talk.send("input_audio_buffer.clear")
        await talk.until("input_audio_buffer.cleared")
        await talk.send("input_audio_buffer.commit")
        assert "0.00ms" in (await talk.error())["message"]


async def test_the_client_commits_what_the_vendor_is_listening_to() -> None:
    async with talking(session=None) as (talk, seen):
        await talk.hear(voiced(300))
        started = await talk.until("input_audio_buffer.speech_started")
        await talk.send("input_audio_buffer.commit")
        assert (await talk.until("input_audio_buffer.committed"))["item_id"] == started["item_id"]
        await talk.hear(silent(1000))
        await talk.answer()
    assert "input_audio_buffer.speech_stopped" not in talk.types()
    assert seen.commits == 1


async def test_usage_is_counted_as_documented() -> None:
    async with talking(session={**MANUAL, "instructions": "Be brief and kind. " * 20}) as (talk, _):
        await talk.speak(1000)
        first = (await talk.until("response.done"))["response"]["usage"]
        await talk.speak(1000)
        second = (await talk.until("response.done"))["response"]["usage"]
    spoken = len(talk.sound()) / 2 / 48
    assert first["input_token_details"]["audio_tokens"] == 10
    assert first["output_token_details"]["audio_tokens"] == -(-spoken // 50)
    assert first["total_tokens"] == first["input_tokens"] + first["output_tokens"]
    assert first["input_token_details"]["cached_tokens"] == 0
    assert second["input_token_details"]["audio_tokens"] == 20 + first["output_token_details"]["audio_tokens"]
    cached = second["input_token_details"]["cached_tokens_details"]
    assert 0 < second["input_token_details"]["cached_tokens"] == sum(cached.values()) <= first["input_tokens"]


async def test_usage_of_the_script_and_none() -> None:
    usage = ScriptedUsage(prompt_tokens=7, completion_tokens=3, cached_tokens=2)
    for script, expected in (
        (Script(text="a", usage=usage, realtime=AT_ONCE), 10),
        (Script(text="a", report_usage=False, realtime=AT_ONCE), None),
    ):
        async with talking(script) as (talk, _):
            await talk.write("hello")
            told = (await talk.answer())["usage"]
            assert (told and told["total_tokens"]) == expected


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ("{", "invalid_json", None),
        (b"\x00\x01", "invalid_json", None),
        ("[" * 10_000, "invalid_type", None),
        ({}, "missing_required_parameter", "type"),
        ({"type": "response.explode"}, "invalid_value", "type"),
        ({"type": "response.cancel", "extra": 1}, "unknown_parameter", "extra"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        (
            {"type": "session.update", "session": {"type": "realtime", "voice": "x"}},
            "unknown_parameter",
            "session.voice",
        ),
        ({"type": "input_audio_buffer.append", "audio": 5}, "invalid_type", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "%%%"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "AA=="}, "invalid_value", "audio"),
        ({"type": "output_audio_buffer.clear"}, "invalid_value", "type"),
        (
            {"type": "response.create", "response": {"modalities": ["audio"]}},
            "unknown_parameter",
            "response.modalities",
        ),
        (
            {"type": "response.create", "response": {"output_modalities": ["audio", "text"]}},
            "invalid_value",
            "response.output_modalities",
        ),
        ({"type": "response.create", "response": {"prompt": {"id": "p"}}}, "invalid_value", "response.prompt"),
        (
            {"type": "response.create", "response": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}},
            "invalid_value",
            "response.audio.output.format",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]},
            },
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "assistant", "content": [{"type": "output_audio"}]},
            },
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"id": "x" * 33, "type": "message", "role": "user", "content": []},
            },
            "string_above_max_length",
            "item.id",
        ),
    ],
)
async def test_what_does_not_fit_is_an_error_and_the_session_goes_on(event: Any, code: str, param: str | None) -> None:
    async with talking() as (talk, seen):
        if isinstance(event, dict):
            event["event_id"] = "mine"
        await talk.send_wrong(event)
        error = await talk.error()
        assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
        assert error["event_id"] == ("mine" if isinstance(event, dict) else None)
        await talk.write("hello")
        assert (await talk.answer())["status"] == "completed"
    assert list(seen.complaints) == [code]


async def test_the_voice_is_fixed_once_it_was_heard() -> None:
    session = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    async with talking() as (talk, _):
        await talk.send("session.update", session=session)
        await talk.until("session.updated")
        await talk.write("hello")
        await talk.answer()
        await talk.send("session.update", session=session)
        await talk.until("session.updated")
        session["audio"]["output"]["voice"] = "marin"  # type: ignore[index]
        await talk.send("session.update", session=session)
        assert (await talk.error())["code"] == "cannot_update_voice"


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
        assert (session.close_code, session.responses[0].text) == (1000, WORDS)
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
