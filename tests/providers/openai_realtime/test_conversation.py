"""The session's state machine, by hand; the vendor's messages are checked against the types of the `openai` package."""

import logging
from typing import Any

import msgspec
import pytest

from speko.providers.errors import ConnectionLost, CredentialRejected, ProviderUnavailable, QuotaExceeded, RateLimited
from speko.providers.s2s import (
    AnswerTool,
    AssistantSaid,
    AssistantText,
    Clear,
    Commit,
    Configure,
    CorrectHeard,
    EngineProblem,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    ResponseUsage,
    Say,
    SpeechStarted,
    SpeechStopped,
    StopResponse,
    ToolAnswered,
    ToolCalled,
    ToolRequested,
    UserSaid,
    UserTranscript,
)
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import Talk
from tests.providers.openai_realtime.vendor import KEY, request

SECOND = bytes(48_000)


# ---- the user speaks


def test_a_turn_that_the_vendor_finds() -> None:
    talk = Talk()
    talk.user(2000)
    assert talk.vendor(e.speech_started(1100)) == [SpeechStarted(600)]  # 1100 is 300 ms before the speech
    talk.user(1000)
    assert talk.vendor(e.speech_stopped(2900)) == [SpeechStopped(600)]  # 2900 is 500 ms after the speech
    assert talk.vendor(e.event("input_audio_buffer.committed", item_id="item_user")) == []
    assert talk.vendor(e.created()) == [ResponseStarted("resp_1")]
    assert talk.sent == []


def test_padding_and_silence_are_those_of_the_session() -> None:
    talk = Talk()
    session = e.session("session.updated", prefix_padding_ms=100, silence_duration_ms=200)["session"]
    talk.state.begin(msgspec.convert(session, type(decoded_session())))
    talk.user(2000)
    assert talk.vendor(e.speech_started(1000), e.speech_stopped(1800)) == [SpeechStarted(900), SpeechStopped(400)]


def decoded_session() -> Any:
    from speko.providers.openai_realtime.server_events import Session

    return Session()


def test_speech_of_the_future_was_just_now() -> None:
    talk = Talk()
    talk.user(100)
    assert talk.vendor(e.speech_started(5000), e.speech_stopped(9000)) == [SpeechStarted(0), SpeechStopped(0)]


def test_transcripts_are_cumulative_and_may_finish_out_of_order() -> None:
    talk = Talk()
    assert talk.vendor(
        e.transcript_delta("Hello", "a"),
        e.transcript_delta("What", "b"),
        e.transcript_delta(" there", "a"),
        e.transcript("What is it?", "b"),
        e.transcript("Hello there.", "a"),
    ) == [
        UserTranscript("a", "Hello", final=False),
        UserTranscript("b", "What", final=False),
        UserTranscript("a", "Hello there", final=False),
        UserTranscript("b", "What is it?", final=True),
        UserTranscript("a", "Hello there.", final=True),
    ]


def test_an_empty_transcript_is_none() -> None:
    assert Talk().vendor(e.transcript_delta(""), e.transcript(" ")) == []


def test_what_was_heard_of_a_failed_transcript_is_final() -> None:
    told = Talk().vendor(e.transcript_delta("Hel", "a"), e.transcript_failed("a"), e.transcript_failed("b"))
    assert told[1] == UserTranscript("a", "Hel", final=True)
    assert [type(entry) for entry in told[2:]] == [EngineProblem, EngineProblem]


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


# ---- interruptions


def test_stopping_a_response_cuts_it_to_what_was_heard() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND), e.audio(SECOND))
    cancel, truncate = talk.do(StopResponse("resp_1", 1200, "Good"))
    assert cancel["type"] == "response.cancel"
    assert cancel["response_id"] == "resp_1"
    assert truncate["type"] == "conversation.item.truncate"
    assert (truncate["item_id"], truncate["content_index"], truncate["audio_end_ms"]) == ("item_1", 0, 1200)
    assert talk.vendor(e.audio(SECOND), e.spoken("more")) == []
    assert talk.vendor(e.done(status="cancelled")) == [ResponseDone("resp_1", "cancelled")]


def test_stopping_what_the_vendor_has_finished_only_cuts_it() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND), e.done())
    talk.do(StopResponse("resp_1", 400, ""))
    assert talk.kinds() == ["conversation.item.truncate"]


def test_nothing_is_cut_from_what_was_heard_to_its_end() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND), e.done())
    assert talk.do(StopResponse("resp_1", 1000, "")) == []
    assert talk.do(StopResponse("resp_1", 5000, "")) == []


def test_a_cut_is_never_beyond_what_was_sent() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND))
    _, truncate = talk.do(StopResponse("resp_1", 5000, ""))
    assert truncate["audio_end_ms"] == 1000


