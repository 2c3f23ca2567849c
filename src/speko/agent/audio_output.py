"""What the agent says on its way to the relay: responses in order, each begun and ended once, and a clock that tells
how much of it was heard.

AgentSession sees one stretch of playback per answer. The relay sees responses: one per stretch, and one more each time
that an answer goes on after an interruption that was none.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex

from livekit import rtc
from livekit.agents.voice import io

from speko.agent.context import AgentLink
from speko.agent.heard_text import SpokenText
from speko.agent.playback_clock import PlaybackClock
from speko.providers.s2s import AssistantText, Interrupted, ResponseDone, ResponseStarted

SENTENCE = "speko.sentence"
"""Member of a frame's userdata: what it says, with the first frame of a sentence."""
LEAD = 10.0
"""Seconds of sound ahead of the listener, beyond which no more is made: an interruption would waste it."""
_LONGEST_WAIT = 4.0
"""Seconds for which a sentence waits for that at most: an engine that is silent for 10 s counts as lost."""
_MARGIN = 2
"""Seconds of heard sound that are kept, for a client that says that it has heard less."""


@dataclass(slots=True)
class _Response:
    """One response on the wire."""

    id: str
    first_sample: int = 0
    """Of the speech."""
    first_character: int = 0
    done: bool = False


@dataclass(slots=True)
class _Speech:
    """One stretch of playback."""

    text: SpokenText
    clock: PlaybackClock
    pcm: bytearray = field(default_factory=bytearray)
    """Sound that may have to be sent once more: what was not heard."""
    dropped: int = 0
    """Bytes that are gone from its beginning."""
    complete: bool = False
    truncated: bool = False
    hurried: bool = False
    """What follows waits for it."""
    heard_text: str | None = None
    """What the relay says was heard; None = the clock decides."""

    def take(self, start: int, end: int) -> bytes:
        """Samples from `start` to `end`, as far as they are still there."""
        return bytes(self.pcm[max(0, start * 2 - self.dropped) : max(0, end * 2 - self.dropped)])

    def forget(self, sample: int) -> None:
        """What was heard."""
        gone = max(0, min(sample * 2 - self.dropped, len(self.pcm)))
        del self.pcm[:gone]
        self.dropped += gone


