"""The session's state machine, by hand: responses, and conversations that were begun elsewhere.

The vendor's messages are checked against the types of the `openai` package.
"""

import logging

import pytest

from speko.providers.s2s import (
    AnswerTool,
    AssistantSaid,
    AssistantText,
    Configure,
    CorrectHeard,
    ResponseDone,
    ResponseStarted,
    ResponseUsage,
    Say,
    StopResponse,
    ToolAnswered,
    ToolCalled,
    UserSaid,
)
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import SECOND, Talk
from tests.providers.openai_realtime.vendor import request

# ---- a response


def test_a_response() -> None:
    talk = Talk()
    told = talk.vendor(
        e.created(),
        e.spoken("Good "),
        e.audio(b"\x01\x00\x02\x00"),
        e.spoken("day."),
        e.audio(b"\x03\x00"),
        e.event("response.output_audio.done", response_id="resp_1", item_id="item_1", output_index=0,
                content_index=0),
        e.spoken_done("Good day."),
        e.done(usage=e.usage(input=100, output=50, input_audio=80, output_audio=40, cached=64, cached_audio=32)),
    )  # fmt: skip
    report = ResponseUsage("resp_1", 100, 50, 80, 40, 64, 32)
    assert told == [
        ResponseStarted("resp_1"),
        AssistantText("resp_1", "Good "),
        ("resp_1", b"\x01\x00\x02\x00"),
        AssistantText("resp_1", "day."),
        ("resp_1", b"\x03\x00"),
        report,
        ResponseDone("resp_1", "completed"),
    ]
    assert talk.sent == []


def test_usage_adds_up() -> None:
    talk = Talk()
    talk.user(500)
    for number in (1, 2):
        talk.vendor(
            e.created(f"r{number}"),
            e.audio(SECOND, f"r{number}"),
            e.done(f"r{number}", usage=e.usage(input=10, output=5, input_audio=8, output_audio=4, cached=6,
                                               cached_audio=3)),
        )  # fmt: skip
    assert (talk.usage.input_tokens, talk.usage.output_tokens, talk.usage.cached_tokens) == (20, 10, 12)
    assert talk.usage.input_audio_tokens == 16
    assert talk.usage.output_audio_tokens == 8
    assert talk.usage.cached_audio_tokens == 6
    assert talk.usage.audio_ms == 2500


@pytest.mark.parametrize(
    "reported",
    [{"input": -100, "output": 5}, {"input": 5, "output": 2**63}, {"input": 9, "output": 9, "input_audio": -1}],
)
def test_usage_that_cannot_be_true_is_none(reported: dict[str, int]) -> None:
    talk = Talk()
    told = talk.vendor(e.created(), e.audio(SECOND), e.done(usage=e.usage(**reported)))
    assert [used for used in told if isinstance(used, ResponseUsage)] == [ResponseUsage("resp_1")]
    assert (talk.usage.input_tokens, talk.usage.output_tokens) == (0, 0)


def test_an_interrupted_response_reports_its_usage() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND))
    talk.do(StopResponse("resp_1", 300, ""))
    told = talk.vendor(e.done(status="cancelled", usage=e.usage(input=7, output=3)))
    assert told == [ResponseUsage("resp_1", 7, 3), ResponseDone("resp_1", "cancelled")]


@pytest.mark.parametrize("status", ["completed", "cancelled", "incomplete"])
def test_how_a_response_ends(status: str) -> None:
    assert Talk().vendor(e.created(), e.done(status=status))[-1] == ResponseDone("resp_1", status)  # type: ignore[arg-type]


def test_written_words_are_words() -> None:
    assert Talk().vendor(e.created(), e.written("Hi"))[1:] == [AssistantText("resp_1", "Hi")]


def test_words_that_come_only_when_the_item_is_complete() -> None:
    told = Talk().vendor(e.created(), e.spoken_done("All of it."), e.spoken("All of it."))
    assert told[1] == AssistantText("resp_1", "All of it.")


def test_the_words_of_two_items_do_not_run_together() -> None:
    told = Talk().vendor(
        e.created(), e.spoken("Let me", item="a"), e.spoken(" see.", item="a"), e.spoken("It is", item="b"),
        e.spoken(" six.", item="b"), e.spoken_done("It is six.", item="b"), e.spoken_done("Good?", item="c"),
    )  # fmt: skip
    assert "".join(entry.delta for entry in told[1:]) == "Let me see. It is six. Good?"


def test_half_samples_wait_for_the_other_half() -> None:
    told = Talk().vendor(e.created(), e.audio(b"\x01"), e.audio(b"\x02\x03\x04"), e.audio(b"\x05"), e.audio(b"\x06"))
    assert told[1:] == [("resp_1", b"\x01\x02\x03\x04"), ("resp_1", b"\x05\x06")]
    told = Talk().vendor(e.created(), e.audio(b"\x01\x02\x03"), e.audio(b"\x04\x05"), e.audio(b"\x06"))
    assert told[1:] == [("resp_1", b"\x01\x02"), ("resp_1", b"\x03\x04"), ("resp_1", b"\x05\x06")]


