"""A vendor in miniature, with messages under way in both directions, for random interleavings."""

from collections import deque
from typing import Any

from speko.providers.s2s import AnswerTool, Commit, Say, StopResponse, ToolRequested
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import Talk

PIECE_MS = 600


class VendorModel:
    """What the reference says of a session with turn detection: one response at a time, an answer by itself at the end
    of a turn, and speech cancels the response. It takes note of what it was not asked to answer, and of answers to
    nothing."""

    def __init__(self, *, confirms: bool) -> None:
        self._confirms = confirms
        self.talk = Talk()
        self.talk.told = _Keeping()
        self.to_vendor: deque[e.Event] = deque()
        self.to_client: deque[e.Event] = deque()
        self.unanswered = 0
        self.answers_to_nothing = 0
        self._buffer_ms = 0
        self._heard_ms = 0
        self._speaking = False
        self._active: str | None = None
        self._responses = 0
        self._calls = 0
        self._open_calls: list[str] = []
        self._under_way = 0  # messages that were under way when the user last began or ceased to speak

    # ---- steps

    def deliver_to_vendor(self) -> None:
        self._under_way -= 1
        self._receive(self.to_vendor.popleft())

    def deliver_to_client(self) -> None:
        self._under_way -= 1
        event = self.to_client.popleft()
        for told in self.talk.vendor(event):
            if isinstance(told, ToolRequested):
                self._open_calls.append(told.call_id)
        self._collect()

    def user_speaks(self) -> None:
        self.talk.user(PIECE_MS)
        self.to_vendor.append({"type": "append"})

    def user_commits(self) -> None:
        self._do(Commit())

    def user_types(self) -> None:
        self._do(Say("Hello"))

    def user_interrupts(self) -> None:
        self._do(StopResponse(f"resp_{self._responses}", 0, ""))

    def tool_answers(self) -> None:
        self._do(AnswerTool(self._open_calls.pop(0), "done"))

    def speech_is_found(self) -> None:
        self._speaking = True
        self._end("cancelled")
        self._say(e.speech_started(max(0, self._heard_ms - self._buffer_ms)))
        self._under_way = len(self.to_vendor) + len(self.to_client)

    def end_is_found(self) -> None:
        self._speaking = False
        self._buffer_ms = 0
        self.unanswered += 1
        self._say(e.speech_stopped(self._heard_ms))
        self._say_committed()
        if self._active is None:
            self._create()
        self._under_way = len(self.to_vendor) + len(self.to_client)

    def tool_is_called(self) -> None:
        self._calls += 1
        self._say(e.arguments(f"call_{self._calls}", "look", "{}", str(self._active)))

    def response_ends(self) -> None:
        self._end("completed")

    def possible(self) -> list[str]:
        """Steps that can happen now. A response, speech and a pause take longer than the messages under way."""
        time_has_passed = self._under_way <= 0
        steps = {
            "deliver_to_vendor": bool(self.to_vendor),
            "deliver_to_client": bool(self.to_client),
            "user_speaks": True,
            "user_commits": True,
            "user_types": True,
            "user_interrupts": True,
            "tool_answers": bool(self._open_calls),
            "speech_is_found": self._buffer_ms > 0 and not self._speaking and time_has_passed,
            "end_is_found": self._speaking and time_has_passed,
            "tool_is_called": self._active is not None,
            "response_ends": self._active is not None and not self.to_vendor and not self.to_client,
        }
        return [name for name, can in steps.items() if can]

    def settle(self) -> None:
        """Everything arrives, every response ends, every tool answers."""
        for _ in range(1000):
            if self.to_vendor:
                self.deliver_to_vendor()
            elif self.to_client:
                self.deliver_to_client()
            elif self._open_calls:
                self.tool_answers()
            elif self._speaking:
                self.end_is_found()
            elif self._active is not None:
                self.response_ends()
            else:
                return
        raise AssertionError("it goes on for ever")

    # ---- inside

    def _do(self, command: Any) -> None:
        self.talk.do(command)
        self._collect()

    def _collect(self) -> None:
        self.to_vendor += self.talk.sent
        self.talk.sent.clear()

    def _say(self, event: e.Event) -> None:
        self.to_client.append(event)

    def _say_committed(self) -> None:
        if self._confirms:
            self._say(e.event("input_audio_buffer.committed", item_id="item_user"))

    def _create(self) -> None:
        self.answers_to_nothing += not self.unanswered
        self.unanswered = 0
        self._responses += 1
        self._active = f"resp_{self._responses}"
        self._say(e.created(self._active))

    def _end(self, status: str) -> None:
        if self._active is not None:
            self._say(e.done(self._active, status))
            self._active = None

    def _receive(self, message: e.Event) -> None:
        kind, event_id = message["type"], message.get("event_id")
        if kind == "append":
            self._buffer_ms += PIECE_MS
            self._heard_ms += PIECE_MS
        elif kind == "input_audio_buffer.commit" and not self._buffer_ms:
            self._say(e.error("buffer too small", code="input_audio_buffer_commit_empty", event_id=event_id))
        elif kind == "input_audio_buffer.commit":
            self._buffer_ms = 0
            self._speaking = False
            self.unanswered += 1
            self._say_committed()
        elif kind == "conversation.item.create":
            self.unanswered += 1
            if self._confirms:
                self._say(e.event("conversation.item.added", item=message["item"]))
        elif kind == "response.create" and self._active is not None:
            code = "conversation_already_has_active_response"
            self._say(e.error("already has an active response", code=code, event_id=event_id))
        elif kind == "response.create":
            self._create()
        elif kind == "response.cancel" and message["response_id"] == self._active:
            self._end("cancelled")
        elif kind == "response.cancel":
            self._say(e.error("not active", code="response_cancel_not_active", event_id=event_id))


class _Keeping(list[Any]):
    """Everything that was told, for good."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Any] = []

    def append(self, entry: Any) -> None:
        super().append(entry)
        self.all.append(entry)
