"""The session's state machine: whose turn it is, found by the vendor, ended by the client, or typed."""

import msgspec

from speko.providers.openai_realtime.server_events import Session
from speko.providers.s2s import (
    Clear,
    Commit,
    EngineProblem,
    ResponseDone,
    ResponseStarted,
    Say,
    SpeechStarted,
    SpeechStopped,
    StopResponse,
    UserTranscript,
)
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import SECOND, Talk

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
    talk.state.begin(msgspec.convert(session, Session))
    talk.user(2000)
    assert talk.vendor(e.speech_started(1000), e.speech_stopped(1800)) == [SpeechStarted(900), SpeechStopped(400)]


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