# ---- odd orders


def test_a_response_that_is_never_announced() -> None:
    told = Talk().vendor(e.audio(b"\x01\x00"), e.created(), e.spoken("Hi"), e.done())
    assert told == [
        ResponseStarted("resp_1"), ("resp_1", b"\x01\x00"), AssistantText("resp_1", "Hi"),
        ResponseDone("resp_1", "completed"),
    ]  # fmt: skip


def test_an_end_without_a_beginning() -> None:
    assert Talk().vendor(e.done()) == [ResponseStarted("resp_1"), ResponseDone("resp_1", "completed")]


def test_nothing_after_the_end() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.done())
    assert talk.vendor(e.spoken("late"), e.audio(b"\x01\x00"), e.spoken_done("late"), e.created(), e.done()) == []
    assert talk.vendor(e.arguments("c1", "look", "{}")) == []


def test_a_response_that_the_vendor_forgets_to_end() -> None:
    talk = Talk()
    told = talk.vendor(e.created("a"), e.audio(b"\x01\x00", "a"), e.created("b"), e.audio(b"\x02\x00", "b"))
    assert told[2:] == [ResponseDone("a", "incomplete"), ResponseStarted("b"), ("b", b"\x02\x00")]
    late = talk.vendor(e.audio(b"\x03\x00", "a"), e.done("a", usage=e.usage(input=1, output=2)))
    assert late == [ResponseUsage("a", 1, 2)]
    assert talk.vendor(e.done("b")) == [ResponseDone("b", "completed")]


def test_many_responses_are_not_kept_for_ever() -> None:
    talk = Talk()
    for number in range(100):
        talk.vendor(e.created(f"r{number}"), e.audio(SECOND, f"r{number}"), e.done(f"r{number}"))
    assert talk.do(CorrectHeard("r99", 10, "")) != []
    assert talk.do(CorrectHeard("r0", 10, "")) == []


# ---- the conversation so far

HISTORY = (
    UserSaid("Hello"),
    AssistantSaid("Good day."),
    UserSaid("Weather?"),
    ToolCalled("c1", "look", '{"a":1}'),
    ToolAnswered("c1", "12 degrees"),
)


def test_history_becomes_items() -> None:
    talk = Talk(request(history=HISTORY))
    assert [message["item"] for message in talk.sent] == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Good day."}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "12 degrees"},
    ]


def test_an_answer_is_continued_in_the_middle() -> None:
    history = (UserSaid("Tell me"), AssistantSaid("Once upon"))
    talk = Talk(request(history=history, continue_answer=True, system_prompt="You are a bard."))
    create = talk.sent[-1]
    assert create["type"] == "response.create"
    instructions = create["response"]["instructions"]
    assert instructions.startswith("You are a bard.\n\n")  # they replace those of the session
    assert "Go on exactly after its last word" in instructions
    talk.do(Say("Hurry"))
    assert talk.kinds() == ["conversation.item.create"]  # one response is due


def test_a_question_that_was_not_answered_is() -> None:
    talk = Talk(request(history=HISTORY, continue_answer=True))
    assert talk.kinds()[5:] == ["response.create"]
    assert "response" not in talk.sent[-1]
    assert Talk(request(continue_answer=True)).kinds() == ["response.create"]


def test_without_being_told_nothing_is_answered() -> None:
    assert "response.create" not in Talk(request(history=HISTORY)).kinds()


def test_tools_in_flight_are_answered_to_the_next_engine() -> None:
    talk = Talk(request(history=HISTORY[:4], continue_answer=True))
    assert "response.create" not in talk.kinds()
    talk.do(AnswerTool("c1", "12 degrees"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]


# ---- neither a turn nor a response


def test_other_instructions_are_sent_once_and_change_nothing_else() -> None:
    talk = Talk(request(system_prompt="Be brief.", voice="marin"))
    (update,) = talk.do(Configure("Be long."))
    assert update["session"] == {"type": "realtime", "instructions": "Be long.", "tools": []}
    assert talk.do(Configure("Be long.")) == []
    assert talk.vendor(e.session("session.updated")) == []
    assert [message["type"] for message in talk.do(Say("Hi"))] == ["conversation.item.create", "response.create"]


def test_rate_limits_are_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    limits = [{"name": "tokens", "limit": 1000, "remaining": 990, "reset_seconds": 0.5}]
    with caplog.at_level(logging.DEBUG):
        assert Talk().vendor(e.event("rate_limits.updated", rate_limits=limits)) == []
    assert [getattr(record, "tokens_left", None) for record in caplog.records] == [990]


def test_a_muted_conversation_is_silent() -> None:
    talk = Talk()
    talk.state.mute()
    assert talk.vendor(e.created(), e.audio(SECOND), e.spoken("Hi"), e.done(usage=e.usage(input=1))) == []
    assert talk.usage.input_tokens == 1
