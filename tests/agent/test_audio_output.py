"""Responses on the wire, and what was heard of them."""

import asyncio
from typing import Any

import pytest
from livekit import rtc
from livekit.agents.voice.io import PlaybackFinishedEvent

from speko.agent.audio_output import LEAD, SENTENCE, ResponseAudio
from speko.providers.s2s import Interrupted, ResponseDone, ResponseStarted
from tests.agent.relays import Relay

RATE = 1000


class Stage:
    """An output, its relay, its clock, and what AgentSession hears of it."""

    def __init__(self) -> None:
        self.relay = Relay()
        self.now = 100.0
        self.undecided = False
        self.output = ResponseAudio(RATE, self.relay, lambda: self.undecided, lambda: self.now)
        self.finished: list[PlaybackFinishedEvent] = []
        self.output.on("playback_finished", self.finished.append)

    async def say(self, text: str, samples: int, value: int = 1) -> None:
        pcm = value.to_bytes(2, "little") * samples
        await self.output.capture_frame(rtc.AudioFrame(pcm, RATE, 1, samples, userdata={SENTENCE: text}))

    async def answer(self) -> str:
        """`one two three` in 1300 ms, `four` in 500; the id of the response."""
        await self.say("one two three", 1300, 1)
        await self.say(" four", 500, 2)
        self.output.flush()
        await asyncio.sleep(0)
        return self.relay.all(ResponseStarted)[-1].response

    def story(self) -> list[Any]:
        """Events, with numbers in place of ids."""
        ids = list(self.relay.audio)
        told = []
        for event in self.relay.events:
            name = type(event).__name__
            number = ids.index(event.response)  # type: ignore[union-attr]
            told.append(
                (name, number, *[getattr(event, m) for m in ("delta", "status", "heard_text") if hasattr(event, m)])
            )
        return told


@pytest.fixture
async def stage() -> Any:
    made = Stage()
    yield made
    made.relay.check()
    made.output.close()


async def test_one_answer_is_one_response_with_its_words_before_their_sound(stage: Stage) -> None:
    response = await stage.answer()
    assert stage.story() == [
        ("ResponseStarted", 0),
        ("AssistantText", 0, "one two three"),
        ("AssistantText", 0, " four"),
        ("ResponseDone", 0, "completed"),
    ]
    assert stage.relay.audio[response] == b"\x01\x00" * 1300 + b"\x02\x00" * 500
    assert not stage.finished, "it is still heard"
    stage.now += 1.8
    stage.output.played(1800)
    await stage.relay.until(lambda: bool(stage.finished))
    assert stage.finished[0].playback_position == 1.8
    assert not stage.finished[0].interrupted
    assert stage.finished[0].synchronized_transcript == "one two three four"


async def test_an_interruption_cuts_the_words(stage: Stage) -> None:
    await stage.answer()
    stage.now += 0.75
    stage.output.pause()
    assert stage.story()[-1] == ("Interrupted", 0, "one two")
    stage.now += 5
    stage.output.clear_buffer()
    assert stage.finished[0].interrupted
    assert stage.finished[0].playback_position == 0.75
    assert stage.finished[0].synchronized_transcript == "one two"
    assert len(stage.relay.all(Interrupted)) == 1
    stage.output.resume()
    assert len(stage.relay.audio) == 1, "nothing is left to say"


async def test_what_turns_out_to_be_nothing_is_gone_on_with(stage: Stage) -> None:
    await stage.answer()
    stage.now += 0.75
    stage.output.pause()
    stage.output.pause()
    stage.now += 2
    stage.output.resume()
    stage.output.resume()
    await asyncio.sleep(0)
    assert stage.story()[4:] == [
        ("Interrupted", 0, "one two"),
        ("ResponseStarted", 1),
        ("AssistantText", 1, " three"),
        ("AssistantText", 1, " four"),
        ("ResponseDone", 1, "completed"),
    ]
    assert list(stage.relay.audio.values())[1] == b"\x01\x00" * 500 + b"\x02\x00" * 500
    stage.now += 0.6
    stage.output.pause()
    assert stage.story()[-1] == ("Interrupted", 1, "three")
    stage.output.clear_buffer()
    assert stage.finished[0].synchronized_transcript == "one two three"
    assert stage.finished[0].playback_position == 1.4


async def test_an_answer_that_still_comes_waits(stage: Stage) -> None:
    await stage.say("one two three", 1300)
    stage.now += 0.75
    stage.output.pause()
    more = asyncio.ensure_future(stage.say(" four", 500))
    await asyncio.sleep(0)
    assert not more.done()
    stage.output.resume()
    await more
    stage.output.flush()
    await asyncio.sleep(0)
    assert [event[:3] for event in stage.story()[2:]] == [
        ("Interrupted", 0, "one two"),
        ("ResponseStarted", 1),
        ("AssistantText", 1, " three"),
        ("AssistantText", 1, " four"),
        ("ResponseDone", 1, "completed"),
    ]


async def test_before_the_first_sound_nothing_is_interrupted(stage: Stage) -> None:
    stage.output.pause()
    first = asyncio.ensure_future(stage.say("one", 300))
    await asyncio.sleep(0)
    assert not stage.relay.events
    stage.output.resume()
    await first
    stage.output.flush()
    await asyncio.sleep(0)
    assert stage.story()[-1] == ("ResponseDone", 0, "completed")