def test_stopping_before_the_first_sound_cuts_nothing() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.spoken("Good"))
    talk.do(StopResponse("resp_1", 0, ""))
    assert talk.kinds() == ["response.cancel"]


def test_a_correction_only_goes_down() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND))
    talk.do(StopResponse("resp_1", 500, ""))
    assert talk.do(CorrectHeard("resp_1", 800, "")) == []
    (truncate,) = talk.do(CorrectHeard("resp_1", 200, ""))
    assert truncate["audio_end_ms"] == 200
    assert talk.do(CorrectHeard("resp_1", 200, "")) == []


def test_a_response_of_several_items_is_cut_in_each() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND, item="a"), e.audio(SECOND, item="b"), e.audio(SECOND, item="c"), e.done())
    cuts = talk.do(StopResponse("resp_1", 1500, ""))
    assert [(cut["item_id"], cut["audio_end_ms"]) for cut in cuts] == [("b", 500), ("c", 0)]
    cuts = talk.do(CorrectHeard("resp_1", 900, ""))
    assert [(cut["item_id"], cut["audio_end_ms"]) for cut in cuts] == [("a", 900), ("b", 0)]


def test_unknown_responses_are_not_stopped() -> None:
    assert Talk().do(StopResponse("resp_9", 10, ""), CorrectHeard("resp_9", 5, ""), PlayedSoFar(10)) == []


# ---- turns that the client ends


def test_a_commit_asks_for_a_response() -> None:
    talk = Talk()
    talk.user(800)
    talk.do(Commit())
    assert talk.kinds() == ["input_audio_buffer.commit", "response.create"]


def test_a_commit_without_audio_is_nothing() -> None:
    talk = Talk()
    assert talk.do(Commit()) == []
    talk.user(800)
    talk.do(Commit())
    assert talk.do(Commit()) == []


def test_a_commit_while_the_vendor_hears_speech_ends_the_turn() -> None:
    talk = Talk()
    talk.user(800)
    talk.vendor(e.speech_started(100))
    talk.do(Commit())
    assert talk.kinds() == ["input_audio_buffer.commit", "response.create"]


def test_a_commit_after_the_vendor_has_found_the_end_is_nothing() -> None:
    talk = Talk()
    talk.user(2000)
    talk.vendor(e.speech_started(0), e.speech_stopped(1900))
    assert talk.do(Commit()) == []
    talk.vendor(e.created())
    talk.user(200)
    assert talk.do(Commit()) == []


def test_a_second_turn_during_a_response_is_answered_after_it() -> None:
    talk = Talk()
    talk.user(2000)
    talk.vendor(e.speech_started(0), e.speech_stopped(1900), e.created(), e.audio(SECOND))
    talk.user(3000)
    talk.do(StopResponse("resp_1", 300, ""), Commit())
    assert talk.kinds() == ["response.cancel", "conversation.item.truncate", "input_audio_buffer.commit"]
    talk.vendor(e.done(status="cancelled"))
    assert talk.kinds()[3:] == ["response.create"]


def test_a_commit_that_crosses_the_vendors_own_turn() -> None:
    """The vendor finds the end of the turn at the same moment: one response, no complaint."""
    talk = Talk()
    talk.user(2000)
    commit, create = talk.do(Commit())
    told = talk.vendor(
        e.speech_started(0),
        e.speech_stopped(1900),
        e.created(),
        e.error("Error committing input audio buffer: buffer too small.", code="input_audio_buffer_commit_empty",
                event_id=commit["event_id"]),
        e.error("Conversation already has an active response in progress: resp_1.",
                code="conversation_already_has_active_response", event_id=create["event_id"]),
        e.done(),
    )  # fmt: skip
    assert [type(entry) for entry in told] == [SpeechStarted, SpeechStopped, ResponseStarted, ResponseDone]
    assert talk.kinds() == ["input_audio_buffer.commit", "response.create"]


def test_clear_forgets_the_audio() -> None:
    talk = Talk()
    talk.user(500)
    talk.do(Clear())
    assert talk.kinds() == ["input_audio_buffer.clear"]
    assert talk.do(Commit()) == []


def test_typed_text_is_answered() -> None:
    talk = Talk()
    item, _ = talk.do(Say("What time is it?"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]
    assert item["item"] == {
        "id": item["item"]["id"],
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "What time is it?"}],
    }


