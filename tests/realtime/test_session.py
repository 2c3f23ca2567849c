"""The beginning of a session, its frames, its clocks and its end."""

import pytest

from speko.events.s2s import (
    EndFrame,
    EndReason,
    ErrorFrame,
    ServerToolCallFrame,
    TranscriptFrame,
    TurnFrame,
    UsageFrame,
)
from speko.providers.s2s import (
    AgentEnded,
    AssistantText,
    Clear,
    Commit,
    EngineProblem,
    ResponseDone,
    ResponseStarted,
    ResponseUsage,
    Say,
    ServerTool,
    StopResponse,
    UserTranscript,
)
from speko.realtime.actions import Close, Connect
from tests.realtime.sessions import MANUAL, OWNER, READY, Talking

# ---- before the engine is there


def test_the_first_socket_asks_for_an_engine_and_ready_comes_with_it() -> None:
    talk = Talking(ready=None)
    assert talk.connects == [Connect((), False)]
    assert talk.frames == []
    talk.ready()
    assert talk.frames == [READY]


def test_a_second_engine_that_reports_ready_is_none_of_ours() -> None:
    talk = Talking()
    talk.ready(OWNER)
    assert talk.frames == [READY]


def test_early_audio_and_frames_reach_the_engine_in_their_order() -> None:
    talk = Talking(ready=None)
    talk.commit()  # of nothing
    talk.speak(100)
    talk.commit()
    talk.speak(50)
    talk.send("user_message", text="typed")
    talk.send_raw(b"{")
    assert talk.frames == []
    talk.ready()
    assert talk.heard == list(range(150))
    assert talk.told == [Commit(), Say("typed")]
    assert talk.frames[0] == READY
    assert talk.errors() == ["INVALID_FRAME"]
    talk.speak(10)
    assert talk.heard == list(range(160))


def test_early_audio_that_was_cleared_is_not_heard() -> None:
    talk = Talking(ready=None)
    talk.speak(100)
    talk.send("control", action="clear")
    talk.speak(50)
    talk.commit()
    talk.ready()
    assert talk.heard == list(range(100, 150))
    assert talk.told == [Clear(), Commit()]


@pytest.mark.parametrize(("count", "size"), [(1001, 1), (30, 10_000)])
def test_too_many_early_frames_end_the_session(count: int, size: int) -> None:
    talk = Talking(ready=None)
    for _ in range(count):
        talk.send("user_message", text="x" * size)
    assert [type(frame) for frame in talk.frames] == [ErrorFrame]
    assert talk.closed == Close(1008, "flood")


def test_an_engine_that_cannot_be_connected_is_the_first_frame() -> None:
    talk = Talking(ready=None)
    talk.speak()
    talk.carry_out(talk.session.no_engine("acme: no such model", talk.now))
    assert talk.frames == [ErrorFrame("S2S_PROVIDER_CONNECT_FAILED", "acme: no such model")]
    assert talk.closed == Close(1011, "Provider connect failed")


def test_an_end_before_ready_says_first_that_the_session_never_started() -> None:
    talk = Talking(ready=None)
    talk.carry_out(talk.session.end("server_shutdown", talk.now))
    assert [type(frame) for frame in talk.frames] == [ErrorFrame, EndFrame]
    assert talk.closed == Close(1001, "server_shutdown")


# ---- frames of the client


def test_a_commit_of_nothing_is_nothing() -> None:
    talk = Talking()
    talk.commit()
    assert talk.told == []
    talk.speak()
    talk.commit()
    talk.commit()
    assert talk.told == [Commit()]
    talk.speak()
    talk.send("control", action="end_turn")
    assert talk.told == [Commit(), Commit()]


def test_cleared_audio_cannot_be_committed() -> None:
    talk = Talking()
    talk.speak()
    talk.send("control", action="clear")
    talk.commit()
    assert talk.told == [Clear()]


def test_engines_that_own_their_turns_hear_of_a_commit_too() -> None:
    talk = Talking(ready=OWNER)
    talk.speak()
    talk.commit()
    assert talk.told == [Commit()]


