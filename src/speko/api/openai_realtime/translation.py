"""One session between two protocols, without I/O: what a client of the Realtime API says becomes frames of the session
machine, and what the machine and its engine say becomes events of that API.

There: adding an item and asking for a response are two things, and nothing is answered that was not asked for, but a
turn that the server has found. Here: what is said is answered. So what a client adds waits until it asks.
"""

from collections.abc import Callable
from typing import Any

from speko.api.openai_realtime import client_events as client
from speko.api.openai_realtime import settings as configured
from speko.api.openai_realtime.complaints import Complaint, not_served
from speko.api.openai_realtime.held import Held
from speko.api.openai_realtime.input import Input
from speko.api.openai_realtime.items import Items
from speko.api.openai_realtime.output import Asked, Output
from speko.api.openai_realtime.server_events import Numbered
from speko.api.openai_realtime.settings import Settings
from speko.api.openai_realtime.wanted import Begin, Tell, Wanted
from speko.events.s2s import (
    Control,
    EndFrame,
    ErrorFrame,
    Interrupt,
    InterruptionFrame,
    Played,
    ServerFrame,
    ToolCallFrame,
    ToolResult,
    TranscriptFrame,
    TurnFrame,
    UserMessage,
)
from speko.providers.s2s import EngineEvent, ResponseDone, ResponseStarted, ResponseUsage, SpeechStarted, UserTranscript

_ALL_OF_IT = 1e7
"""Milliseconds; longer than any answer."""


