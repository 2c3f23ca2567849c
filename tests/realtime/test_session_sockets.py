"""A client that loses its socket and comes back: nothing of the answer is lost, and nothing heard twice."""

import pytest

from speko.events.s2s import EndFrame, InterruptionFrame, Ready, ToolCallFrame, TranscriptFrame, TurnFrame
from speko.providers.s2s import (
    AssistantText,
    EngineProblem,
    Interrupted,
    ResponseDone,
    ResponseStarted,
    SpeechStarted,
    StopResponse,
    ToolRequested,
)
from speko.realtime.actions import Close
from tests.realtime.sessions import OWNER, RATE, READY, Talking


def back(audio_bytes: int = 0, text_frames: int = 0) -> Ready:
    """`ready` of a client that is back, of which so much had come."""
    return Ready(RATE, RATE, audio_bytes, text_frames)


def away(*, finished: bool = False) -> Talking:
    """Two seconds were sent, half a second is heard, and the client is gone."""
    talk = Talking(tools=frozenset({"t"}))
    talk.event(ResponseStarted("r"), AssistantText("r", "alpha bravo carol delta"))
    talk.sound("r", 2000)
    if finished:
        talk.event(ResponseDone("r"))
    talk.wait(0.5)
    talk.detach()
    talk.new()
    talk.played.clear()
    return talk


def test_the_rest_is_sent_again_from_where_the_client_was() -> None:
    talk = away()
    talk.sound("r", 500)
    talk.wait(5)
    assert talk.played == []
    talk.attach()
    assert talk.sockets[-1] == [back()]
    talk.send("played", ms=300)
    assert talk.played == list(range(300, 2500))
    talk.sound("r", 100)
    assert talk.played == list(range(300, 2600))


def test_a_client_that_does_not_say_gets_the_rest_from_where_it_seemed_to_be() -> None:
    talk = away()
    talk.wait(5)
    talk.attach()
    talk.sound("r", 100)  # behind what is kept
    talk.wait(0.49)
    assert talk.played == []
    talk.wait(0.01)
    assert talk.played == list(range(500, 2100))
    talk.sound("r", 100)
    assert talk.played == list(range(500, 2200))


def test_when_all_is_heard_nobody_waits() -> None:
    talk = Talking()
    talk.detach()
    talk.attach()
    talk.event(ResponseStarted("r"))
    talk.sound("r", 100)
    assert talk.played == list(range(100))


def test_first_audio_is_when_it_leaves() -> None:
    talk = Talking()
    talk.detach()
    talk.event(ResponseStarted("r"))
    talk.sound("r", 100)
    talk.wait(2)
    talk.attach()
    assert talk.stages() == {"first_audio": 2000}
    assert talk.played == list(range(100))


def test_nothing_is_heard_while_the_client_is_away() -> None:
    talk = away(finished=True)
    talk.wait(10)
    talk.attach()
    assert talk.frames == [back()]
    talk.wait(0.5)
    talk.wait(1.49)
    assert talk.frames == [back()]
    talk.wait(0.01)
    assert [type(frame) for frame in talk.frames] == [type(READY), TurnFrame]


def test_no_frame_is_dropped_and_ready_goes_first() -> None:
    talk = away()
    talk.event(AssistantText("r", " echo"), AssistantText("r", " foxtrot"), ToolRequested("r", "c", "t", "{}"))
    talk.event(EngineProblem("slow"), ResponseDone("r", "cancelled"))
    assert talk.frames == []
    talk.attach()
    assert talk.frames == [back()]
    talk.wait(0.5)
    assert [type(frame).__name__ for frame in talk.frames[1:]] == [
        "TranscriptFrame",  # the text is cumulative, so one of the two is enough
        "ToolCallFrame",
        "ErrorFrame",
        "TranscriptFrame",
        "InterruptionFrame",
    ]
    assert talk.frames[1] == TranscriptFrame("assistant", "alpha bravo carol delta echo foxtrot", False)
    assert isinstance(talk.frames[2], ToolCallFrame)
    talk.wait(1)
    assert talk.played == []


