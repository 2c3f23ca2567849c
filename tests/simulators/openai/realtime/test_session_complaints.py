"""Events that do not fit: an error, and the session goes on."""

from typing import Any

import pytest

from tests.simulators.openai.realtime.talk import (
    talking,
)


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