def test_typed_text_during_a_response_is_answered_after_it() -> None:
    talk = Talk()
    talk.vendor(e.created())
    talk.do(Say("Wait"))
    assert talk.kinds() == ["conversation.item.create"]
    talk.vendor(e.done())
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_typed_text_is_asked_about_again_when_another_response_came_first() -> None:
    talk = Talk()
    _, create = talk.do(Say("Wait"))
    told = talk.vendor(
        e.created("auto"),
        e.error("Conversation already has an active response", code="conversation_already_has_active_response",
                event_id=create["event_id"]),
    )  # fmt: skip
    assert told == [ResponseStarted("auto")]
    talk.vendor(e.done("auto"))
    assert talk.kinds() == ["conversation.item.create", "response.create", "response.create"]


# ---- tools


def test_a_tool_call_is_asked_for_once() -> None:
    talk = Talk()
    item = e.call_item("c1", "look", '{"a":1}')
    told = talk.vendor(
        e.created(), e.arguments("c1", "look", '{"a":1}'), e.item_done(item), e.done(output=[item])
    )  # fmt: skip
    assert told == [
        ResponseStarted("resp_1"), ToolRequested("resp_1", "c1", "look", '{"a":1}'), ResponseDone("resp_1"),
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["item", "end"])
def test_a_tool_call_of_which_only_the_item_comes(way: str) -> None:
    item = e.call_item("c1", "look", "")
    events = [e.created(), e.item_done(item)] if way == "item" else [e.created(), e.done(output=[item])]
    assert Talk().vendor(*events)[1] == ToolRequested("resp_1", "c1", "look", "{}")


