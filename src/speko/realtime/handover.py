"""From an engine that is gone to the next one: what is carried over, so that no word is lost and none said twice.

Source: contract, S2S WebSocket 11.
"""

from speko.providers.s2s import S2sCapabilities
from speko.realtime.conversation import AnswerEntry, CallEntry, Conversation, settle
from speko.realtime.engine_side import EngineSide
from speko.realtime.outbox import Outbox
from speko.realtime.responses import Response, Responses
from speko.realtime.tool_calls import ToolCalls
from speko.realtime.turns import Turns
from speko.realtime.unanswered import Unanswered
from speko.realtime.user_turns import UserTurns

_MOST_STALLS = 2
"""After as many stalls over the same audio, there is nothing in it to be answered."""


class Handover:
    """Between two engines of one session."""

    def __init__(
        self,
        out: Outbox,
        *,
        engine: EngineSide,
        responses: Responses,
        user: UserTurns,
        ring: Unanswered,
        conversation: Conversation,
        calls: ToolCalls,
        turns: Turns,
    ) -> None:
        self._out = out
        self._engine = engine
        self._responses = responses
        self._user = user
        self._ring = ring
        self._conversation = conversation
        self._calls = calls
        self._turns = turns
        self._carried: Response | None = None
        """The response that the next engine goes on with."""
        self._heard = ""
        """What was heard of it when its engine was lost."""
        self._stalls = 0

    def answered(self) -> None:
        """A response has begun."""
        self._stalls = 0

    def lose(self, now: float, *, stalled: bool = False) -> None:
        """The engine is gone, or as good as gone: asks for the next."""
        self._give_up_after_stalls(stalled)
        owed = self._engine.owes
        response = self._responses.current
        self._engine.lost()
        self._carried = None
        if response is not None and not response.finished:
            owed = True
            self._carry(response, now)
        unheard = self._ring.waiting or self._user.speaking
        self._ring.collapse(quiet=self._engine.finds_speech and not self._user.speaking)
        if self._turns.pending is not None and self._turns.pending.ended is not None and unheard:
            self._turns.pending.heard_anew = True
        self._user.engine_lost()
        self._conversation.forget_names()
        self._responses.orphan()
        self._engine.owes = owed
        answers = owed and not unheard and self._user.prompt is None and self._answerable()
        self._connect(continue_answer=self._carried is not None or answers)

    def silence(self) -> None:
        """The user has interrupted, and wants nothing of what is still to come."""
        settle(self._conversation.waiting())
        self._engine.owes = False
        self._user.prompt = None
        if self._engine.up:
            self._responses.refuse_next = True
            return
        self._carried = None
        if self._ring.commit_at is not None:
            self._ring.clear(self._ring.commit_at)
            self._ring.commit_at = None
        self._engine.lost()
        self._connect(continue_answer=False)

    def ready(self, capabilities: S2sCapabilities, now: float) -> None:
        """The next engine is there, and was told what `Connect` said."""
        carried, self._carried = self._carried, None
        if carried is None or carried is not self._responses.current:
            return
        if capabilities.continues or carried.start is None:
            self._responses.continuing = carried
        else:
            self._responses.interrupt(now, "assistant", heard_text=self._heard, settled=False)

    def _carry(self, response: Response, now: float) -> None:
        """What becomes of a response in the middle of which the engine was lost."""
        responses = self._responses
        length_ms = responses.length_ms(response)
        delivered = response.spoken.said(length_ms, length_ms, finished=False, rate=responses.rate.value)
        if response.called:
            responses.finish(response, now)  # it goes on when the tools have answered
        elif self._replaced(response) or (response.start is not None and not delivered):
            responses.interrupt(now, "assistant", settled=False)  # the answer begins anew
        else:
            chars = min(delivered, responses.heard_chars(response, now))
            self._carried, self._heard = response, response.spoken.text[:chars]
            response.spoken.cut(delivered)

    def _replaced(self, response: Response) -> bool:
        """The user's words are not known, so they will be heard and answered anew; or more was said since."""
        unknown = any(entry.span is not None and not entry.span.settled for entry in response.answers)
        return unknown or any(entry.text and entry not in response.answers for entry in self._conversation.waiting())

    def _answerable(self) -> bool:
        last = self._conversation.last()
        if last is None:
            return True  # a greeting
        if isinstance(last, AnswerEntry):
            return last.unsaid
        if isinstance(last, CallEntry):
            return last.answer is not None and not self._calls
        return not last.answered

    def _connect(self, *, continue_answer: bool) -> None:
        shown = self._carried.entry if self._carried is not None else None
        delivered = self._carried.spoken.text.strip() if self._carried is not None else ""
        history = self._conversation.history(shown, delivered)
        heard = self._conversation.history(shown, self._heard.strip())
        self._engine.connect(history, continue_answer=continue_answer, heard=heard)

    def _give_up_after_stalls(self, stalled: bool) -> None:
        self._stalls = self._stalls + 1 if stalled else self._stalls
        if self._stalls >= _MOST_STALLS and self._ring.waiting:
            self._stalls = 0
            settle(self._conversation.waiting())
            self._engine.owes = False