class ResponseAudio(io.AudioOutput):
    """The audio output of one AgentSession.

    Args:
        rate: Hz.
        link: to the relay.
        undecided: whether words may still come of what the user has said: an answer that was stopped for it waits.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        rate: int,
        link: AgentLink,
        undecided: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(label="relay", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=rate)
        self.rate = rate
        self.next_waits = False
        """Another answer waits for the end of the one that is being made."""
        self.finished = ("", "")
        """The last response of the answer that ended last, and what was said of the answer before it."""
        self._link = link
        self._undecided = undecided
        self._clock = clock
        self._response: _Response | None = None
        """The one of which something is to come, or to be heard."""
        self._last = _Response("")
        """The one that began last."""
        self._speech: _Speech | None = None
        self._going = asyncio.Event()
        self._going.set()
        self._resume_when_decided = False
        self._heard_at = 0.0
        """When the client will have played what AgentSession takes for played already."""
        self._ending: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None

    # ---- AgentSession's calls

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """The next sound of the answer; waits while the answer is stopped."""
        await self._going.wait()
        await super().capture_frame(frame)
        first = self._speech is None
        if self._speech is None:
            self._speech = _Speech(SpokenText(self.rate), PlaybackClock(self.rate, self._heard_at))
        speech, now = self._speech, self._clock()
        text = frame.userdata.get(SENTENCE, "")
        if text:
            speech.forget(speech.clock.heard(now) - _MARGIN * self.rate)
            speech.text.begin(text)
        pcm = frame.data.tobytes()
        speech.pcm += pcm
        speech.text.sound(len(pcm) // 2)
        self._say(speech, text, pcm)
        if first:
            self.on_playback_started(created_at=time.time())
        await self._link.drained()

    def flush(self) -> None:
        """The answer is complete."""
        super().flush()
        if self._speech is not None and not self._speech.complete:
            self._speech.complete = True
            self._speech.text.finish()
            self._end_soon()
            self._watch()
            if self._speech.hurried or self.next_waits:
                self.hurry()

    def clear_buffer(self) -> None:
        """The answer is over, as far as it was heard."""
        self._resume_when_decided = False
        self._going.set()
        self._interrupt()
        self._finish(interrupted=True)

    def pause(self) -> None:
        """The user makes a sound: the client has to fall silent at once, also if it turns out to be nothing."""
        self._resume_when_decided = False
        if self._going.is_set():
            self._going.clear()
            if self._speech is not None:
                self._speech.clock.stop(self._clock())
                self._watch()
            self._interrupt()
            if self._speech is None and self._heard_at > self._clock():
                # The relay knows of no response that could be interrupted, so it gets one.
                self._start(_Response(_new_id()))
                self._response = None
                self._link.send(Interrupted(self._last.id, "", by_user=True))
            self._heard_at = 0.0

    def resume(self) -> None:
        """It was nothing: the answer goes on, as a new response, at the word in which it was stopped."""
        if self._going.is_set():
            return
        if self._speech is not None and self._undecided():
            self._resume_when_decided = True
            return
        self._resume_when_decided = False
        self._going.set()
        if self._speech is not None:
            self._go_on(self._speech)

    def _mark_input_truncated(self) -> None:
        if self._speech is not None:
            self._speech.truncated = True

    @property
    def paused(self) -> bool:
        """Whether it is stopped, and may go on."""
        return not self._going.is_set()

    # ---- the conversation's calls

    def nothing_was_said(self) -> None:
        """All is recognised, and there were no words in it. Where there were, AgentSession ends the answer."""
        if self._resume_when_decided:
            self.resume()

    def hurry(self) -> None:
        """What follows waits for the answer that is being said: it begins when all of this is sent, and the client
        plays it after this. For AgentSession this is heard then; if it is not, the relay corrects that."""
        speech = self._speech
        if speech is None:
            return
        speech.hurried = True
        if speech.complete and not self.paused:
            now = self._clock()
            self._heard_at = now + speech.clock.left(now)
            self._cancel_end()
            self._end()
            self._response = None
            speech.heard_text = speech.text.text
            self._finish(interrupted=False)

    async def room(self) -> None:
        """Returns when the listener is less than `LEAD` seconds behind, or after some time."""
        by = self._clock() + _LONGEST_WAIT
        while (speech := self._speech) is not None and (now := self._clock()) < by:
            ahead = speech.clock.left(now) - LEAD
            if ahead <= 0 or speech.hurried or self.next_waits:
                return
            await asyncio.sleep(min(ahead, by - now, 0.1))
            await self._going.wait()

    def for_tool(self) -> str:
        """The response that asks for a tool."""
        if self._response is None or self._response.done:
            self._start(_Response(_new_id()))
            self._end_soon()
        assert self._response is not None  # noqa: S101 - it was just started
        return self._response.id

    def failed(self) -> None:
        """There will be no answer: an empty response says so to whoever waits for one."""
        if self._speech is not None:
            self._speech.truncated = True
        elif self._response is None or self._response.done:
            self._start(_Response(_new_id(), done=True))
            self._link.send(ResponseDone(self._last.id, "failed"))

    def played(self, milliseconds: int) -> None:
        """How much of the current response the client has played."""
        if self._speech is not None and self._response is not None:
            sample = self._response.first_sample + milliseconds * self.rate // 1000
            self._speech.clock.correct(sample, self._clock())
            self._watch()

    def stopped(self, response: str, milliseconds: int, heard_text: str) -> bool:
        """The relay says how much of a response was heard, and has ended it if it was not over. False = it is none that
        is being said."""
        speech, last = self._speech, self._last
        if speech is None or response != last.id:
            return False
        speech.clock.correct(last.first_sample + milliseconds * self.rate // 1000, self._clock())
        speech.heard_text = speech.text.text[: last.first_character] + heard_text
        self._cancel_end()
        if self._response is not None and not self._response.done:
            self._link.send(ResponseDone(last.id, "cancelled"))
        self._response = None
        return True

    def close(self) -> None:
        """Lets go of the timers."""
        self._cancel_end()
        if self._timer is not None:
            self._timer.cancel()

    # ---- responses

    def _say(self, speech: _Speech, text: str, pcm: bytes) -> None:
        self._cancel_end()
        if self._response is None or self._response.done:
            character = len(speech.text.text) - len(text)
            self._start(_Response(_new_id(), speech.clock.sent, character))
        if text:
            self._link.send(AssistantText(self._last.id, text))
        if pcm:
            self._link.send_audio(pcm)
            speech.clock.add(len(pcm) // 2, self._clock())

    def _start(self, response: _Response) -> None:
        self._response = self._last = response
        self._link.send(ResponseStarted(response.id))

    def _end_soon(self) -> None:
        """Ends the response unless, before anything else happens, it goes on or is interrupted."""
        self._cancel_end()
        self._ending = asyncio.get_running_loop().call_soon(self._end)

    def _cancel_end(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end(self) -> None:
        self._ending = None
        if self._response is not None and not self._response.done:
            self._response.done = True
            whole = self._speech is None or not self._speech.truncated
            self._link.send(ResponseDone(self._response.id, "completed" if whole else "incomplete"))

    def _interrupt(self) -> None:
        """Ends the response, of which something may be unheard, for the user."""
        self._cancel_end()
        speech, response = self._speech, self._response
        if response is None:
            return
        self._response = None
        if speech is not None:
            heard = speech.text.text[response.first_character : self._heard(speech)]
            self._link.send(Interrupted(response.id, heard.strip(), by_user=True))
        elif not response.done:
            self._link.send(ResponseDone(response.id, "cancelled"))

    def _go_on(self, speech: _Speech) -> None:
        told, speech.heard_text = speech.heard_text, None
        character = len(told) if told is not None and speech.text.text.startswith(told) else self._heard(speech)
        sample = speech.text.position(character)
        speech.clock.rewind(sample)
        self._start(_Response(_new_id(), sample, character))
        for text, start, end in speech.text.pieces(character, sample):
            if text:
                self._link.send(AssistantText(self._last.id, text))
            if pcm := speech.take(start, end):
                self._link.send_audio(pcm)
        speech.clock.add(speech.text.samples - sample, self._clock())
        if speech.complete:
            self._end_soon()
        self._watch()

    # ---- what was heard

    def _heard(self, speech: _Speech) -> int:
        return speech.text.heard(speech.clock.heard(self._clock()))

    def _watch(self) -> None:
        """Sets the timer for the moment at which all is heard."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._speech is not None and self._speech.complete and self._going.is_set():
            left = self._speech.clock.left(self._clock())
            self._timer = asyncio.get_running_loop().call_later(max(0.0, left), self._look)

    def _look(self) -> None:
        if self._speech is not None and self._speech.clock.left(self._clock()) > 0.001:
            self._watch()
            return
        self._cancel_end()
        self._end()
        self._response = None
        self._finish(interrupted=False)

    def _finish(self, *, interrupted: bool) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        speech, self._speech = self._speech, None
        position, text = 0.0, ""
        if speech is not None:
            text = speech.text.text[: self._heard(speech)] if speech.heard_text is None else speech.heard_text
            position = speech.clock.heard(self._clock()) / self.rate
            self.finished = (self._last.id, speech.text.text[: self._last.first_character])
        if self._pending_playback_count:
            self.on_playback_finished(
                playback_position=position, interrupted=interrupted, synchronized_transcript=text.strip()
            )


def _new_id() -> str:
    return f"response_{token_hex(6)}"