def test_a_barge_in_meanwhile_cuts_at_what_was_heard_before() -> None:
    talk = away()
    talk.wait(3)
    talk.event(SpeechStarted(0))
    assert talk.told == [StopResponse("r", 500, "alpha")]
    talk.attach()
    talk.send("played", ms=500)
    assert [type(frame) for frame in talk.frames] == [type(READY), TranscriptFrame, InterruptionFrame, TurnFrame]
    talk.event(ResponseStarted("r2"))
    talk.sound("r2", 100)
    assert talk.played == list(range(2000, 2100))


def test_played_is_of_the_response_that_the_client_has_got_something_of() -> None:
    talk = away(finished=True)
    talk.event(ResponseStarted("r2"))
    talk.sound("r2", 1000)
    talk.attach()
    talk.send("played", ms=1500)
    assert talk.played == list(range(1500, 3000))


def test_a_client_that_does_not_come_back_ends_the_session() -> None:
    talk = away(finished=True)
    talk.wait(14.9)
    assert talk.closed is None
    talk.wait(0.1)
    assert talk.closed == Close(1001, "client_lost")
    assert talk.frames == []
    assert talk.told == [StopResponse("r", 500, "alpha")]
    assert [turn.interrupted for turn in talk.turns()] == [True]


@pytest.mark.parametrize("code", [1000, 1001, 1005, 4999])
def test_a_client_that_closes_ends_the_session(code: int) -> None:
    talk = Talking()
    talk.detach(code)
    assert talk.closed == Close(1000, "client_closed")


def test_before_ready_a_client_may_come_back_too() -> None:
    talk = Talking(ready=None)
    talk.speak()
    talk.detach()
    talk.attach()
    assert len(talk.connects) == 1
    talk.detach()
    talk.ready()
    assert talk.frames == []
    assert talk.heard == list(range(100))
    talk.attach()
    assert talk.frames == [READY]
    talk.speak()
    assert talk.heard == list(range(200))


def test_a_second_socket_takes_over() -> None:
    talk = Talking()
    talk.event(ResponseStarted("r"))
    talk.sound("r", 1000)
    talk.wait(0.2)
    talk.attach()
    assert talk.sockets[-1] == [back()]
    talk.send("played", ms=100)
    assert talk.played == [*range(1000), *range(100, 1000)]


def test_what_an_absent_client_says_is_not_heard() -> None:
    talk = Talking()
    talk.detach()
    talk.speak()
    talk.send("user_message", text="hello")
    talk.speak_raw(b"\0")
    talk.detach()
    assert (talk.heard, talk.told) == ([], [])


def test_an_engine_that_says_too_much_meanwhile_is_held() -> None:
    talk = away()
    for _ in range(28):
        talk.sound("r", 1000)
    assert talk.holds == []
    talk.sound("r", 1000)
    assert talk.holds == [True]
    talk.sound("r", 1000)  # what was on its way
    talk.wait(12)
    assert len(talk.connects) == 1  # it is silent because of us
    talk.attach()
    assert talk.holds == [True]
    talk.send("played", ms=500)
    assert talk.holds == [True, False]
    assert talk.played == list(range(500, 32_000))


def test_an_interruption_lets_a_held_engine_go_on() -> None:
    talk = away()
    talk.sound("r", 40_000)
    assert talk.holds == [True]
    talk.event(SpeechStarted(0))
    assert talk.holds == [True, False]


def test_frames_for_an_absent_client_are_bounded() -> None:
    talk = Talking(ready=OWNER)
    talk.detach()
    count = 0
    while talk.closed is None:
        talk.event(ResponseStarted(f"r{count}"), Interrupted(f"r{count}"))
        count += 1
    assert talk.holds == [True]
    assert count == 4001
    assert talk.closed == Close(1008, "client_lost")


def test_a_session_ends_while_the_client_is_away() -> None:
    talk = away()
    talk.carry_out(talk.session.end("server_shutdown", talk.now))
    assert talk.closed == Close(1001, "server_shutdown")
    assert EndFrame("server_shutdown") not in talk.frames
