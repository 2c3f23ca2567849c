"""The response in flight: what is said of it, what is heard of it, and its one end."""

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from speko.events.s2s import InterruptionFrame, Role, Stage, TranscriptFrame, TurnFrame
from speko.providers.s2s import (
    AssistantText,
    CorrectHeard,
    Interrupted,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    StopResponse,
)
from speko.realtime.actions import Record, Spoken
from speko.realtime.alignment import SpeakingRate, SpokenText
from speko.realtime.conversation import AnswerEntry, Conversation, UserEntry, settle
from speko.realtime.engine_side import EngineSide
from speko.realtime.outbox import Outbox
from speko.realtime.playout import Playout
from speko.realtime.turns import Turn, Turns

_REMEMBERED = 64
"""Responses that are over, of which an engine may still speak."""


@dataclass(slots=True, eq=False)
class Response:
    """One response, as the client sees it: an engine that goes on with another's answer goes on with this."""

    name: str | None
    """The engine's id of it; None = the engine that began it is gone."""
    engine: int
    turn: Turn
    entry: AnswerEntry
    began_at: datetime
    answers: list[UserEntry]
    """What it answers."""
    spoken: SpokenText = field(default_factory=SpokenText)
    start: int | None = None
    """Of its sound in the stream to the client; None = there is none."""
    length: int = 0
    """Bytes of its sound, once it is over."""
    heard: int = 0
    """Bytes of it that were taken for heard when it was interrupted."""
    left: bool = False
    """Some of its sound was sent."""
    finished: bool = False
    """The engine sends nothing more of it."""
    called: bool = False
    """It asked for a tool."""
    final: str | None = None
    """The final transcript that the client got."""


