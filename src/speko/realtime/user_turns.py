"""The user's side: where an utterance begins and ends, its words, and what is typed."""

from speko.events.s2s import TranscriptFrame, TurnFrame
from speko.providers.s2s import Clear, Commit, Say, SpeechStarted, SpeechStopped, TurnStage, UserTranscript
from speko.realtime.actions import Record, Spoken
from speko.realtime.conversation import Conversation, UserEntry
from speko.realtime.engine_side import EngineSide
from speko.realtime.outbox import Outbox
from speko.realtime.responses import Responses
from speko.realtime.turns import Turns
from speko.realtime.unanswered import Unanswered


class UserTurns:
    """What the user says, as the engine or the client tells where it ends."""

    def __init__(
        self,
        out: Outbox,
        *,
        engine: EngineSide,
        responses: Responses,
        ring: Unanswered,
        conversation: Conversation,
        turns: Turns,
    ) -> None:
        self._out = out
        self._engine = engine
        self._responses = responses
        self._ring = ring
        self._conversation = conversation
        self._turns = turns
        self.speaking = False
        """The engine has found speech that is not over."""
        self._committed_to = 0
        """Position in the audio."""
        self.prompt: Say | None = None
        """The assistant was asked to speak by itself, and has not begun."""
        self._open: UserEntry | None = None
        """The utterance that is being spoken, once it has words."""

    # ---- what the client tells

    def commit(self, position: int, now: float) -> None:
        """The user's turn ends at `position` of the audio. Of nothing, it is nothing."""
        spoken_ms = self._ring.ms(position - self._committed_to)
        if spoken_ms <= 0:
            return
        self._committed_to = position
        self._responses.end_finished(now)
        self._engine.tell(Commit())
        if self.speaking or not (self._engine.finds_speech and self._engine.owes):
            self._is_over(position, now, spoken_since=now - spoken_ms / 1000)
        self._ring.committed()
        self._asked(now)

    def commit_again(self, position: int, now: float) -> None:
        """What the client had committed to an engine that is gone."""
        self._engine.tell(Commit())
        self._is_over(position, now, spoken_since=now)
        self._ring.committed()
        self._asked(now)

    def clear(self, position: int) -> None:
        """What was not committed shall be forgotten."""
        self._engine.tell(Clear())
        self._ring.clear(position)
        self._committed_to = position
        self.speaking = False

    def say(self, text: str, now: float, instructions: str | None = None) -> None:
        """Typed text, answered like speech. Blank text is nothing, but with instructions it is a prompt: the assistant
        is to speak by itself."""
        if not text.strip():
            if instructions is not None:
                self._prompt(Say("", instructions), now)
            return
        self._responses.end_finished(now)
        typed_at = self._turns.wall()
        self._conversation.typed(text, typed_at)
        self._out.do(Record(Spoken("user", text, typed_at, typed_at)))
        self._turns.typed(now)
        self._engine.tell(Say(text, instructions))
        self._asked(now)

    def _prompt(self, prompt: Say, now: float) -> None:
        self._responses.end_finished(now)
        self._turns.typed(now)
        self.prompt = prompt
        self._engine.tell(prompt)
        self._asked(now)

    def ask_again(self) -> None:
        """The next engine is there. The conversation that it was told does not show that it is to speak."""
        if self.prompt is not None:
            self._engine.tell(self.prompt)

    # ---- what the engine tells

    def started(self, event: SpeechStarted, now: float) -> None:
        """The user speaks: barge-in, unless the engine decides about that by itself."""
        self._engine.finds_speech = True
        self._engine.owes = False
        self._responses.refuse_next = False
        if not self._engine.capabilities.owns_turns:
            self._responses.barge_in(now)
        self.speaking = True
        self._ring.speech_from(self._ring.ago(event.ago_ms))
        if not self._turns.begin(now, event.ago_ms).heard_anew:
            self._out.send(TurnFrame("speech_started", -event.ago_ms))

    def stopped(self, event: SpeechStopped, now: float) -> None:
        """The user has stopped. Where the client had committed before that, it is known."""
        if not self.speaking and self._engine.owes:
            return
        self._is_over(self._ring.ago(event.ago_ms), now, ago_ms=event.ago_ms)
        self._asked(now)

    def transcript(self, event: UserTranscript, now: float) -> None:
        """Words of an utterance. None at all: not final, the utterance is named, in the order of the conversation;
        final, there were none."""
        entry = self._conversation.utterance(event.utterance) or self._unplaced(event.utterance)
        text = event.text.strip()
        if entry.text:  # final already
            return
        if not event.final:
            if text:
                self._out.send(TranscriptFrame("user", event.text, False))
            return
        if entry.span is not None:
            entry.span.settled = True
        if not text:
            entry.answered = True
            self._engine.owes = self._engine.owes and bool(self._conversation.waiting())
            return
        entry.text = text
        self._out.send(TranscriptFrame("user", event.text, True))
        self._out.do(Record(Spoken("user", text, entry.started_at, entry.ended_at)))
        if not self._engine.capabilities.owns_turns:  # those tell all stages
            self._stage(TurnStage("stt_final"), now)

    def stage(self, event: TurnStage, now: float) -> None:
        """A stage inside the engine."""
        if not self._stage(event, now):
            self._turns.greet(now)
            self._stage(event, now)

    def hears_from(self, position: int) -> None:
        """Another engine is there, which has heard nothing of the audio before `position`."""
        self._committed_to = max(self._committed_to, position)

    def engine_lost(self) -> None:
        """What it had not ended, the next engine will hear and end."""
        self.speaking = False
        self._open = None

    def _stage(self, event: TurnStage, now: float) -> bool:
        current = self._responses.current
        turn = self._turns.current(current.turn if current else None)
        if turn is None:
            return False
        ms = turn.reach(event.stage, now - event.ago_ms / 1000, now, event.provider, event.model)
        if ms is not None:
            self._out.send(TurnFrame(event.stage, ms, event.provider, event.model))
        return True

    def _unplaced(self, name: str) -> UserEntry:
        """Words of speech that is not over, or whose end nobody has reported."""
        now = self._turns.wall()
        entry = UserEntry(now, now)
        self._conversation.name(name, entry)
        if self.speaking and self._open is None:
            self._open = entry
            return entry
        current = self._responses.current
        if current is not None and not current.finished:
            current.answers.append(entry)
            self._conversation.place(entry, current.entry)
        else:
            self._conversation.place(entry, None)
        return entry

    def _is_over(self, position: int, now: float, *, ago_ms: int = 0, spoken_since: float | None = None) -> None:
        turn = self._turns.end(now, ago_ms, spoken_since=spoken_since)
        self._out.send(TurnFrame("speech_ended", ago_ms))
        ended_at = self._turns.wall(ago_ms)
        entry, self._open = self._open, None
        named = entry is not None
        if entry is None:
            entry = UserEntry(turn.started_at, ended_at)
        entry.started_at, entry.ended_at = turn.started_at, ended_at
        entry.span = self._ring.close(position)
        entry.span.settled = bool(entry.text) or entry.answered
        self._conversation.spoken(entry, named=named)
        self.speaking = False

    def _asked(self, now: float) -> None:
        self._engine.owe(now)
        self._responses.refuse_next = False