async def test_it_goes_on_only_when_nothing_is_being_recognised(stage: Stage) -> None:
    await stage.answer()
    stage.output.pause()
    stage.undecided = True
    stage.output.resume()
    assert len(stage.relay.audio) == 1
    stage.undecided = False
    stage.output.nothing_was_said()
    assert len(stage.relay.audio) == 2
    stage.output.nothing_was_said()
    assert len(stage.relay.audio) == 2


async def test_a_second_sound_while_it_waits(stage: Stage) -> None:
    await stage.answer()
    stage.output.pause()
    stage.undecided = True
    stage.output.resume()
    stage.output.pause()
    stage.undecided = False
    stage.output.nothing_was_said()
    assert len(stage.relay.audio) == 1


async def test_the_client_says_how_far_it_is(stage: Stage) -> None:
    await stage.answer()
    stage.now += 1.0
    stage.output.played(400)
    stage.output.pause()
    assert stage.story()[-1] == ("Interrupted", 0, "one")


async def test_the_relay_stops_a_response(stage: Stage) -> None:
    await stage.say("one two three", 1300)
    response = stage.relay.all(ResponseStarted)[0].response
    stage.now += 1.0
    assert stage.output.stopped(response, 400, "one")
    assert stage.relay.all(ResponseDone)[0].status == "cancelled"
    stage.output.flush()
    stage.output.clear_buffer()
    assert not stage.relay.all(Interrupted)
    assert stage.finished[0].synchronized_transcript == "one"


async def test_the_relay_corrects_what_was_heard_before_it_goes_on(stage: Stage) -> None:
    response = await stage.answer()
    stage.now += 0.75
    stage.output.pause()
    assert stage.output.stopped(response, 350, "one")
    stage.output.resume()
    await asyncio.sleep(0)
    assert stage.story()[5:7] == [("ResponseStarted", 1), ("AssistantText", 1, " two three")]
    assert not stage.output.stopped(response, 350, "one"), "another one is said now"


async def test_a_stop_in_the_middle_is_no_complete_response(stage: Stage) -> None:
    """AgentSession flushes and clears in one breath."""
    await stage.say("one two three", 1300)
    stage.now += 0.75
    stage.output.flush()
    stage.output.clear_buffer()
    await asyncio.sleep(0)
    assert stage.story()[2:] == [("Interrupted", 0, "one two")]


async def test_a_voice_that_broke_leaves_an_incomplete_response(stage: Stage) -> None:
    await stage.say("one two three", 1300)
    stage.output.failed()
    stage.output.flush()
    await asyncio.sleep(0)
    assert stage.story()[-1] == ("ResponseDone", 0, "incomplete")


async def test_no_answer_is_a_failed_response(stage: Stage) -> None:
    stage.output.failed()
    assert stage.story() == [("ResponseStarted", 0), ("ResponseDone", 0, "failed")]
    await stage.answer()
    assert stage.story()[-1] == ("ResponseDone", 1, "completed")


async def test_a_tool_is_asked_for_by_a_response(stage: Stage) -> None:
    assert stage.output.for_tool() == stage.output.for_tool()
    await asyncio.sleep(0)
    assert stage.story() == [("ResponseStarted", 0), ("ResponseDone", 0, "completed")]
    await stage.say("one two three", 1300)
    assert stage.output.for_tool() == list(stage.relay.audio)[1], "the one that speaks"
    await asyncio.sleep(0)
    assert stage.story()[-1][0] == "AssistantText"
    stage.output.flush()


async def test_what_follows_need_not_wait_until_all_is_heard(stage: Stage) -> None:
    await stage.answer()
    stage.output.hurry()
    assert stage.finished[0].synchronized_transcript == "one two three four"
    assert not stage.finished[0].interrupted
    await stage.say("five", 400)
    stage.output.flush()
    await asyncio.sleep(0)
    stage.now += 1.8 + 0.2  # the first is heard, and half of the second
    stage.output.pause()
    assert stage.story()[-1] == ("Interrupted", 1, "")
    assert not stage.relay.all(Interrupted)[0].heard_text
    stage.output.clear_buffer()
    assert stage.finished[1].playback_position == 0.2


async def test_what_follows_waits_until_all_is_made(stage: Stage) -> None:
    await stage.say("one two three", 1300)
    stage.output.hurry()
    assert not stage.finished
    stage.output.flush()
    assert len(stage.finished) == 1
    stage.output.next_waits = True
    await stage.answer()
    assert len(stage.finished) == 2


async def test_sound_that_only_the_client_has_is_stopped_too(stage: Stage) -> None:
    await stage.answer()
    stage.output.hurry()
    stage.now += 0.5
    stage.output.pause()
    assert stage.story()[-2:] == [("ResponseStarted", 1), ("Interrupted", 1, "")]
    stage.output.resume()
    stage.now += 0.1
    stage.output.pause()
    assert len(stage.relay.all(Interrupted)) == 1


async def test_what_nobody_listens_to_yet_is_not_made(stage: Stage) -> None:
    await stage.say("a long one", int(LEAD * RATE) + 300)
    waiting = asyncio.ensure_future(stage.output.room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    stage.now += 0.5
    await waiting
    stage.output.flush()