def test_an_answered_tool_brings_the_next_response() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    result, _ = talk.do(AnswerTool("c1", "12 degrees"))
    item = result["item"]
    assert (item["type"], item["call_id"], item["output"]) == ("function_call_output", "c1", "12 degrees")
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_the_next_response_waits_for_all_tools_of_the_last() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.arguments("c2", "look", "{}"), e.done())
    talk.do(AnswerTool("c2", "b"))
    assert talk.kinds() == ["conversation.item.create"]
    talk.do(AnswerTool("c1", "a"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_a_tool_that_is_fast_waits_for_the_end_of_the_response() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"))
    talk.do(AnswerTool("c1", "a"))
    assert talk.kinds() == ["conversation.item.create"]
    talk.vendor(e.done())
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_a_tool_that_answers_while_the_user_speaks_waits_for_the_end_of_the_turn() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    talk.user(1000)
    talk.vendor(e.speech_started(0))
    (result,) = talk.do(AnswerTool("c1", "a"))
    talk.vendor(
        e.event("conversation.item.added", item=result["item"]), e.speech_stopped(900), e.created("resp_2"),
        e.done("resp_2"),
    )  # fmt: skip
    assert talk.kinds() == ["conversation.item.create"]


def test_a_tool_that_answers_too_late_for_the_next_response_brings_one_more() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    talk.user(1000)
    talk.vendor(e.speech_started(0))
    (result,) = talk.do(AnswerTool("c1", "a"))
    talk.vendor(
        e.speech_stopped(900), e.created("resp_2"), e.event("conversation.item.added", item=result["item"]),
        e.done("resp_2"),
    )  # fmt: skip
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_a_slow_tool_of_an_earlier_response_holds_up_nobody() -> None:
    talk = Talk()
    talk.vendor(e.created("a"), e.arguments("c1", "look", "{}", "a"), e.done("a"))
    talk.vendor(e.created("b"), e.arguments("c2", "look", "{}", "b"), e.done("b"))
    talk.do(AnswerTool("c2", "b"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]


def test_a_tool_is_answered_once() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    talk.do(AnswerTool("c1", "a"))
    assert talk.do(AnswerTool("c1", "a"), AnswerTool("c9", "a")) == []


@pytest.mark.parametrize(("output", "told"), [("", "The tool failed."), ("no net", "The tool failed: no net")])
def test_a_failed_tool_says_so(output: str, told: str) -> None:
    talk = Talk()
    talk.vendor(e.created(), e.arguments("c1", "look", "{}"), e.done())
    result, _ = talk.do(AnswerTool("c1", output, failed=True))
    assert result["item"]["output"] == told


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


# ---- errors


def test_a_complaint_is_passed_on_without_words() -> None:
    talk = Talk(request(system_prompt="Our secret is the green frog of Kent"))
    told = talk.vendor(e.error(f"Bad value 'the green frog of Kent' with {KEY} in audio.output", param="session"))
    (problem,) = told
    assert isinstance(problem, EngineProblem)
    assert "frog" not in problem.message
    assert KEY not in problem.message


def test_other_instructions_are_sent_once_and_change_nothing_else() -> None:
    talk = Talk(request(system_prompt="Be brief.", voice="marin"))
    (update,) = talk.do(Configure("Be long."))
    assert update["session"] == {"type": "realtime", "instructions": "Be long."}
    assert talk.do(Configure("Be long.")) == []
    assert talk.vendor(e.session("session.updated")) == []
    assert [message["type"] for message in talk.do(Say("Hi"))] == ["conversation.item.create", "response.create"]


def test_instructions_that_are_refused_are_told_and_not_repeated() -> None:
    talk = Talk(request(system_prompt="you are Ada Lovelace of London"))
    (update,) = talk.do(Configure("you are Grace Hopper of New York"))
    (problem,) = talk.vendor(e.error("cannot be: you are Grace Hopper of New York", event_id=update["event_id"]))
    assert problem.message.startswith("other instructions and tools were not taken")
    assert "Grace" not in problem.message
    (late,) = talk.vendor(e.error("you are Ada Lovelace of London is odd"))
    assert "Ada" not in late.message


def test_what_was_said_later_is_not_repeated_either() -> None:
    talk = Talk()
    talk.do(Say("my name is Ada Lovelace of London"))
    (problem,) = talk.vendor(e.error("cannot read my name is Ada Lovelace of London now"))
    assert "Ada" not in problem.message


@pytest.mark.parametrize(
    "error",
    [
        e.error("Cancellation failed: no active response found", code="response_cancel_not_active"),
        e.error("Error committing input audio buffer: the buffer is empty."),
        e.error("Audio content of 500ms is already shorter than 800ms"),
        e.error("Item not found", code="item_not_found", event_id="truncate_12"),
    ],
    ids=["cancel", "commit without a code", "truncate", "by id"],
)
def test_what_came_late_is_no_complaint(error: e.Event) -> None:
    talk = Talk()
    assert talk.vendor(error) == []
    assert talk.errors == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (e.error("Your session hit the maximum duration of 60 minutes.", code="session_expired"), ConnectionLost),
        (e.error("You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"),
         QuotaExceeded),
        (e.error("Incorrect API key", code="invalid_api_key"), CredentialRejected),
    ],
    ids=["expired", "quota", "key"],
)  # fmt: skip
def test_errors_that_end_the_session(error: e.Event, kind: type[Exception]) -> None:
    talk = Talk()
    assert talk.vendor(error, e.created()) == []
    (lost,) = talk.errors
    assert isinstance(lost, kind)


def test_a_server_error_ends_the_session_only_while_somebody_waits() -> None:
    error = e.error("The server had an error while processing your request", type="server_error")
    talk = Talk()
    assert [type(entry) for entry in talk.vendor(error)] == [EngineProblem]
    talk.vendor(e.created())
    talk.vendor(error)
    assert [type(lost) for lost in talk.errors] == [ProviderUnavailable]


def test_a_refused_response_does_not_hold_up_the_next() -> None:
    talk = Talk()
    _, create = talk.do(Say("one"))
    assert [type(entry) for entry in talk.vendor(e.error("Bad tools", event_id=create["event_id"]))] == [EngineProblem]
    talk.do(Say("two"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ({"type": "insufficient_quota", "code": "insufficient_quota", "message": "no money"}, QuotaExceeded),
        ({"type": "tokens", "code": "rate_limit_exceeded", "message": "Rate limit reached"}, RateLimited),
        ({"type": "server_error", "message": "The server had an error"}, ProviderUnavailable),
    ],
    ids=["quota", "rate", "server"],
)
def test_a_failed_response_loses_an_engine_that_cannot_answer(why: dict[str, str], kind: type[Exception]) -> None:
    talk = Talk()
    told = talk.vendor(e.created(), e.failed(**why))
    assert told == [ResponseStarted("resp_1")]
    assert [type(lost) for lost in talk.errors] == [kind]


def test_a_failed_response_without_a_reason_loses_the_engine() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.done(status="failed"))
    assert [type(lost) for lost in talk.errors] == [ProviderUnavailable]


@pytest.mark.parametrize(("tokens", "told"), [(0, False), (7, True)], ids=["nothing", "its input"])
def test_a_failed_response_is_booked_if_it_used_anything(tokens: int, told: bool) -> None:
    talk = Talk()
    events = talk.vendor(e.created(), e.done(status="failed", usage=e.usage(input=tokens)))
    assert any(isinstance(event, ResponseUsage) for event in events) is told


def test_a_failed_response_that_another_engine_would_fail_too_only_fails() -> None:
    talk = Talk()
    told = talk.vendor(e.created(), e.failed(type="invalid_request_error", message="context length exceeded"))
    assert [type(entry) for entry in told] == [ResponseStarted, EngineProblem, ResponseDone]
    assert told[-1].status == "failed"
    assert talk.errors == []


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
