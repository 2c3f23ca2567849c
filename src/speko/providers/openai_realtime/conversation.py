"""A session with a server as a state machine without I/O: its events in, ours out; our commands in, its messages out.

Every response has one end here, whatever order the server's events come in: what it sends of a response that is over is
dropped, and a response that it never announced begins with its first sign of life.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from msgspec.structs import replace

from speko.providers.call import Usage
from speko.providers.errors import ProviderError, ProviderUnavailable, RateLimited
from speko.providers.openai_realtime import client_events, complaints, server_events
from speko.providers.openai_realtime.facts import RealtimeFacts
from speko.providers.openai_realtime.responses import SentResponse, Status
from speko.providers.openai_realtime.silence import Silence
from speko.providers.openai_realtime.tokens import counted
from speko.providers.openai_realtime.turns import Reason, Turns
from speko.providers.s2s import (
    AnswerTool,
    AssistantSaid,
    AssistantText,
    Clear,
    Commit,
    Configure,
    CorrectHeard,
    EngineCommand,
    EngineProblem,
    EngineSink,
    PlayedSoFar,
    ResponseDone,
    ResponseStarted,
    S2sRequest,
    Say,
    SpeechStarted,
    SpeechStopped,
    StopResponse,
    ToolAnswered,
    ToolCalled,
    ToolRequested,
    UserTranscript,
)

log = logging.getLogger(__name__)

_STATUSES: frozenset[str | None] = frozenset(get_args(Status))
_REMEMBERED = 16
"""Responses that are kept after their end, for corrections of what was heard."""


class Conversation:
    """One session.

    Args:
        request: what was asked of the engine.
        facts: how its vendor differs.
        usage: kept true.
        sink: where events go.
        send: writes a message to the server.
        lost: the session is over.
        secrets: what no message may show.
    """

    def __init__(
        self,
        *,
        request: S2sRequest,
        facts: RealtimeFacts,
        usage: Usage,
        sink: EngineSink,
        send: Callable[[bytes], None],
        lost: Callable[[ProviderError], None],
        secrets: Sequence[str],
    ) -> None:
        self.sink = sink
        self._request = request
        self._facts = facts
        self._usage = usage
        self._send = send
        self._lost = lost
        self._secrets = secrets
        self._content = tuple(client_events.texts(request))
        self._recent = deque[str](maxlen=16)  # words that came after the request
        self._instructions: str | None = None  # of the next response that is asked for
        self._instructed = request.system_prompt is not None  # at any time
        self._refused = False  # the last instructions and tools were
        self._turns = Turns(request.input_rate, self._respond)
        self._received = 0  # bytes of audio
        self._words: dict[str, str] = {}  # of the user's utterances that are being written down
        self._responses: dict[str, SentResponse] = {}
        self._active: SentResponse | None = None
        self._calls: dict[str, str] = {}  # tool calls without an answer, with the response that asked for them
        self._nameless = 0

    @property
    def content(self) -> Sequence[str]:
        """The words of people in this session, which no error may repeat."""
        return [*self._content, *self._recent]

    def appended(self, size: int) -> None:
        """So many bytes of the user's audio were sent."""
        self._turns.append(size)

    def _count_audio(self) -> None:
        # Not with every frame: whoever reads it has closed the connection, or was told of a response's usage.
        self._usage.audio_ms = self._turns.appended_ms + self._received * 500 // self._request.output_rate

    def mute(self) -> None:
        """Nothing is told any more."""
        self._count_audio()
        self.sink = Silence()

    # ---- the beginning

    def begin(self, session: server_events.Session) -> None:
        """The server has accepted the settings: it hears of the conversation so far."""
        if session.detection is not None:
            self._turns.detects(session.detection.prefix_padding_ms, session.detection.silence_duration_ms)
        for item in self._request.history:
            self._send(client_events.create_item(client_events.new_id("history"), client_events.item_of(item)))
            if isinstance(item, ToolCalled):
                self._calls[item.call_id] = ""
            elif isinstance(item, ToolAnswered):
                self._calls.pop(item.call_id, None)
        if not self._request.continue_answer or self._calls:  # the answers of the tools will ask for the response
            return
        history = self._request.history
        if history and isinstance(history[-1], AssistantSaid):
            self._send(client_events.continue_answer(self._request.system_prompt))
            self._turns.expect(Reason.TEXT)
        else:
            self._turns.owe(Reason.TEXT)

    # ---- commands

    def do(self, command: EngineCommand) -> None:
        """Carries a command out."""
        match command:
            case Commit():
                if self._turns.commit():
                    event_id = client_events.new_id("commit")
                    self._turns.sent(event_id)
                    self._send(client_events.commit(event_id))
                    self._turns.owe(Reason.TURN)
            case Clear():
                self._turns.clear()
                self._send(client_events.clear())
            case Say(text, instructions):
                self._instructions = instructions
                self._recent.extend(filter(None, (text, instructions)))
                if text:
                    self._send_item("say", client_events.user_message(text))
                self._turns.owe(Reason.TEXT)
            case StopResponse(response, heard_ms) | CorrectHeard(response, heard_ms):
                self._stop(response, heard_ms)
            case AnswerTool(call_id, output, failed):
                self._answer_tool(call_id, output, failed)
            case Configure():
                self._configure(command)
            case PlayedSoFar():
                pass

    def _configure(self, wanted: Configure) -> None:
        before = self._request
        self._request = after = replace(before, system_prompt=wanted.system_prompt, tools=wanted.tools)
        if after != before or self._refused:
            self._send(client_events.configure(after, self._facts, instructed=self._instructed))
            self._refused, self._instructed = False, self._instructed or after.system_prompt is not None
        self._content = (*client_events.texts(before), *client_events.texts(after))  # an error may come late

    def _respond(self) -> None:
        instructions, self._instructions = self._instructions, None
        self._send(client_events.respond(instructions))

    def _send_item(self, purpose: Literal["say", "result"], item: dict[str, Any]) -> None:
        item_id = client_events.new_id(purpose)
        self._turns.sent(item_id)
        self._send(client_events.create_item(item_id, {"id": item_id, **item}))

    def _stop(self, response_id: str, heard_ms: int) -> None:
        response = self._responses.get(response_id)
        if response is None:
            return
        if not response.stopped and not response.over:
            self._send(client_events.cancel(response.id))
        response.stopped = True
        for item_id, end_ms in response.cuts(heard_ms):
            self._send(client_events.truncate(item_id, end_ms))

    def _answer_tool(self, call_id: str, output: str, failed: bool) -> None:
        response = self._calls.pop(call_id, None)
        if response is None:
            return
        self._recent.append(output)
        self._send_item("result", client_events.tool_result(call_id, output, failed=failed))
        if response not in self._calls.values():
            self._turns.owe(Reason.TOOLS)

    # ---- events

    def received(self, event: server_events.ServerEvent) -> None:
        """An event of the server."""
        if type(event) is server_events.AudioDelta:
            self._audio(event)
            return
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def _audio(self, event: server_events.AudioDelta) -> None:
        response = self._active
        if response is None or response.stopped or response.id != event.response_id:
            response = self._of(event.response_id)
            if response is None:
                return
        delta = event.delta
        self._received += len(delta)
        pcm = response.add(event.item_id, delta)
        if pcm:
            self.sink.audio(response.id, pcm)

    def _speech_started(self, event: server_events.SpeechStarted) -> None:
        self.sink.event(SpeechStarted(self._turns.speech_started(event.audio_start_ms)))

    def _speech_stopped(self, event: server_events.SpeechStopped) -> None:
        self.sink.event(SpeechStopped(self._turns.speech_stopped(event.audio_end_ms)))

    def _committed(self, _: server_events.Committed) -> None:
        self._turns.committed()

    def _transcript_delta(self, event: server_events.TranscriptDelta) -> None:
        if event.delta:
            text = self._words[event.item_id] = self._words.get(event.item_id, "") + event.delta
            self.sink.event(UserTranscript(event.item_id, text, final=False))

    def _transcript_completed(self, event: server_events.TranscriptCompleted) -> None:
        self._words.pop(event.item_id, None)
        self._recent.append(event.transcript)
        if event.transcript.strip():
            self.sink.event(UserTranscript(event.item_id, event.transcript, final=True))

    def _transcript_failed(self, event: server_events.TranscriptFailed) -> None:
        heard = self._words.pop(event.item_id, "")
        if heard.strip():
            self.sink.event(UserTranscript(event.item_id, heard, final=True))
        self.sink.event(EngineProblem("what the user said could not be transcribed"))

    # ---- responses

    def _added(self, event: server_events.ItemAdded | server_events.ItemCreated) -> None:
        self._turns.confirmed(event.item.id or "")

    def _created(self, event: server_events.ResponseCreated) -> None:
        self._turns.announced()
        if event.response.id:  # without one it begins with its first sign of life
            self._of(event.response.id)

    def _of(self, response_id: str) -> SentResponse | None:
        """The response of that id, if the user may hear of it; begins it if it is new."""
        response = self._responses.get(response_id) if response_id else self._active
        if response is None:
            response = self._start(response_id)
        return None if response.over or response.stopped else response

    def _start(self, response_id: str) -> SentResponse:
        if self._active is not None:
            self._end(self._active, "incomplete")  # the server has gone on without saying so
        while len(self._responses) >= _REMEMBERED:
            del self._responses[next(iter(self._responses))]
        if not response_id:
            self._nameless += 1
            response_id = f"response_{self._nameless}"
        response = SentResponse(response_id, self._request.output_rate)
        self._active = self._responses[response.id] = response
        self._turns.began()
        self.sink.event(ResponseStarted(response.id))
        return response

    def _end(self, response: SentResponse, status: Status) -> None:
        self._count_audio()
        response.over = True
        if self._active is response:
            self._active = None
            self._turns.ended()
        self.sink.event(ResponseDone(response.id, status))

    def _text(self, event: server_events.TextDelta | server_events.SpokenDelta) -> None:
        self._say(event.response_id, event.item_id, event.delta)

    def _spoken(self, event: server_events.SpokenDone) -> None:
        """Some servers send the words of an item only when it is complete."""
        response = self._responses.get(event.response_id, self._active)
        if response is None or event.item_id not in response.spoken_items:
            self._say(event.response_id, event.item_id, event.transcript)

    def _say(self, response_id: str, item_id: str, words: str | None) -> None:
        response = self._of(response_id)
        if response is None or not words:
            return
        if item_id not in response.spoken_items:
            if response.spoken_items and not words[0].isspace():
                words = f" {words}"  # items are paragraphs
            response.spoken_items.add(item_id)
        self.sink.event(AssistantText(response.id, words))

    def _arguments(self, event: server_events.ArgumentsDone) -> None:
        if event.name:
            self._tool(event.response_id, event.call_id, event.name, event.arguments)

    def _item(self, event: server_events.ItemDone) -> None:
        self._tool_item(event.response_id, event.item)

    def _tool_item(self, response_id: str, item: server_events.Item) -> None:
        if item.type == "function_call" and item.name:
            self._tool(response_id, item.call_id or "", item.name, item.arguments or "")

    def _tool(self, response_id: str, call_id: str, name: str, arguments: str) -> None:
        response = self._of(response_id)
        if response is None or call_id in response.calls:
            return
        response.calls.add(call_id)
        self._calls[call_id] = response.id
        self.sink.event(ToolRequested(response.id, call_id, name, arguments or "{}"))

    def _done(self, event: server_events.ResponseDone) -> None:
        report = event.response
        response = self._responses.get(report.id) if report.id else self._active
        if response is None:
            response = self._start(report.id or "")
        for item in report.output or ():
            self._tool_item(response.id, item)
        if report.usage is not None and (report.usage.counted or report.status != "failed"):
            self.sink.event(counted(self._usage, response.id, report.usage))  # a failure that used nothing is no usage
        status: Any = report.status if report.status in _STATUSES else "completed"
        if response.over or (status == "failed" and self._failed(report)):
            return
        self._end(response, status)
        self._turns.ask()

    def _failed(self, report: server_events.Response) -> bool:
        """Says why a response failed; True if that ends the session, because the server cannot answer now."""
        error = report.status_details.error if report.status_details else None
        kind = self._meaning(error or server_events.ErrorBody(type="server_error", message="the response failed"))
        if error is None or complaints.ends_session(error, kind) or isinstance(kind, _NO_ANSWER):
            self._lost(kind)
            return True
        self.sink.event(EngineProblem(kind.message))
        return False

    # ---- errors

    def _error(self, event: server_events.Error) -> None:
        error = event.error
        waiting = self._turns.waiting
        purpose = client_events.purpose_of(error.event_id)
        another = complaints.response_was_active(error)
        if another or purpose == "respond":
            self._turns.refused(another_in_flight=another)
        elif error.event_id:
            self._turns.declined(error.event_id)
        if complaints.came_late(error):
            log.debug("message of ours came late", extra={"purpose": purpose})
            return
        kind = self._meaning(error)
        if complaints.ends_session(error, kind) or (waiting and isinstance(kind, _NO_ANSWER)):
            self._lost(kind)
        else:
            refused = ""
            if purpose == "configure":
                self._refused, refused = True, "other instructions and tools were not taken: "
            self.sink.event(EngineProblem(f"{refused}{kind.message}"))

    def _meaning(self, error: server_events.ErrorBody) -> ProviderError:
        return complaints.meaning(error, secrets=self._secrets, content=self.content)

    def _rate_limits(self, event: server_events.RateLimits) -> None:
        left = {limit.name: limit.remaining for limit in event.rate_limits}
        log.debug("rate limits", extra={"requests_left": left.get("requests"), "tokens_left": left.get("tokens")})


_NO_ANSWER = (RateLimited, ProviderUnavailable)
"""Where a response is due, another engine can give it and this one cannot."""
_HANDLERS: Mapping[type, Callable[[Conversation, Any], None]] = {
    server_events.SpeechStarted: Conversation._speech_started,
    server_events.SpeechStopped: Conversation._speech_stopped,
    server_events.Committed: Conversation._committed,
    server_events.TranscriptDelta: Conversation._transcript_delta,
    server_events.TranscriptCompleted: Conversation._transcript_completed,
    server_events.TranscriptFailed: Conversation._transcript_failed,
    server_events.ItemAdded: Conversation._added,
    server_events.ItemCreated: Conversation._added,
    server_events.ResponseCreated: Conversation._created,
    server_events.ResponseDone: Conversation._done,
    server_events.TextDelta: Conversation._text,
    server_events.SpokenDelta: Conversation._text,
    server_events.SpokenDone: Conversation._spoken,
    server_events.ArgumentsDone: Conversation._arguments,
    server_events.ItemDone: Conversation._item,
    server_events.Error: Conversation._error,
    server_events.RateLimits: Conversation._rate_limits,
}
