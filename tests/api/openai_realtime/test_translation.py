"""The translation alone: any order of what a client, a session machine and its engine may say."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.api.openai_realtime.client_events import AppendAudio, decode
from speko.api.openai_realtime.complaints import Complaint
from speko.api.openai_realtime.server_events import Numbered
from speko.api.openai_realtime.settings import Settings
from speko.api.openai_realtime.translation import Translation
from speko.api.openai_realtime.wanted import Begin, Hear, Tell, Wanted
from speko.events import s2s
from speko.providers.llm import Tool
from speko.providers.s2s import Configure, ResponseDone, ResponseStarted, ResponseUsage, UserTranscript
from tests.api.openai_realtime.shapes import checked

PCM = "AAAA" * 1600
"""Base64 of 100 ms."""


def event(kind: str, **members: Any) -> bytes:
    return json.dumps({"type": kind, **members}).encode()


def message(role: str, text: str) -> bytes:
    item = {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}
    return event("conversation.item.create", item=item)


class Wire:
    """A translation, and a client that has got everything."""

    def __init__(self) -> None:
        self.translation = Translation(Settings("auto"), "sess", 1, Numbered("x"))
        self.events: list[dict[str, Any]] = []
        self.wanted: list[Wanted] = []
        self.take(self.translation.created())

    def take(self, wanted: list[Wanted]) -> None:
        for what in wanted:
            self.wanted.append(what)
            if isinstance(what, bytes):
                self.events.append(checked(json.loads(what)))

    def client(self, text: bytes, *, coming: bool = False) -> None:
        """As the link does it."""
        try:
            said = decode(text)
        except Complaint as complaint:
            self.take(self.translation.invalid(complaint))
            return
        if type(said) is not AppendAudio:
            self.take(self.translation.said(said, coming=coming and self.translation.begun))
            return
        if not self.translation.straight or len(said.audio) & 1:
            self.take(self.translation.sound(said))
        if self.translation.straight and not len(said.audio) & 1:
            self.translation.input.heard_bytes += len(said.audio)

    def sound(self) -> None:
        self.take(self.translation.sound_begins())
        sounds = self.translation.output.sounds
        if sounds is not None:
            self.events.append(checked(json.loads(sounds.event(bytes(4)))))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [found for found in self.events if found["type"] == kind]

    def told(self) -> list[Any]:
        """Frames for the session machine."""
        return [what.frame for what in self.wanted if isinstance(what, Tell)]


def known_item(wire: Wire, number: int) -> str:
    items = [found["item"]["id"] for found in wire.of("conversation.item.added")]
    return items[number % len(items)] if items else "none"


CLIENT = st.sampled_from(
    [
        event("input_audio_buffer.append", audio=PCM),
        event("input_audio_buffer.append", audio="AAAA"),
        event("input_audio_buffer.commit"),
        event("input_audio_buffer.clear"),
        event("session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}}),
        event("session.update", session={"type": "realtime", "output_modalities": ["text"]}),
        event("session.update", session={"type": "realtime", "instructions": "be kind"}),
        event("session.update", session={"type": "realtime", "tool_choice": "none"}),
        event("session.update", session={"type": "realtime", "audio": {"input": {"transcription": {}}}}),
        message("user", "hello"),
        message("system", "be kind"),
        message("assistant", "well"),
        event("response.create"),
        event("response.create", response={"instructions": "greet", "metadata": {"a": "b"}}),
        event("response.cancel"),
        event(
            "conversation.item.create", item={"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"}
        ),
        event("conversation.item.create", item={"type": "function_call_output", "call_id": "c", "output": "1"}),
        b"{",
        b'{"type":"x"}',
    ]
)
ENGINE_NAMES = st.sampled_from("abc")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("client"), CLIENT, st.booleans()),
        st.tuples(st.sampled_from(["truncate", "delete", "retrieve"]), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("started"), ENGINE_NAMES, st.booleans()),
        st.tuples(st.just("done"), ENGINE_NAMES, st.sampled_from(["completed", "incomplete", "failed", "cancelled"])),
        st.tuples(st.just("heard"), ENGINE_NAMES, st.booleans()),
        st.tuples(st.just("words"), st.sampled_from(["one", "one two", "other"]), st.booleans()),
        st.tuples(st.just("sound"), st.none(), st.none()),
        st.tuples(st.just("call"), st.sampled_from("cd"), st.none()),
        st.tuples(st.just("turn"), st.sampled_from(["speech_started", "speech_ended", "response_done"]), st.none()),
        st.tuples(st.just("interruption"), st.sampled_from(["user", "assistant"]), st.none()),
        st.tuples(st.just("error"), st.sampled_from(["PROVIDER_ERROR", "INSUFFICIENT_CREDITS"]), st.none()),
        st.tuples(st.just("engine"), st.none(), st.booleans()),
    ),
    max_size=40,
)


def step(wire: Wire, kind: str, what: Any, more: Any) -> None:  # noqa: PLR0912 - a branch for each kind
    translation = wire.translation
    match kind:
        case "client":
            wire.client(what, coming=more)
        case "truncate":
            place = {"item_id": known_item(wire, what), "content_index": 0, "audio_end_ms": 100}
            wire.client(event("conversation.item.truncate", **place), coming=more)
        case "delete" | "retrieve":
            wire.client(event(f"conversation.item.{kind}", item_id=known_item(wire, what)), coming=more)
        case "started":
            wire.take(translation.engine_said(ResponseStarted(what), responding=more, awaited=not more))
        case "done":
            for said in (ResponseUsage(what, 9, 8, 7, 6, 5, 4), ResponseDone(what, more)):
                translation.engine_says(said)
                wire.take(translation.engine_said(said, responding=False, awaited=bool(what == "a")))
        case "heard":
            wire.take(translation.engine_said(UserTranscript(what, "well", more), responding=False, awaited=more))
        case "words":
            wire.take(translation.frame(s2s.TranscriptFrame("assistant", what, more)))
        case "sound":
            wire.sound()
        case "call":
            wire.take(translation.frame(s2s.ToolCallFrame(what, "f", "{}")))
        case "turn":
            wire.take(translation.frame(s2s.TurnFrame(what, 0)))
        case "interruption":
            wire.take(translation.frame(s2s.InterruptionFrame(what)))
        case "error":
            wire.take(translation.frame(s2s.ErrorFrame(what, "so it is")))
        case "engine":
            wire.take(translation.engine_changed(awaited=more))


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_in_any_order_each_response_has_one_end(steps: list[tuple[str, Any, Any]]) -> None:
    wire = Wire()
    for kind, what, more in steps:
        step(wire, kind, what, more)
    wire.take(wire.translation.ended())
    count = len(wire.events)
    for kind, what, more in steps:
        step(wire, kind, what, more)
    wire.take(wire.translation.failed("over", "over"))
    assert len(wire.events) == count, "nothing after the end"
    check_responses(wire.events)
    check_wanted(wire)


def check_responses(events: list[dict[str, Any]]) -> None:
    """At most one is open, each ends once, and whatever belongs to it lies between."""
    open_, seen = None, set()
    for found in events:
        if found["type"] == "response.created":
            assert open_ is None
            open_ = found["response"]["id"]
            assert open_ not in seen
            seen.add(open_)
        elif found["type"] == "response.done":
            assert found["response"]["id"] == open_
            assert all(item["status"] != "in_progress" for item in found["response"]["output"])
            open_ = None
        elif "response_id" in found:
            assert found["response_id"] == open_
    assert open_ is None
    ids = [found["event_id"] for found in events]
    assert len(ids) == len(set(ids))
    items = [found["item"]["id"] for found in events if found["type"] == "conversation.item.added"]
    done = [found["item"]["id"] for found in events if found["type"] == "conversation.item.done"]
    assert sorted(items) == sorted(done)
    assert len(items) == len(set(items))


def check_wanted(wire: Wire) -> None:
    """The session machine begins once, before it hears anything, and can read what it is told."""
    begins = [number for number, what in enumerate(wire.wanted) if isinstance(what, Begin)]
    assert len(begins) <= 1
    for number, what in enumerate(wire.wanted):
        if isinstance(what, Hear):
            assert begins
            assert number > begins[0]
            assert len(what.pcm) % 2 == 0
        elif isinstance(what, Configure):
            assert begins, "until then it is among the settings"
            assert number > begins[0]
        elif isinstance(what, Tell):
            assert s2s.decode_client_frame(msgspec.json.encode(what.frame)) == what.frame


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_a_complaint(data: bytes) -> None:
    try:
        decode(data)
    except Complaint as complaint:
        assert complaint.code
        assert complaint.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(["session", "item", "response", "audio", "event_id", "item_id", "audio_end_ms", "type"])
KINDS = st.sampled_from(
    [
        *("session.update", "conversation.item.create", "response.create", "response.cancel"),
        *("conversation.item.truncate", "input_audio_buffer.append"),
    ]
)


@given(KINDS, st.dictionaries(MEMBERS, JSON, max_size=4))
def test_any_members_are_an_event_or_a_complaint_that_repeats_nothing(kind: str, members: dict[str, Any]) -> None:
    wire = Wire()
    secret = "hunter2 said nobody"
    wire.client(json.dumps({**members, "secret": secret, "type": kind}).encode())
    for error in wire.of("error"):
        assert secret not in error["error"]["message"]


def test_what_the_client_adds_waits_until_it_asks() -> None:
    wire = Wire()
    wire.client(message("user", "one"))
    wire.client(message("user", "two"))
    assert not wire.told()
    wire.client(event("response.create"))
    assert wire.told() == [s2s.UserMessage("one\n\ntwo", "")]
    [begin] = [what for what in wire.wanted if isinstance(what, Begin)]
    assert begin == Begin((), "")


def test_a_response_that_is_on_its_way_is_not_asked_for_twice() -> None:
    wire = Wire()
    wire.client(event("input_audio_buffer.append", audio=PCM))
    wire.client(event("response.create", response={"metadata": {"a": "b"}}), coming=True)
    assert not wire.told()
    wire.take(wire.translation.engine_said(ResponseStarted("r"), responding=True, awaited=False))
    assert wire.of("response.created")[0]["response"]["metadata"] == {"a": "b"}


def test_an_engine_is_told_what_has_changed_and_nothing_else() -> None:
    wire = Wire()

    def told(**session: Any) -> list[Configure]:
        count = len(wire.wanted)
        wire.client(event("session.update", session={"type": "realtime", **session}))
        assert wire.events[-1]["type"] == "session.updated"
        return [what for what in wire.wanted[count:] if isinstance(what, Configure)]

    tool = Tool("look", "look", {"type": "object", "properties": {}})
    wire.client(message("system", "You are a pirate."))
    assert told(instructions="Be brief.") == [], "not before the session begins"
    wire.client(event("response.create"))
    assert told(instructions="Be long.") == [Configure("Be long.\n\nYou are a pirate.")]
    assert told(instructions="") == [Configure("You are a pirate.")]
    assert told(tools=[{"type": "function", "name": "look"}]) == [Configure("You are a pirate.", (tool,))]
    assert told(tool_choice="none") == [Configure("You are a pirate.")]
    assert told(tool_choice="none", output_modalities=["text"]) == []
    assert told(tool_choice="auto") == [Configure("You are a pirate.", (tool,))]
    assert wire.events[-1]["session"]["tools"][0]["name"] == "look"


def test_outputs_of_tools_are_known_when_the_user_goes_on_speaking() -> None:
    wire = Wire()
    wire.client(event("response.create"))
    wire.take(wire.translation.engine_said(ResponseStarted("r"), responding=True, awaited=False))
    wire.take(wire.translation.frame(s2s.ToolCallFrame("c", "f", "{}")))
    output = {"type": "function_call_output", "call_id": "c", "output": "1"}
    wire.client(event("conversation.item.create", item=output))
    assert s2s.ToolResult("c", "1") not in wire.told()
    wire.take(wire.translation.frame(s2s.TurnFrame("speech_started", 0)))
    assert s2s.ToolResult("c", "1") in wire.told()


def test_an_answer_of_which_nothing_was_heard_may_be_deleted() -> None:
    wire = Wire()
    wire.client(event("response.create"))
    wire.take(wire.translation.engine_said(ResponseStarted("r"), responding=True, awaited=False))
    wire.take(wire.translation.frame(s2s.TranscriptFrame("assistant", "one", False)))
    wire.take(wire.translation.frame(s2s.InterruptionFrame("user")))
    wire.client(event("conversation.item.delete", item_id=wire.of("response.done")[0]["response"]["output"][0]["id"]))
    assert wire.of("conversation.item.deleted")
    assert wire.told()[-1] == s2s.Played(0)


def test_a_response_that_nobody_gives_ends_all_the_same() -> None:
    wire = Wire()
    wire.client(event("response.create"))
    wire.take(wire.translation.engine_said(UserTranscript("u", "", final=True), responding=False, awaited=True))
    assert not wire.of("response.created")
    wire.take(wire.translation.engine_said(UserTranscript("u", "", final=True), responding=False, awaited=False))
    assert [found["response"]["status"] for found in wire.of("response.done")] == ["completed"]
