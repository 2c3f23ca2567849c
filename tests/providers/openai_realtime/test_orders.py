"""Random orders: of everything a server can say, and of messages that cross each other."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from speko.providers.s2s import (
    AnswerTool,
    AssistantText,
    Clear,
    Commit,
    Configure,
    CorrectHeard,
    EngineProblem,
    ResponseDone,
    ResponseStarted,
    Say,
    StopResponse,
    ToolRequested,
)
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import Talk
from tests.providers.openai_realtime.vendor_model import VendorModel, _Keeping

RESPONSES = st.sampled_from(["r1", "r2", "r3"])
ITEMS = st.sampled_from(["i1", "i2"])
CALLS = st.sampled_from(["c1", "c2"])
MS = st.integers(0, 5000)
SAID = st.one_of(
    st.builds(e.speech_started, MS),
    st.builds(e.speech_stopped, MS),
    st.builds(e.transcript_delta, st.text(max_size=5), ITEMS),
    st.builds(e.transcript, st.text(max_size=5), ITEMS),
    st.builds(e.transcript_failed, ITEMS),
    st.builds(e.created, RESPONSES),
    st.builds(e.audio, st.binary(max_size=200), RESPONSES, ITEMS),
    st.builds(e.spoken, st.text(max_size=5), RESPONSES, ITEMS),
    st.builds(e.spoken_done, st.text(max_size=5), RESPONSES, ITEMS),
    st.builds(e.arguments, CALLS, st.just("look"), st.just("{}"), RESPONSES),
    st.builds(lambda call, response: e.item_done(e.call_item(call, "look", "{}"), response), CALLS, RESPONSES),
    st.builds(e.done, RESPONSES, st.sampled_from(["completed", "cancelled", "incomplete"])),
    st.builds(lambda event_id: e.error("Odd", event_id=event_id), st.sampled_from(["respond_1", "commit_2", None])),
    st.just(e.error("x", code="conversation_already_has_active_response")),
)
DONE = st.one_of(
    st.just(Commit()),
    st.just(Clear()),
    st.builds(Say, st.text(max_size=5)),
    st.builds(Configure, st.none() | st.text(max_size=5)),
    st.builds(StopResponse, RESPONSES, MS, st.just("")),
    st.builds(CorrectHeard, RESPONSES, MS, st.just("")),
    st.builds(AnswerTool, CALLS, st.text(max_size=5), st.booleans()),
    st.builds(bytes, st.integers(0, 100_000)),
)


@given(st.lists(st.one_of(SAID, DONE), max_size=60))
@settings(max_examples=300)
def test_whatever_a_server_says(steps: list[Any]) -> None:
    talk = Talk()
    talk.told = kept = _Keeping()
    stopped: set[str] = set()
    cuts: dict[str, int] = {}
    for step in steps:
        if isinstance(step, dict):
            talk.vendor(step)
        elif isinstance(step, bytes):
            talk.user(len(step) // 48)
        else:
            sent = talk.do(step)
            for message in sent:
                if message["type"] == "conversation.item.truncate":
                    place = f"{step.response} {message['item_id']}"
                    assert message["audio_end_ms"] <= cuts.get(place, 10**9)
                    cuts[place] = message["audio_end_ms"]
            if isinstance(step, StopResponse):
                stopped.add(step.response)
                mark = len(kept.all)
                kept.all.append(("mark", step.response, mark))
    assert talk.errors == []
    check_responses(kept.all)


def check_responses(told: list[Any]) -> None:
    """At most one response in flight; everything of one between its beginning and its end; one end each."""
    active: str | None = None
    begun: set[str] = set()
    ended: set[str] = set()
    silenced: set[str] = set()
    calls = Counter[tuple[str, str]]()
    for entry in told:
        if isinstance(entry, ResponseStarted):
            assert active is None
            assert entry.response not in begun
            active = entry.response
            begun.add(active)
        elif isinstance(entry, ResponseDone):
            assert active == entry.response
            ended.add(active)
            active = None
        elif isinstance(entry, AssistantText | ToolRequested):
            assert active == entry.response
            assert entry.response not in silenced
            if isinstance(entry, ToolRequested):
                calls[entry.response, entry.call_id] += 1
        elif isinstance(entry, tuple) and entry[0] == "mark":
            if entry[1] in begun:
                silenced.add(entry[1])
        elif isinstance(entry, tuple):
            assert active == entry[0]
            assert entry[0] not in silenced
            assert len(entry[1]) % 2 == 0
    assert all(count == 1 for count in calls.values())


@given(st.data())
@settings(max_examples=400)
def test_everything_is_answered_once_however_messages_cross(data: st.DataObject) -> None:
    model = VendorModel(confirms=True)
    for _ in range(data.draw(st.integers(0, 30))):
        getattr(model, data.draw(st.sampled_from(model.possible())))()
    model.settle()
    assert model.unanswered == 0
    assert model.answers_to_nothing == 0
    assert model.talk.errors == []
    told = model.talk.told.all  # type: ignore[attr-defined]
    assert not [entry for entry in told if isinstance(entry, EngineProblem)]
    check_responses(told)


@given(st.data())
def test_nothing_is_asked_twice_of_a_vendor_that_confirms_nothing(data: st.DataObject) -> None:
    model = VendorModel(confirms=False)
    for _ in range(data.draw(st.integers(0, 30))):
        getattr(model, data.draw(st.sampled_from(model.possible())))()
    model.settle()
    assert model.talk.errors == []
    check_responses(model.talk.told.all)  # type: ignore[attr-defined]
