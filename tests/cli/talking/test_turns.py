"""Frames of a session into turns."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from speko.cli.talking.turns import Turn, Turns, latency_line


def stage(name: str, ms: float = 0, provider: str | None = None) -> Any:
    return {"type": "turn", "stage": name, "ms": ms, "provider": provider, "model": None}


def words(role: str, text: str, *, final: bool = True) -> Any:
    return {"type": "transcript", "role": role, "text": text, "final": final}


SOUND: Any = {"type": "audio", "pcm": b"\0\0", "sample_rate": 16000}
CUT: Any = {"type": "interruption", "at": "user"}
DONE = stage("response_done")


def said(*frames: Any) -> list[tuple[str, str, bool]]:
    turns = Turns()
    for frame in frames:
        turns.take(frame)
    return [(turn.user.text, turn.agent.text, turn.interrupted) for turn in turns.said]


def test_one_turn_after_the_other() -> None:
    first = [stage("speech_started"), words("user", "hi"), words("assistant", "hello"), SOUND, DONE]
    second = [stage("speech_started"), words("user", "bye"), SOUND, words("assistant", "see you"), DONE]
    assert said(*first, *second) == [("hi", "hello", False), ("bye", "see you", False)]


def test_words_grow_until_they_are_final() -> None:
    grow = [words("user", "wh", final=False), words("user", "what", final=False)]
    assert said(*grow) == [("what", "", False)]
    assert said(*grow, words("user", "what is"), words("user", "it")) == [("what is it", "", False)]


def test_words_of_the_user_that_come_late_belong_to_the_turn_that_is_answered() -> None:
    assert said(stage("speech_started"), SOUND, words("assistant", "144"), words("user", "12 times 12"), DONE) == [
        ("12 times 12", "144", False)
    ]


def test_who_cuts_in_begins_the_next_turn() -> None:
    first = [words("user", "tell me"), words("assistant", "once upon", final=False), SOUND]
    cut_in = [stage("speech_started"), words("assistant", "once"), CUT]
    second = [words("user", "stop"), words("assistant", "ok"), DONE]
    assert said(*first, *cut_in, *second) == [("tell me", "once", True), ("stop", "ok", False)]


def test_an_interruption_replaces_what_was_said_by_what_was_heard() -> None:
    frames = [words("user", "tell me"), words("assistant", "once upon a time"), stage("speech_started")]
    assert said(*frames, words("assistant", "once upon"), CUT) == [("tell me", "once upon", True)]


def test_an_answer_that_is_over_and_not_yet_heard_can_be_interrupted() -> None:
    frames = [words("user", "a"), words("assistant", "b"), DONE, stage("speech_started"), CUT, words("user", "c")]
    assert said(*frames) == [("a", "b", True), ("c", "", False)]


def test_a_pause_while_speaking_is_no_new_turn() -> None:
    frames = [stage("speech_started"), words("user", "what is"), stage("speech_started"), words("user", "twelve")]
    assert said(*frames) == [("what is twelve", "", False)]


def test_an_answer_goes_on_behind_a_tool() -> None:
    turns = Turns()
    call: Any = {"type": "tool_call", "call_id": "c", "name": "clock", "arguments": "{}"}
    own: Any = {"type": "server_tool_call", "id": "s", "name": "search", "status": "started"}
    over: Any = {**own, "status": "completed"}
    for frame in (words("user", "time?"), call, DONE, own, over, words("assistant", "noon"), SOUND, DONE):
        turns.take(frame)
    [turn] = turns.said
    assert [(tool.name, tool.arguments) for tool in turn.tools] == [("clock", "{}"), ("search", "")]
    assert (turn.agent.text, turns.answering) == ("noon", False)


def test_an_agent_that_speaks_first() -> None:
    assert said(words("assistant", "hello"), DONE, stage("speech_started"), words("user", "hi")) == [
        ("", "hello", False),
        ("hi", "", False),
    ]


def test_typed_text_is_a_turn() -> None:
    turns = Turns()
    assert turns.typed("one") is turns.current
    turns.take(words("assistant", "1"))
    assert turns.typed("two") is turns.current
    assert [turn.user.text for turn in turns.said] == ["one", "two"]


def test_frames_of_no_turn() -> None:
    turns = Turns()
    for kind in ("ready", "usage", "error", "close"):
        frame: Any = {"type": kind}
        assert turns.take(frame) is None
    assert turns.take(CUT) is None
    assert turns.said == []


def timed(**stages: float) -> Turn:
    turns = Turns()
    for name, ms in stages.items():
        turns.take(stage(name, ms, "p" if name == "stt_final" else None))
    return turns.current


def test_the_time_to_the_first_sound_is_split_without_gap_or_overlap() -> None:
    turn = timed(speech_ended=300, stt_final=280, llm_first_token=320, tts_first_byte=400, first_audio=405)
    assert turn.split == [
        ("endpointing", 300, None),
        ("STT", 0, "p"),
        ("LLM", 20, None),
        ("TTS", 80, None),
        ("audio", 5, None),
    ]
    assert latency_line(turn) == "first audio 405 ms: endpointing 300, STT 0 (p), LLM 20, TTS 80, audio 5"


def test_no_latency_without_speech_or_sound() -> None:
    assert latency_line(timed(llm_first_token=20, first_audio=30)) is None
    assert latency_line(timed(speech_ended=20)) is None


def test_the_first_of_each_stage_counts_and_the_last_end() -> None:
    turns = Turns()
    for frame in (
        stage("speech_ended", 100),
        stage("speech_ended", 300),
        stage("first_audio", 400),
        stage("response_done", 500),
        stage("first_audio", 900),
        stage("response_done", 1000),
    ):
        turns.take(frame)
    assert {name: kept["ms"] for name, kept in turns.current.stages.items()} == {
        "speech_ended": 300,
        "first_audio": 400,
        "response_done": 1000,
    }


frames = st.one_of(
    st.sampled_from(["speech_started", "speech_ended", "stt_final", "first_audio", "response_done"]).map(stage),
    st.builds(words, st.sampled_from(["user", "assistant"]), st.text(min_size=1), final=st.booleans()),
    st.sampled_from([SOUND, CUT]),
)


@given(st.lists(frames, max_size=40))
def test_no_words_are_lost_or_doubled(sequence: list[Any]) -> None:
    """Every final utterance of the user, and the last words of every response, once and in order."""
    turns = Turns()
    responses: list[str] = [""]
    for frame in sequence:
        turns.take(frame)
        if frame.get("role") == "assistant":
            responses[-1] = frame["text"]
        if frame in (CUT, DONE):
            responses.append("")
    user = [text for turn in turns.said for text in turn.user.finished]
    agent = [text for turn in turns.said for text in (*turn.agent.finished, turn.agent.growing) if text]
    assert user == [frame["text"] for frame in sequence if frame.get("role") == "user" and frame["final"]]
    assert sorted(agent) == sorted(filter(None, responses))