def test_typed_text_is_said() -> None:
    talk = Talking()
    talk.send("user_message", text="Hello")
    talk.send("user_message", text="  ")
    assert talk.told == [Say("Hello")]


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b'{"t":"nope"}', b'{"t":"control","action":"x"}', b"\xff", b'{"t":"played"}']
)
def test_a_bad_frame_is_an_error_and_the_session_goes_on(text: bytes) -> None:
    talk = Talking()
    talk.send_raw(text)
    assert talk.errors() == ["INVALID_FRAME"]
    assert talk.closed is None


def test_half_a_sample_is_refused() -> None:
    talk = Talking()
    talk.speak_raw(b"\0" * 3)
    assert talk.heard == []
    assert talk.errors() == ["INVALID_FRAME"]
    talk.commit()
    assert talk.told == []


def test_more_than_fifty_bad_frames_close_the_socket() -> None:
    talk = Talking()
    for number in range(51):
        assert talk.closed is None
        talk.send_raw(b"{") if number % 2 else talk.speak_raw(b"\0")
    assert talk.errors() == ["INVALID_FRAME"] * 51
    assert talk.closed == Close(1008, "flood")


# ---- what the engine tells


def test_transcripts_of_the_user_are_cumulative_never_empty_and_final_once() -> None:
    talk = Talking()
    for text, final in [
        ("", False),
        ("Hel", False),
        ("Hello", False),
        ("Hello!", True),
        ("Hello?", True),
        ("H", False),
    ]:
        talk.event(UserTranscript("u", text, final))
    assert talk.transcripts("user") == [("Hel", False), ("Hello", False), ("Hello!", True)]
    assert [(said.role, said.text) for said in talk.spoken()] == [("user", "Hello!")]


def test_an_answer_from_its_start_to_its_end() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"))
    for delta in ("Good ", "", "day"):
        talk.event(AssistantText("r", delta))
    talk.sound("r", 1000)
    talk.event(ResponseDone("r"))
    assert talk.transcripts() == [("Good ", False), ("Good day", False), ("Good day", True)]
    talk.wait(0.999)
    assert "response_done" not in talk.stages()
    talk.wait(0.001)
    assert talk.stages() == {"first_audio": 0, "response_done": 1000}
    assert [(said.text, said.latency_status) for said in talk.spoken()] == [("Good day", "complete")]
    assert talk.played == list(range(1000))


def test_what_comes_after_the_end_or_of_nobody_is_dropped() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), ResponseDone("r"))
    talk.new()
    talk.event(ResponseStarted("r"), AssistantText("r", "late"), ResponseDone("r"), AssistantText("other", "x"))
    talk.sound("r")
    talk.sound("other")
    assert talk.frames == []
    assert talk.played == []


def test_a_response_without_sound_ends_at_once() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), AssistantText("r", "silent"), ResponseDone("r", "incomplete"))
    assert talk.transcripts()[-1] == ("silent", True)
    assert [frame.stage for frame in talk.frames if isinstance(frame, TurnFrame)] == ["response_done"]


@pytest.mark.parametrize("what", ["commit", "typed", "next"])
def test_a_finished_response_ends_when_the_next_turn_begins(what: str) -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"))
    talk.sound("r", 5000)
    talk.event(ResponseDone("r"))
    talk.speak()
    talk.new()
    if what == "commit":
        talk.commit()
    elif what == "typed":
        talk.send("user_message", text="hey")
    else:
        talk.event(ResponseStarted("r2"))
    assert talk.stages()["response_done"] == 0
    talk.wait(10)
    assert sum(isinstance(f, TurnFrame) and f.stage == "response_done" for f in talk.frames) == 1
    assert talk.played == list(range(5000))  # it is heard to its end all the same


def test_problems_usage_and_tools_of_the_engine_are_passed_on() -> None:
    talk = Talking()
    talk.new()
    talk.event(EngineProblem("slow"), ResponseUsage("gone", 5, 6, 3, 4), ServerTool("c", "search", "started"))
    assert talk.frames == [
        ErrorFrame("PROVIDER_ERROR", "slow"),
        UsageFrame(3, 4),
        ServerToolCallFrame("c", "search", "started"),
    ]


