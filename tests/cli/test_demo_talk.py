"""The demo's spoken conversation: what it shows, and that each thing that may go wrong is told."""

import io
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from speko.cli import demo_talk
from speko.cli.demo_processes import Programs
from speko.cli.demo_stage import Stage, Step
from speko.cli.demo_talk import CUT_IN_AFTER, Held, talk
from speko.cli.talking import conversation
from speko.cli.talking.turns import ToolUse, Turn, Words
from speko.cli.terminal import Terminal
from tests.cli.fake_gateway import KEY, FakeGateway
from tests.cli.talking.agent import Answer, FakeAgent, tone

STAGES = ("speech_ended", "stt_final", "llm_first_token", "tts_first_byte", "first_audio", "response_done")


class FakeStage(Stage):
    """A stage whose gateway runs already."""

    def embedded_gateway(self) -> dict[str, Any]:
        return {"url": self.fake_url, "key": KEY}

    fake_url = ""


@pytest.fixture
def stage(fake: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStage:
    monkeypatch.setattr(demo_talk, "CUT_IN_AFTER", 0.2)
    fake.on("GET", "/readyz", {})
    fake.on_bytes("/v1/synthesize", tone(0.3, 24000), "audio/pcm;rate=24000")
    terminal = Terminal(out=io.StringIO(), err=io.StringIO())
    stage = FakeStage(terminal, Programs(tmp_path), tmp_path, tmp_path / "out" / "demo.wav")
    stage.fake_url = fake.url
    return stage


def weather(city: str = "paris") -> Answer:
    call = ("c1", "get_weather", f'{{"city":"{city}"}}')
    return Answer("what is the weather in Paris?", "It is 21 degrees and sunny.", tone(0.1, 24000), tool=call)


LONG = Answer("what can you do", "I can do this and that.", tone(20, 24000))
SUM = Answer("what is two plus two", "2 plus 2 is 4.", tone(0.1, 24000))


def test_everything_goes_well(stage: FakeStage, fake: FakeGateway, tmp_path: Path) -> None:
    fake.on_session(FakeAgent([weather(), LONG, SUM]), outputSampleRate=24000)
    steps = list(talk(stage))
    assert [step.problem for step in steps] == [None, None, None]
    assert steps[0].text == "what is the weather in Paris? – It is 21 degrees and sunny."
    assert (steps[0].provider, steps[0].model, steps[0].first_byte_ms) == ("acme", "talker", 145)
    told = stage.details["conversation"]
    assert [turn["interrupted"] for turn in told["turns"]] == [False, True, False]
    assert told["silentAfterMs"] < 1500
    shown = stage.terminal.out
    assert isinstance(shown, io.StringIO)
    assert 'tool get_weather {"city":"paris"} → {"temperature": 21, "sky": "sunny"}' in shown.getvalue()
    assert "first audio 145 ms: endpointing 80" in shown.getvalue()
    with wave.open(told["file"], "rb") as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 24000)
    assert Path(told["file"]) == tmp_path / "out" / "conversation.wav"


def test_who_is_misheard_says_it_again_once(stage: FakeStage, fake: FakeGateway) -> None:
    misheard = Answer("what is delivered in Paris", "I do not know.", tone(0.1, 24000))
    fake.on_session(FakeAgent([misheard, weather(), LONG, SUM]), outputSampleRate=24000)
    steps = list(talk(stage))
    assert [step.problem for step in steps] == [None, None, None]
    assert steps[0].text == "what is the weather in Paris? – It is 21 degrees and sunny."


def test_who_is_misheard_twice_gives_up(stage: FakeStage, fake: FakeGateway) -> None:
    misheard = Answer("what is delivered in Paris", "I do not know.", tone(0.1, 24000))
    fake.on_session(FakeAgent([misheard, misheard, LONG, SUM]), outputSampleRate=24000)
    [first, *_] = talk(stage)
    assert first.problem == "heard 'what is delivered in Paris' in place of 'What is the weather in Paris?'"


