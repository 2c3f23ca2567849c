"""What a client does wrong is answered with an `error` event that names it, and the session goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.openai_realtime.talking import Talk, talking
from tests.faults.show import ANSWER, stage

WRONG: list[tuple[str, str, str | None]] = [
    ("no json", "invalid_json", None),
    ("[]", "invalid_type", None),
    ("{}", "missing_required_parameter", "type"),
    ('{"type":"session.levitate","event_id":"mine"}', "invalid_value", "type"),
    ('{"type":"input_audio_buffer.append","audio":"%%%","event_id":"mine"}', "invalid_value", "audio"),
    ('{"type":"input_audio_buffer.append","audio":"AAAA","event_id":"mine"}', "invalid_value", "audio"),
    ('{"type":"input_audio_buffer.append","audio":1,"event_id":"mine"}', "invalid_type", "audio"),
    ('{"type":"input_audio_buffer.commit","event_id":"mine"}', "input_audio_buffer_commit_empty", None),
    ('{"type":"output_audio_buffer.clear","event_id":"mine"}', "unsupported", "type"),
    ('{"type":"response.cancel","event_id":"mine"}', "response_cancel_not_active", None),
    ('{"type":"conversation.item.retrieve","item_id":"x","event_id":"mine"}', "item_not_found", "item_id"),
    ('{"type":"conversation.item.delete","item_id":"x","event_id":"mine"}', "item_not_found", "item_id"),
    (
        '{"type":"conversation.item.truncate","item_id":"x","content_index":0,"audio_end_ms":1,"event_id":"mine"}',
        "item_not_found",
        "item_id",
    ),
]


def event(kind: str, **members: Any) -> str:
    return json.dumps({"type": kind, "event_id": "mine", **members})


def session(**members: Any) -> str:
    return event("session.update", session={"type": "realtime", **members})


UNSERVED: list[tuple[str, str | None]] = [
    (event("session.update", session={"type": "transcription"}), "session.type"),
    (session(model="another"), "session.model"),
    (session(prompt={"id": "pmpt_1"}), "session.prompt"),
    (session(max_output_tokens=100), "session.max_output_tokens"),
    (session(output_modalities=["audio", "text"]), "session.output_modalities"),
    (session(audio={"input": {"format": {"type": "audio/pcmu"}}}), "session.audio.input.format"),
    (session(audio={"output": {"format": {"type": "audio/pcma"}}}), "session.audio.output.format"),
    (session(audio={"output": {"speed": 1.5}}), "session.audio.output.speed"),
    (
        session(audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}),
        "session.audio.input.turn_detection",
    ),
    (session(tools=[{"type": "mcp", "server_label": "x"}]), "session.tools[0].type"),
    (session(tools=[{"type": "function", "name": "a b"}]), "session.tools[0].name"),
    (session(tool_choice="required"), "session.tool_choice"),
    (event("response.create", response={"conversation": "none"}), "response.conversation"),
    (event("response.create", response={"tools": []}), "response.tools"),
    (
        event("conversation.item.create", item={"type": "function_call_output", "call_id": "x", "output": "y"}),
        "item.call_id",
    ),
    (
        event(
            "conversation.item.create",
            item={"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "x"}]},
        ),
        "item.content[0]",
    ),
]


async def complained(talk: Talk, text: str) -> dict[str, Any]:
    """The error that an event is answered with."""
    count = len(talk.of("error"))
    await talk.api.send_raw(text)
    found: dict[str, Any] = (await talk.first("error", count + 1))["error"]
    assert found["type"] == "invalid_request_error"
    assert found["event_id"] == ("mine" if '"mine"' in text else None)
    return found


async def test_what_is_no_event_is_named_and_the_session_goes_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        for text, code, param in WRONG:
            error = await complained(talk, text)
            assert (error["code"], error["param"]) == (code, param), text
        for text, param in UNSERVED:
            assert (await complained(talk, text))["param"] == param, text
        await talk.ask("Hello?")
        assert talk.words == ANSWER


async def test_an_update_is_taken_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await complained(talk, session(instructions="Never said.", audio={"output": {"speed": 2}}))
        await talk.configure(audio={"output": {"voice": "cedar"}})
        shown = talk.of("session.updated")[0]["session"]
        assert (shown["instructions"], shown["audio"]["output"]["voice"]) == ("", "cedar")


async def test_voice_language_temperature_and_turns_stay_as_they_are(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.configure(instructions="Be brief.")
        await talk.ask("Hello?")
        for fixed in (
            {"audio": {"output": {"voice": "cedar"}}},
            {"audio": {"input": {"turn_detection": None}}},
            {"audio": {"input": {"transcription": {"language": "de"}}}},
            {"temperature": 0.7},
        ):
            error = await complained(talk, session(instructions="Be long.", **fixed))
            assert error["code"] == "cannot_be_changed"
        await talk.configure(output_modalities=["text"])
        assert talk.of("session.updated")[-1]["session"]["instructions"] == "Be brief."
        assert (await talk.ask("And now?", 2))["output"][0]["content"][0]["type"] == "output_text"


async def test_a_second_response_waits_for_the_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.write("Hello?")
        await talk.api.response.create()
        error = await complained(talk, event("response.create"))
        assert error["code"] == "conversation_already_has_active_response"
        assert (await talk.ended())["status"] == "completed"


async def test_items_are_shown_taken_back_and_known_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        item: Any = {"id": "a", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}
        await talk.api.conversation.item.create(item=item)
        await talk.first("conversation.item.done")
        error = await complained(talk, event("conversation.item.create", item=item))
        assert error["code"] == "item_create_duplicate_item_id"
        await talk.api.conversation.item.retrieve(item_id="a")
        assert (await talk.first("conversation.item.retrieved"))["item"]["content"] == item["content"]
        await talk.api.conversation.item.delete(item_id="a")
        await talk.first("conversation.item.deleted")
        await talk.ask("Hello?")
        [seen] = show.vendors["openai"].realtime.sessions
        assert list(seen.written) == ["user: Hello?"]
        await talk.api.conversation.item.delete(item_id=talk.of("response.done")[0]["response"]["output"][0]["id"])
        assert (await talk.first("error", 2))["error"]["code"] == "unsupported"


@pytest.mark.parametrize(("size", "fits"), [(500_000, True), (1_100_000, False)])
async def test_messages_that_are_too_large_are_told_before_the_close(tmp_path: Path, size: int, fits: bool) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.api.send_raw(event("input_audio_buffer.append", audio="A" * (size // 8 * 8)))
        if fits:
            await talk.api.input_audio_buffer.clear()
            await talk.first("input_audio_buffer.cleared")
        else:
            assert await talk.over() == 1009
            assert talk.events[-1]["type"] == "error"


async def test_a_flood_of_nonsense_is_ended(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        for _ in range(60):
            await talk.api.send_raw("nonsense")
        assert await talk.over() == 1008
        assert talk.events[-1]["type"] == "error"


async def test_binary_frames_are_not_of_this_api(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.api._connection.send(bytes(960))
        assert (await talk.first("error"))["error"]["code"] == "invalid_value"
        await talk.ask("Hello?")
