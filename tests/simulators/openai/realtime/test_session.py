"""Conversations over a real socket, with the script's words."""

import base64
from typing import Any

from speko.simulators import OpenAISimulator, RealtimeScript, Script, ScriptedUsage
from tests.simulators.openai.realtime.talk import (
    AT_ONCE,
    COUNTING,
    MANUAL,
    WORDS,
    connected,
    ordered,
    silent,
    talking,
    voiced,
)

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