# ---- the end


def test_the_time_is_up() -> None:
    talk = Talking(max_duration=60.0)
    talk.wait(59)
    talk.event(ResponseStarted("r"), AssistantText("r", "One two three four"))
    talk.sound("r", 5000)
    talk.new_told()
    talk.new()
    talk.wait(1)
    assert talk.told == [StopResponse("r", 1000, "One two three")]
    assert talk.frames == [
        TranscriptFrame("assistant", "One two three four", True),
        TurnFrame("response_done", 1000, "acme", "voice-1"),
        EndFrame("expired"),
    ]
    assert talk.closed == Close(1000, "expired")
    assert [turn.interrupted for turn in talk.turns()] == [True]
    assert talk.spoken()[-1].latency_status == "interrupted"


def test_expiry_wins_over_the_duration() -> None:
    talk = Talking(expires_at=130.0, max_duration=60.0)
    talk.wait(29.9)
    assert talk.closed is None
    talk.wait(0.1)
    assert talk.frames[-1] == EndFrame("expired")


def test_a_client_that_says_nothing_for_long_is_let_go() -> None:
    talk = Talking(idle_timeout=300.0)
    for _ in range(3):
        talk.wait(299)
        talk.speak(2)
    talk.wait(299)
    talk.send("interrupt")
    talk.wait(299)
    assert talk.closed is None
    talk.wait(1)
    assert talk.frames[-1] == EndFrame("idle_timeout")
    assert talk.closed == Close(1000, "idle_timeout")


@pytest.mark.parametrize(
    ("reason", "code"),
    [("server_shutdown", 1001), ("limit_reached", 1008), ("insufficient_credits", 1008), ("agent_ended", 1000)],
)
def test_the_gateway_ends_a_session_once(reason: EndReason, code: int) -> None:
    talk = Talking()
    talk.new()
    for _ in range(2):
        talk.carry_out(talk.session.end(reason, talk.now))
    assert talk.frames[-1] == EndFrame(reason)
    assert talk.closed == Close(code, reason)
    assert talk.errors() == (["INSUFFICIENT_CREDITS"] if reason == "insufficient_credits" else [])
    assert len(talk.frames) == 1 + len(talk.errors())


def test_after_the_end_there_is_nothing() -> None:
    talk = Talking()
    talk.carry_out(talk.session.end("expired", talk.now))
    session, now = talk.session, talk.now
    assert session.client_audio(b"\0\0", now) is None
    assert session.client_audio(b"\0", now) is None
    assert session.engine_audio("r", b"\0\0", now) is None
    assert not session.has_pending
    assert session.deadline is None
    for actions in (
        session.attached(now),
        session.detached(None, now),
        session.client_text(b"{", now),
        session.engine_event(ResponseStarted("r"), now),
        session.engine_ready("a", "b", MANUAL, now),
        session.no_engine("x", now),
        session.end("expired", now),
        session.tick(now + 1000),
        session.pending(),
    ):
        assert actions == []


def test_a_farewell_is_heard_to_its_end() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), AssistantText("r", "Bye"))
    talk.sound("r", 2000)
    talk.event(AgentEnded())
    talk.wait(1)
    talk.sound("r", 1000)
    talk.event(ResponseDone("r"))
    talk.wait(1.9)
    assert talk.closed is None
    talk.wait(0.1)
    assert talk.frames[-1] == EndFrame("agent_ended")
    assert talk.closed == Close(1000, "agent_ended")
    assert [turn.interrupted for turn in talk.turns()] == [False]


def test_a_farewell_is_bounded_and_needs_no_engine() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"), AgentEnded())
    talk.sound("r", 60_000)
    talk.lose()
    assert len(talk.connects) == 1
    talk.wait(29.9)
    assert talk.closed is None
    talk.wait(0.1)
    assert talk.closed == Close(1000, "agent_ended")


def test_an_agent_that_ends_in_silence_ends_at_once() -> None:
    talk = Talking()
    talk.event(AgentEnded())
    assert talk.closed == Close(1000, "agent_ended")