@pytest.mark.parametrize("heard", [1, 0], ids=["then it is", "never"])
def test_who_is_not_heard_at_all(
    stage: FakeStage, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch, heard: int
) -> None:
    monkeypatch.setattr(conversation, "QUIET_SECONDS", 1.5)
    nothing = Answer("", "", b"")
    fake.on_session(FakeAgent([nothing, weather() if heard else nothing, LONG, SUM]), outputSampleRate=24000)
    problems = [step.problem for step in talk(stage)]
    assert (problems == [None, None, None]) == bool(heard)
    assert all(problem is None or problem.startswith(("heard", "the turn is missing")) for problem in problems)


def test_an_agent_that_calls_no_tool_fails_the_demo(stage: FakeStage, fake: FakeGateway) -> None:
    fake.on_session(FakeAgent([weather("london"), LONG, SUM]), outputSampleRate=24000)
    [first, *_] = talk(stage)
    assert first.problem == "the agent should have called get_weather for Paris, once"


def good_turns() -> list[Turn]:
    first, second, third = Turn(), Turn(interrupted=True), Turn()
    first.user, first.agent = Words(["what is the weather in paris"]), Words(["21 and sunny"])
    first.tools = [ToolUse("get_weather", '{"city":"Paris"}', "{}")]
    for name in STAGES:
        first.stages[name] = {"type": "turn", "stage": name, "ms": 1, "provider": None, "model": None}
    second.user, second.agent = Words(["What can you do?"]), Words(["I can"])
    third.user, third.agent = Words(["what is two plus two"]), Words(["It is four."])
    return [first, second, third]


def held(change: Callable[[Held], object]) -> list[Step]:
    """The steps of a conversation in which something went wrong."""
    conversation = Held(Terminal(), good_turns(), [1.0, 1.0, 1.0], silent_after_ms=200)
    change(conversation)
    return list(conversation.steps())


def test_nothing_wrong() -> None:
    assert [step.problem for step in held(lambda _: None)] == [None, None, None]
    assert CUT_IN_AFTER > 1


WRONG: list[tuple[Callable[[Held], object], int, str]] = [
    (lambda held: setattr(held.turns[0], "user", Words(["whether"])), 0, "heard 'whether'"),
    (lambda held: held.turns[0].tools.clear(), 0, "should have called"),
    (lambda held: held.turns[0].tools.append(held.turns[0].tools[0]), 0, "should have called"),
    (lambda held: setattr(held.turns[0].tools[0], "arguments", '{"town":"Paris"}'), 0, "should have called"),
    (lambda held: setattr(held.turns[0], "agent", Words(["21"])), 0, "lacks what the tool said"),
    (lambda held: held.turns[0].stages.pop("stt_final"), 0, "lack stt_final"),
    (lambda held: setattr(held.turns[1], "user", Words()), 1, "heard ''"),
    (lambda held: setattr(held.turns[1], "interrupted", False), 1, "nobody could interrupt"),
    (lambda held: setattr(held, "silent_after_ms", None), 1, "nobody could interrupt"),
    (lambda held: setattr(held, "silent_after_ms", 1600), 1, "silent only after 1600 ms"),
    (lambda held: setattr(held, "sound_after_silence", True), 1, "went on speaking"),
    (lambda held: setattr(held.turns[1], "agent", Words(["I can."])), 1, "not cut"),
    (lambda held: setattr(held.turns[1], "agent", Words()), 1, "not cut"),
    (lambda held: setattr(held.turns[2], "user", Words(["two"])), 2, "heard 'two'"),
    (lambda held: setattr(held.turns[2], "agent", Words(["It is 44."])), 2, "lacks 4"),
    (lambda held: setattr(held.turns[2], "interrupted", True), 2, "interrupted too"),
    (lambda held: held.turns.append(Turn()), 2, "4 turns came"),
    (lambda held: held.turns.pop(), 2, "missing"),
]


@pytest.mark.parametrize(("change", "at", "problem"), WRONG)
def test_what_went_wrong_is_told(change: Callable[[Held], object], at: int, problem: str) -> None:
    problems = [step.problem for step in held(change)]
    assert [number for number, found in enumerate(problems) if found] == [at]
    assert problem in str(problems[at])
