"""What is sent, checked against the types of the `openai` package."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from speko.providers.llm import Tool
from speko.providers.openai_realtime import client_events
from speko.providers.openai_realtime.facts import RealtimeFacts
from speko.providers.s2s import AssistantSaid, ToolAnswered, ToolCalled, UserSaid
from tests.providers.openai_realtime.shapes import checked_client_event
from tests.providers.openai_realtime.vendor import OPENAI, request

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
LOOK = Tool("look", "Looks out of the window", SCHEMA)
FLAT = RealtimeFacts(session_form="flat", language_field="language_hint", rates=(24000, 16000), continues=False)


def sent(message: bytes) -> Any:
    return checked_client_event(json.loads(message))


def test_settings() -> None:
    asked = request(voice="marin", system_prompt="Be brief.", language="de-AT", tools=(LOOK,), temperature=0.3)
    message = sent(client_events.session_update(asked, OPENAI))
    pcm = {"type": "audio/pcm", "rate": 24000}
    assert message["session"] == {
        "type": "realtime",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "instructions": "Be brief.",
        "audio": {
            "input": {
                "format": pcm,
                "transcription": {"model": "gpt-transcribe", "language": "de"},
                "turn_detection": {"type": "server_vad", "create_response": True, "interrupt_response": True},
            },
            "output": {"format": pcm, "voice": "marin"},
        },
        "tools": [{"type": "function", "name": "look", "description": "Looks out of the window", "parameters": SCHEMA}],
        "tool_choice": "auto",
    }


def test_absent_options_are_not_sent() -> None:
    session = sent(client_events.session_update(request(), OPENAI))["session"]
    assert set(session) == {"type", "model", "output_modalities", "audio"}
    assert "voice" not in session["audio"]["output"]
    assert "language" not in session["audio"]["input"]["transcription"]


@pytest.mark.parametrize("language", ["multi", "auto", ""])
def test_a_language_to_be_found_out_is_not_sent(language: str) -> None:
    session = sent(client_events.session_update(request(language=language), OPENAI))["session"]
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}
    flat = json.loads(client_events.session_update(request(language=language), FLAT))["session"]
    assert "transcription" not in flat["audio"]["input"]


def test_settings_of_a_vendor_with_a_flat_session() -> None:
    asked = request(voice="eve", system_prompt="Be brief.", language="en-US", tools=(LOOK,), input_rate=16000)
    message = json.loads(client_events.session_update(asked, FLAT))
    assert message["session"] == {
        "voice": "eve",
        "instructions": "Be brief.",
        "turn_detection": {"type": "server_vad"},
        "audio": {
            "input": {"format": {"type": "audio/pcm", "rate": 16000}, "transcription": {"language_hint": "en"}},
            "output": {"format": {"type": "audio/pcm", "rate": 24000}},
        },
        "tools": [{"type": "function", "name": "look", "description": "Looks out of the window", "parameters": SCHEMA}],
    }


def test_other_instructions_and_tools_come_together_and_alone() -> None:
    first = request(voice="marin", system_prompt="Be brief.", tools=(LOOK,))
    tool = {"type": "function", "name": "look", "description": "Looks out of the window", "parameters": SCHEMA}

    def changed(*, instructed: bool = True, **members: Any) -> Any:
        message = sent(client_events.configure(replace(first, **members), OPENAI, instructed=instructed))
        assert (message["type"], client_events.purpose_of(message["event_id"])) == ("session.update", "configure")
        return message["session"]

    assert changed(system_prompt="Be long.") == {"type": "realtime", "instructions": "Be long.", "tools": [tool]}
    assert changed(system_prompt=None, tools=()) == {"type": "realtime", "instructions": "", "tools": []}
    assert changed(system_prompt=None, instructed=False) == {"type": "realtime", "tools": [tool]}
    flat = json.loads(client_events.configure(replace(first, tools=()), FLAT, instructed=False))
    assert flat["session"] == {"instructions": "Be brief.", "tools": []}


@pytest.mark.parametrize(
    ("message", "kind", "purpose"),
    [
        (client_events.commit("commit_1"), "input_audio_buffer.commit", "commit"),
        (client_events.clear(), "input_audio_buffer.clear", "clear"),
        (client_events.cancel("resp_1"), "response.cancel", "cancel"),
        (client_events.truncate("item_1", 12), "conversation.item.truncate", "truncate"),
        (client_events.respond(), "response.create", "respond"),
        (client_events.continue_answer(None), "response.create", "respond"),
        (client_events.create_item("say_1", client_events.user_message("Hi")), "conversation.item.create", "say"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_messages_say_what_they_are_for(message: bytes, kind: str, purpose: str) -> None:
    event = sent(message)
    assert event["type"] == kind
    assert client_events.purpose_of(event["event_id"]) == purpose


def test_ids_differ() -> None:
    assert len({sent(client_events.respond())["event_id"] for _ in range(10)}) == 10
    assert client_events.purpose_of(None) == ""


@given(st.binary(max_size=4000))
def test_audio(pcm: bytes) -> None:
    for kind in (bytes, bytearray, memoryview):
        assert base64.b64decode(sent(client_events.append_audio(kind(pcm)))["audio"]) == pcm  # type: ignore[arg-type]


@given(
    st.one_of(
        st.builds(UserSaid, st.text()),
        st.builds(AssistantSaid, st.text()),
        st.builds(ToolCalled, st.text(), st.text(), st.text()),
        st.builds(ToolAnswered, st.text(), st.text(), st.booleans()),
    )
)
def test_any_words_make_an_item(item: Any) -> None:
    message = sent(client_events.create_item("history_1", client_events.item_of(item)))
    if isinstance(item, UserSaid | AssistantSaid):
        assert message["item"]["content"][0]["text"] == item.text


def test_words_that_no_error_may_repeat() -> None:
    asked = request(
        system_prompt="a", tools=(LOOK,),
        history=(UserSaid("b"), AssistantSaid("c"), ToolCalled("i", "n", "d"), ToolAnswered("i", "e")),
    )  # fmt: skip
    assert client_events.texts(asked) == ["a", "Looks out of the window", "b", "c", "d", "e"]