class Responses:
    """At most one is in flight, from its start until it was heard or interrupted."""

    def __init__(
        self, out: Outbox, engine: EngineSide, playout: Playout, conversation: Conversation, turns: Turns
    ) -> None:
        self._out = out
        self._engine = engine
        self._playout = playout
        self._conversation = conversation
        self._turns = turns
        self.rate = SpeakingRate()
        self.current: Response | None = None
        self.continuing: Response | None = None
        """The next response that the engine begins is the rest of this one."""
        self.audible: str | None = None
        """The response whose sound goes straight to the client."""
        self.refuse_next = False
        """The user does not want the response that was asked for."""
        self._over: deque[str] = deque(maxlen=_REMEMBERED)
        self._tails: deque[Response] = deque(maxlen=8)
        """Responses that are over, of which something may still be played."""
        self._cut: Response | None = None
        """The client may still say how much of this interrupted one it played."""

    # ---- what the engine tells

    def started(self, event: ResponseStarted, now: float) -> None:
        """The engine begins a response."""
        name = event.response
        if name in self._over or (self.current is not None and self.current.name == name):
            return
        self._engine.owes = False
        response, self.continuing = self.continuing, None
        if response is not None:
            response.name, response.engine = name, self._engine.number
            return
        if self.current is not None and not self.current.finished:
            self.interrupt(now, "assistant", settled=False)
        self.end_finished(now)
        turn, broken = self._turns.take(now)
        if broken is not None:
            self._out.do(Record(broken))
        answers = self._conversation.waiting()
        self.current = Response(
            name, self._engine.number, turn, self._conversation.answer(), self._turns.wall(), answers
        )
        if self.refuse_next:
            self.refuse_next = False
            self.interrupt(now, "user")

    def text(self, event: AssistantText, now: float) -> None:
        """The next words."""
        response = self.live(event.response)
        if response is None or not event.delta:
            return
        spoken = response.spoken
        spoken.add(event.delta, self.length_ms(response))
        if spoken.text.strip():
            self._out.send(TranscriptFrame("assistant", spoken.text, False))

    def audio(self, name: str, pcm: bytes, now: float) -> bytes | None:
        """The next sound, where it is not known yet that it goes straight to the client."""
        response = self.live(name)
        if response is None or not pcm:
            return None
        if response.start is None:
            response.start = self._playout.begin()
        self._playout.add(pcm, now)
        if not self._playout.running:
            return None
        self.leave(now)
        self.audible = name
        return pcm

    def leave(self, now: float) -> None:
        """Sound of the response leaves for the client."""
        response = self.current
        if response is not None and response.start is not None and not response.left:
            response.left = True
            self._cut = None
            self._stage(response, "first_audio", now)

    def done(self, event: ResponseDone, now: float) -> None:
        """The engine has ended a response. That it was cancelled is news only where we did not do it."""
        response = self.live(event.response)
        if response is None:
            return
        if event.status == "cancelled":
            self.interrupt(now, "assistant")
        else:
            self.finish(response, now, learn=event.status == "completed")

    def interrupted(self, event: Interrupted, now: float) -> None:
        """An engine that owns its turns has interrupted its response."""
        if self.current is not None and self.current.name == event.response:
            at: Role = "user" if event.by_user else "assistant"
            self.interrupt(now, at, told=False, heard_text=event.heard_text)

    def live(self, name: str) -> Response | None:
        """The response of that name, while the engine may say more of it."""
        response = self.current
        return response if response is not None and response.name == name and not response.finished else None

    # ---- its end

    def finish(self, response: Response, now: float, *, learn: bool = False) -> None:
        """Nothing more will come; it ends when it was heard."""
        response.finished = True
        self.audible = None
        text = response.spoken.text
        response.entry.text = text.strip()
        length = self.length_ms(response)
        if learn and response.start is not None:
            self.rate.learn(len(response.entry.text), length)
        self._final(response, text)
        if not response.called:
            settle(response.answers)
        if self.heard_bytes(response, now) >= self.length(response):
            self.end_finished(now)

    def end_finished(self, now: float) -> None:
        """Ends the response in flight when the engine has finished it, heard or not."""
        response = self.current
        if response is None or not response.finished:
            return
        self._stage(response, "response_done", now)
        self._is_over(response, interrupted=False)

    def interrupt(
        self, now: float, at: Role, *, told: bool = True, heard_text: str | None = None, settled: bool = True
    ) -> None:
        """Ends the response in flight here and now: what was not heard will not be.

        `at`: who did it, the user or the engine itself; `told`: the engine does not know yet; `heard_text`: what was
        heard, where that is known; `settled`: what it answers counts as answered.
        """
        response = self.current
        if response is None:
            return
        response.heard = self.heard_bytes(response, now)
        heard_ms = self._playout.ms(response.heard)
        text = self._heard_text(response, heard_ms) if heard_text is None else heard_text
        self._final(response, text)
        self._out.send(InterruptionFrame(at))
        response.entry.text = text.strip()
        if told and response.engine == self._engine.number:
            self._engine.tell(StopResponse(response.name or "", round(heard_ms), response.entry.text))
        response.entry.unsaid = not settled
        if settled:
            settle(response.answers)
        self._is_over(response, interrupted=True)
        self._cut_tails(now)
        self._playout.drop(now)
        self._cut = response

    def barge_in(self, now: float) -> bool:
        """The user wants silence. Returns whether there was anything to stop."""
        if self.current is not None:
            self.interrupt(now, "user")
            return True
        if self._playout.unheard(now) > 0:
            # It had its end already, when the user's next turn came, and was still being played.
            self._cut_tails(now, final=True)
            self._out.send(InterruptionFrame("user"))
            self._playout.drop(now)
            return True
        return False

    def abandon(self, now: float) -> None:
        """The session is over, and with it the response: the client has all of it that it will get."""
        response = self.current
        if response is None:
            return
        length_ms = self.length_ms(response)
        self._final(response, self._heard_text(response, length_ms))
        self._stage(response, "response_done", now)
        heard_ms = self._playout.ms(self.heard_bytes(response, now))
        response.entry.text = self._heard_text(response, heard_ms).strip()
        if response.engine == self._engine.number:
            self._engine.tell(StopResponse(response.name or "", round(heard_ms), response.entry.text))
        self._is_over(response, interrupted=True)

    def orphan(self) -> None:
        """The engine is gone; what is in flight stays so."""
        self.audible = self.continuing = None
        self.refuse_next = False
        self._over.clear()
        if self.current is not None:
            self.current.name = None

    # ---- what was heard

    def played(self, ms: float, now: float, received: int | None = None) -> None:
        """The client says how much it played, and maybe how much had come to it by then. After an interruption that
        corrects what the engine knows, once."""
        cut, self._cut = self._cut, None
        if cut is None:
            position = self._playout.played(ms, now, received)
            told = self._engine.capabilities.owns_turns and self.current is not None and self.current.left
            if position is not None and told:
                self._engine.tell(PlayedSoFar(int(position)))
        elif math.isfinite(ms) and ms >= 0 and cut.start is not None:
            self._correct(cut, min(ms, self._playout.ms(cut.length)))

    def received(self, position: int) -> None:
        """No more than that had come to a client that has lost its socket: so it has not heard more of a response that
        was interrupted since."""
        cut = self._cut
        if cut is not None and cut.start is not None and position < cut.start + cut.heard:
            cut.heard = max(0, position - cut.start)
            self._correct(cut, self._playout.ms(cut.heard))

    @property
    def heard_by(self) -> float | None:
        """When a response that the engine has finished will be heard."""
        return self._playout.heard_by if self.current is not None and self.current.finished else None

    def length(self, response: Response) -> int:
        """Bytes of its sound."""
        if response is not self.current:
            return response.length
        return 0 if response.start is None else self._playout.end - response.start

    def length_ms(self, response: Response) -> float:
        """Of its sound."""
        return self._playout.ms(self.length(response))

    def heard_bytes(self, response: Response, now: float) -> int:
        """Of its sound."""
        if response.start is None:
            return 0
        return min(max(0, self._playout.heard(now) - response.start), self.length(response))

    def heard_chars(self, response: Response, now: float) -> int:
        """Of its text; whole words."""
        return len(self._heard_text(response, self._playout.ms(self.heard_bytes(response, now))))

    def _heard_text(self, response: Response, heard_ms: float) -> str:
        spoken = response.spoken
        chars = spoken.said(heard_ms, self.length_ms(response), finished=response.finished, rate=self.rate.value)
        return spoken.text[:chars]

    def _cut_tails(self, now: float, *, final: bool = False) -> None:
        for tail in self._tails:
            heard = self.heard_bytes(tail, now)
            if heard < tail.length:
                heard_ms = self._playout.ms(heard)
                if final:
                    self._final(tail, self._heard_text(tail, heard_ms))
                self._correct(tail, heard_ms)
        self._tails.clear()

    def _correct(self, response: Response, heard_ms: float) -> None:
        response.entry.text = self._heard_text(response, heard_ms).strip()
        if response.engine == self._engine.number and response.name is not None:
            self._engine.tell(CorrectHeard(response.name, round(heard_ms), response.entry.text))

    # ---- what is told of it

    def _final(self, response: Response, text: str) -> None:
        if text.strip() and text != response.final:
            response.final = text
            self._out.send(TranscriptFrame("assistant", text, True))

    def _stage(self, response: Response, stage: Stage, now: float) -> None:
        engine = self._engine
        ms = response.turn.reach(stage, now, now, engine.provider, engine.model)
        if ms is not None:
            self._out.send(TurnFrame(stage, ms, engine.provider, engine.model))

    def _is_over(self, response: Response, *, interrupted: bool) -> None:
        response.length = self.length(response)
        self.current = self.audible = self.continuing = None
        if response.name is not None:
            self._over.append(response.name)
        if not interrupted:
            self._tails.append(response)
        if response.entry.text:
            said = response.entry.text, response.began_at, self._turns.wall()
            self._out.do(Record(Spoken("assistant", *said, "interrupted" if interrupted else "complete")))
        if response.called and not interrupted:
            self._turns.chained = response.turn
        else:
            self._out.do(Record(self._turns.over(response.turn, interrupted=interrupted)))