class Translation:
    """Every method returns what is to be done, in order. Nothing after `ended`."""

    def __init__(self, settings: Settings, session_id: str, expires_at: int, numbers: Numbered | None = None) -> None:
        self.settings = settings
        self.begun = False
        self.over = False
        self._numbers = numbers = numbers or Numbered()
        self._out: list[Wanted] = []
        self._session = session_id, expires_at
        self._items = items = Items(numbers, self._out)
        self.input = Input(numbers, items, self._out)
        self.output = Output(numbers, items, self._out)
        self._held = Held()
        self._system = ""
        """What system messages said before the session began."""
        self._engine_up = False
        self._engine_id: str | None = None
        """Of the response in flight, as the engine calls it."""
        self._status: ResponseDone | None = None
        self._usage: ResponseUsage | None = None
        self._cancelled = False
        """The interruption that comes next is the client's."""
        self._coming = False
        """The engine has been asked for a response that has not begun."""
        self._on: dict[type, Callable[..., None]] = {
            client.CommitAudio: self._commit,
            client.ClearAudio: self._clear,
            client.ClearOutput: self._clear_output,
            client.UpdateSession: self._update,
            client.CreateItem: self._create_item,
            client.RetrieveItem: self._retrieve_item,
            client.DeleteItem: self._delete_item,
            client.TruncateItem: self._truncate_item,
            client.CreateResponse: self._create_response,
            client.CancelResponse: self._cancel,
        }

    def created(self) -> list[Wanted]:
        """The socket is open."""
        self._say("session.created", session=self.settings.members(*self._session))
        return self._done()

    # ---- the client

    @property
    def straight(self) -> bool:
        """Sound goes to the session machine as it comes."""
        return self.begun and self.settings.detection is not None

    def sound(self, event: client.AppendAudio) -> list[Wanted]:
        """The user's next sound, when it does not go straight. What is left to be heard goes after that."""
        if self.over:
            return []
        try:
            if len(event.audio) & 1:
                raise Complaint("Half a sample: a sample has two bytes", "invalid_value", "audio")
            self._begin(asked=False)
            if self.settings.detection is None:
                self.input.keep(event.audio)
        except Complaint as complaint:
            self._complain(complaint, event.event_id)
        return self._done()

    def said(self, event: client.Event, *, coming: bool) -> list[Wanted]:
        """Any other event of the client. `coming`: the engine has been asked for a response that has not begun."""
        if self.over:
            return []
        self._coming = coming
        try:
            self._on[type(event)](event)
        except Complaint as complaint:
            self._complain(complaint, event.event_id)
        return self._done()

    def invalid(self, complaint: Complaint) -> list[Wanted]:
        """The client has sent what is no event."""
        self._complain(complaint, complaint.event_id)
        return self._done()

    def _complain(self, complaint: Complaint, event_id: str | None) -> None:
        self._out.append(
            self._numbers.error(
                complaint.message, complaint.code, "invalid_request_error", param=complaint.param, event_id=event_id
            )
        )

    def _begin(self, *, asked: bool) -> None:
        if not self.begun:
            self.begun = True
            history, self._system = self._held.history(asked=asked)
            self._out.append(Begin(history, self._system))

    def _update(self, event: client.UpdateSession) -> None:
        before = self.settings.configured(self._system)
        self.settings = settings = configured.updated(self.settings, event.session, begun=self.begun)
        if self.begun and settings.configured(self._system) != before:
            self._out.append(settings.configured(self._system))
        self.input.transcribes = settings.transcribes
        self.output.modality, self.output.voice = settings.modality, settings.voice
        self._say("session.updated", session=settings.members(*self._session))

    def _commit(self, _: client.CommitAudio) -> None:
        if self.settings.detection is None:
            self.input.commit()
        else:
            self.input.check_fresh()
            self.input.commits = True
            self._tell(Control("commit"))

    def _clear(self, _: client.ClearAudio) -> None:
        if self.straight:
            self._tell(Control("clear"))
        self.input.clear()

    def _clear_output(self, _: client.ClearOutput) -> None:
        raise not_served("Over a WebSocket the client plays the sound: it clears its own buffer", "type")

    # ---- items

    def _create_item(self, event: client.CreateItem) -> None:
        given = None if isinstance(event.item, client.McpApproval) else event.item.id
        self._items.check_new(given)
        shown = self._held.put(given or self._numbers.new("item"), event.item, begun=self.begun)
        self._items.add(shown)

    def _retrieve_item(self, event: client.RetrieveItem) -> None:
        self._say("conversation.item.retrieved", item=self._items.get(event.item_id))

    def _delete_item(self, event: client.DeleteItem) -> None:
        item = self._items.get(event.item_id)
        if not self._held.take_back(event.item_id):
            if item is not self.output.last or not self.output.last_is_cut:
                raise not_served("What was said stays in the conversation", "item_id")
            self._tell(Played(0))  # clients delete an answer of which nothing was heard
        self._items.delete(event.item_id)

    def _truncate_item(self, event: client.TruncateItem) -> None:
        item = self._items.get(event.item_id)
        if item is not self.output.last or event.content_index != 0:
            raise not_served("Only the last answer of the assistant can be cut", "item_id")
        if not self.output.last_is_cut and not self._coming and self.output.asked is None:
            self._cancelled = self.output.open is not None
            self._tell(Interrupt())
        self._tell(Played(event.audio_end_ms))
        self.output.last_is_cut = True
        place = {"item_id": event.item_id, "content_index": 0, "audio_end_ms": event.audio_end_ms}
        self._say("conversation.item.truncated", **place)

    # ---- responses that the client asks for

    def _create_response(self, event: client.CreateResponse) -> None:
        wanted = event.response or client.ResponseParams()
        if self.output.open is not None or self.output.asked is not None:
            raise Complaint(
                "There is a response in progress already: wait for response.done, or cancel it",
                "conversation_already_has_active_response",
            )
        asked = self._asked(wanted)
        self._begin(asked=True)
        spoken, outputs = self.input.waits, self._held.outputs()
        if wanted.instructions and (spoken or outputs or self._coming):
            # They are in, and may not be lost: the response is that of the session's own instructions.
            self._complain(
                not_served("These instructions came too late for this answer", "response.instructions"), event.event_id
            )
        for output in outputs:
            self._tell(ToolResult(output.call_id, output.output))
        if self._engine_up:
            self._hear()
        text = self._held.texts()
        if text or not (spoken or outputs or self._coming):
            self._tell(UserMessage(text, wanted.instructions or ""))
        self.output.asked = asked

    def _hear(self) -> None:
        """The engine hears what the client has kept for it. Before there is one, less could wait for it than here."""
        if self.input.waits:
            self._out += self.input.take()
            self._tell(Control("commit"))

    def _asked(self, wanted: client.ResponseParams) -> Asked:
        if wanted.conversation not in (None, "auto") or wanted.input is not None:
            raise not_served("Every response belongs to the conversation here", "response.conversation")
        if wanted.prompt is not None:
            raise not_served("Stored prompts are not served here: send instructions", "response.prompt")
        if wanted.tools is not None or wanted.tool_choice not in (None, self.settings.tool_choice):
            raise not_served("Tools are those of the session", "response.tools")
        modality = None
        if wanted.output_modalities is not None:
            modality = configured.modality_of(wanted.output_modalities, "response.output_modalities")
        return Asked(wanted.metadata, modality)

    def _cancel(self, event: client.CancelResponse) -> None:
        response = self.output.open
        if response is not None and event.response_id in (None, response.id):
            self._cancelled = True
            self._tell(Interrupt())
        elif response is None and (self.output.asked is not None or self._coming):
            self._tell(Interrupt())
            self.output.nothing("cancelled", "client_cancelled")
        else:
            raise Complaint("Cancellation failed: no active response found", "response_cancel_not_active")

    # ---- the session machine

    def frame(self, frame: ServerFrame) -> list[Wanted]:
        """The machine says something to its client."""
        if self.over:
            return []
        match frame:
            case TranscriptFrame(role="assistant"):
                self.output.text(frame.text)
            case ToolCallFrame():
                self._held.calls.add(frame.call_id)
                self.output.call(frame)
            case TurnFrame():
                self._turn(frame)
            case InterruptionFrame():
                cancelled, self._cancelled = self._cancelled, False
                why = "client_cancelled" if cancelled else ("turn_detected" if frame.at == "user" else None)
                self.output.end("cancelled", why)  # type: ignore[arg-type]
                self.output.last_is_cut = True
            case ErrorFrame():
                self._error(frame)
            case EndFrame():
                self._out.append(
                    self._numbers.error(f"The session has ended: {frame.reason}", frame.reason, "invalid_request_error")
                )
        return self._done()

    def _turn(self, frame: TurnFrame) -> None:
        if frame.stage == "speech_started" and self.settings.detection is not None:
            for output in self._held.outputs():  # the answer to this speech is to know of them
                self._tell(ToolResult(output.call_id, output.output))
            self.input.started(max(0, -frame.ms))
        elif frame.stage == "speech_ended" and self.settings.detection is not None:
            self.input.stopped(max(0, frame.ms))
        elif frame.stage == "response_done":
            # Where the engine has not said that it has finished, the session is ending in the middle of it.
            self._finish("incomplete")

    def _error(self, frame: ErrorFrame) -> None:
        code = {"INSUFFICIENT_CREDITS": "insufficient_quota", "UNKNOWN_TOOL_CALL": "item_not_found"}.get(
            frame.code, frame.code.lower()
        )
        kind = "invalid_request_error" if frame.code in _BY_CLIENT else "server_error"
        self._out.append(self._numbers.error(frame.message, code, kind))

    def sound_begins(self) -> list[Wanted]:
        """The first sound of the open response is there; afterwards `output.sounds` says where it goes."""
        if self.over:
            return []
        self.output.sound_begins()
        return self._done()

    # ---- the engine

    def engine_changed(self, *, awaited: bool) -> list[Wanted]:
        """The first engine is there, or another one. `awaited`: a response is asked of it."""
        if self.over:
            return []
        first, self._engine_up = not self._engine_up, True
        self.input.engine_changed()
        if first and self.output.asked is not None and self.input.waits:
            self._hear()
        elif not awaited:
            self.output.nothing("failed")  # whoever was asked has said nothing, more than once
        return self._done()

    def engine_says(self, event: EngineEvent) -> None:
        """The machine is about to hear that."""
        if isinstance(event, ResponseUsage) and event.response == self._engine_id:
            self._usage = event
        elif isinstance(event, ResponseDone) and event.response == self._engine_id:
            self._status = event

    def engine_said(self, event: EngineEvent, *, responding: bool, awaited: bool) -> list[Wanted]:
        """The machine has heard that. `responding`: a response is in flight now; `awaited`: one was asked for and has
        not begun."""
        if self.over:
            return []
        if isinstance(event, ResponseStarted):
            if responding:
                self._engine_id, self._status, self._usage = event.response, None, None
                self.output.begin()
        elif isinstance(event, ResponseDone):
            if event.response == self._engine_id:
                self._finish("completed")
        elif isinstance(event, UserTranscript):
            self.input.transcript(event)
        if not responding and not awaited:
            # Nobody answers what was asked: the user speaks again, or there was not a word in what was said.
            speaks = isinstance(event, SpeechStarted)
            self.output.nothing("cancelled" if speaks else "completed", "turn_detected" if speaks else None)
        return self._done()

    def _finish(self, unless_known: Any) -> None:
        text_only = self.output.open is not None and self.output.open.modality == "text"
        status, usage = self._status, self._usage
        self.output.end(status.status if status is not None else unless_known, usage=usage)
        if text_only:
            self._tell(Played(_ALL_OF_IT))  # what is read is known at once

    # ---- the end

    def ended(self) -> list[Wanted]:
        """The session is over."""
        self.output.end("incomplete")
        done = self._done()
        self.over = True
        return [wanted for wanted in done if isinstance(wanted, bytes)]

    def failed(self, message: str, code: str) -> list[Wanted]:
        """There is no session, or none any more."""
        self._out.append(self._numbers.error(message, code, "server_error"))
        return self.ended()

    def _say(self, kind: str, **members: Any) -> None:
        self._out.append(self._numbers.event(kind, **members))

    def _tell(self, frame: Any) -> None:
        self._out.append(Tell(frame))

    def _done(self) -> list[Wanted]:
        done = list(self._out) if not self.over else []
        self._out.clear()
        return done


_BY_CLIENT = frozenset(("INVALID_FRAME", "UNKNOWN_TOOL_CALL", "INVALID_CONFIG", "INSUFFICIENT_CREDITS"))
