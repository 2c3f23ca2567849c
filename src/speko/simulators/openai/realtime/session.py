"""One simulated session: takes the client's events in their order, and holds what they are about.

Source: https://platform.openai.com/docs/api-reference/realtime
"""

import asyncio
import binascii
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import pybase64
from msgspec import UNSET

from speko.providers.errors import ProviderError
from speko.simulators.engines import Engines
from speko.simulators.faults import Fault, FaultKind, Stage
from speko.simulators.openai.realtime import client_events as client
from speko.simulators.openai.realtime.config import Config, Pcm, check_modalities
from speko.simulators.openai.realtime.conversation import Conversation, user_messages
from speko.simulators.openai.realtime.errors import Complaint, not_simulated
from speko.simulators.openai.realtime.input_audio import BYTES_PER_MS, InputAudio, SpeechStarted
from speko.simulators.openai.realtime.items import InputAudio as AudioContent
from speko.simulators.openai.realtime.items import Item, ItemReference, MessageItem, Part, item_of, new_id
from speko.simulators.openai.realtime.listening import hear
from speko.simulators.openai.realtime.response import Response
from speko.simulators.openai.realtime.sabotage import Failed, Saboteur, error_event
from speko.simulators.openai.realtime.seen import SeenSession, ToolOutput, Truncation
from speko.simulators.openai.realtime.socket import Gone, Socket
from speko.simulators.openai.realtime.usage import Cache, transcription_usage
from speko.simulators.script import Script, pieces

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_AUDIO = 15 * 2**20
"""Bytes of sound in one event."""
LIFETIME = 60 * 60
"""Seconds, as `expires_at` announces them."""


class Session:
    """One session on an open socket."""

    def __init__(
        self,
        socket: Socket,
        *,
        model: str,
        script: Script,
        fault: Fault | None,
        engines: Engines,
        seen: SeenSession,
        notify: Callable[[], None],
    ) -> None:
        """`seen` is what this session is reported in, `notify` is called whenever it has changed."""
        self.id = seen.id
        self.script, self.engines, self.seen, self.notify = script, engines, seen, notify
        self.conversation_id = new_id("conv")
        self.config = Config(model)
        self.conversation = Conversation()
        self.cache = Cache()
        self.saboteur = Saboteur(fault, socket)
        self._socket = socket
        self._audio = InputAudio(self.config.turn_detection)
        self._expires_at = int(time.time()) + LIFETIME
        self._speech: str | None = None
        """Id of the item that what the user says now will become."""
        self._active: Response | None = None
        self._responses = 0
        self._hearing: dict[str, asyncio.Task[str]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._over = 0
        """Responses in the conversation that are over."""
        self._response_over = asyncio.Event()
        """Set when the next one is; then there is another event."""
        self._events = 0
        self._handlers: dict[type, Callable[[Any], Awaitable[None]]] = {
            client.UpdateSession: self._update,
            client.AppendAudio: self._append,
            client.CommitAudio: self._commit,
            client.ClearAudio: self._clear,
            client.ClearOutput: self._clear_output,
            client.CreateItem: self._create_item,
            client.RetrieveItem: self._retrieve_item,
            client.DeleteItem: self._delete_item,
            client.TruncateItem: self._truncate_item,
            client.CreateResponse: self._create_response,
            client.CancelResponse: self._cancel_response,
        }

    async def run(self) -> None:
        """Talks until the socket is closed, by whomever."""
        try:
            with suppress(Gone):
                await self._begin()
            while (text := await self._socket.receive()) is not None:
                with suppress(Gone):
                    await self._take(text)
                self.notify()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # What responses use.

    async def send(self, type_: str, **members: Any) -> None:
        """Sends an event.

        Raises:
            Gone: the socket is closed.
        """
        self._events += 1
        await self._socket.send({"type": type_, "event_id": f"event_{self.id[-12:]}{self._events}", **members})

    async def context(self, params: client.ResponseParams) -> list[Item]:
        """The items that a response is made from, when all that was said in them is heard, or cannot be."""
        items = list(self.conversation) if params.input is UNSET else [self._input(item) for item in params.input]
        for item in items:
            if (hearing := self._hearing.get(item.id)) is not None:
                await asyncio.wait({hearing})
                self._hearing.pop(item.id, None)
        return items

    def finished(self, response: Response) -> None:
        """A response has nothing more to say."""
        if self._active is response:
            self._active = None
            self._over += 1
            waiting, self._response_over = self._response_over, asyncio.Event()
            waiting.set()
        self.notify()

    # The client's events.

    async def _begin(self) -> None:
        try:
            await self.saboteur.strike(Stage.SETUP)
        except Failed as failed:
            # The vendor tells the reason of a close by its type and code; a key that is wrong is 3000.
            error = failed.members
            await self._socket.send(error_event(Complaint(error["message"], error["code"], type=error["type"])))
            code = 3000 if error["code"] == "invalid_api_key" else 4000
            await self._socket.close(code, f"{error['type']}.{error['code']}")
            return
        await self.send("session.created", session=self.config.members(self.id, self._expires_at))

    async def _take(self, text: bytes) -> None:
        event_id = None
        try:
            event = client.decode(text)
            event_id = event.event_id
            await self._handlers[type(event)](event)
        except Complaint as complaint:
            self.seen.complaints.append(complaint.code or complaint.type)
            await self._socket.send(error_event(complaint, event_id or client.event_id_of(text)))

    async def _update(self, event: client.UpdateSession) -> None:
        before = self.config.turn_detection
        self.config.update(event.session, has_spoken=any(response.audio_ms for response in self.seen.responses))
        if self.config.turn_detection != before:
            self._audio.configure(self.config.turn_detection)
            self._speech = None
        await self.send("session.updated", session=self.config.members(self.id, self._expires_at))

    async def _append(self, event: client.AppendAudio) -> None:
        pcm = _decoded(event.audio, "audio")
        self.seen.appended_ms += len(pcm) / BYTES_PER_MS
        for found in self._audio.append(pcm):
            if isinstance(found, SpeechStarted):
                await self._speech_started(found)
            else:
                item_id = self._speech or new_id("item")
                self._speech = None
                await self.send("input_audio_buffer.speech_stopped", audio_end_ms=found.at_ms, item_id=item_id)
                await self._committed(found.pcm, item_id)
                if self.config.turn_detection is not None and self.config.turn_detection.create_response:
                    await self._respond(client.ResponseParams())

    async def _speech_started(self, found: SpeechStarted) -> None:
        self._speech = new_id("item")
        await self.send("input_audio_buffer.speech_started", audio_start_ms=found.at_ms, item_id=self._speech)
        turns = self.config.turn_detection
        if turns is not None and turns.interrupt_response and self._active is not None:
            await self._active.cancel("turn_detected")

    async def _commit(self, event: client.CommitAudio) -> None:
        pcm = self._audio.commit()
        item_id, self._speech = self._speech or new_id("item"), None
        await self._committed(pcm, item_id)

    async def _clear(self, event: client.ClearAudio) -> None:
        self._audio.clear()
        self._speech = None
        await self.send("input_audio_buffer.cleared")

    async def _clear_output(self, event: client.ClearOutput) -> None:
        raise Complaint("This event is for WebRTC and SIP only.", "invalid_value", "type")

    async def _create_item(self, event: client.CreateItem) -> None:
        item = item_of(event.item, "item")
        sound = self._sound(event.item, "item")
        before = self.conversation.add(item, event.previous_item_id)
        if item.type == "function_call_output":
            self.seen.tool_outputs.append(ToolOutput(item.call_id, item.output))
        elif item.type == "message":
            self.seen.written.append(f"{item.role}: {item.text}")
        await self.send("conversation.item.added", previous_item_id=before, item=item.shown())
        await self.send("conversation.item.done", previous_item_id=before, item=item.shown())
        if sound:
            self._hear(item, sound)

    async def _retrieve_item(self, event: client.RetrieveItem) -> None:
        item = self.conversation.get(event.item_id, "retrieve")
        await self.send("conversation.item.retrieved", item=item.shown())

    async def _delete_item(self, event: client.DeleteItem) -> None:
        self.conversation.remove(event.item_id)
        await self.send("conversation.item.deleted", item_id=event.item_id)

    async def _truncate_item(self, event: client.TruncateItem) -> None:
        item = self.conversation.get(event.item_id, "truncate")
        item.truncate(event.audio_end_ms)
        self.seen.truncations.append(Truncation(item.id, event.audio_end_ms, item.text))
        await self.send(
            "conversation.item.truncated", item_id=item.id, content_index=0, audio_end_ms=event.audio_end_ms
        )

    async def _create_response(self, event: client.CreateResponse) -> None:
        params = event.response
        check_modalities(params.output_modalities, "response.output_modalities")
        if params.prompt not in (UNSET, None):
            raise Complaint("There is no such prompt.", "invalid_value", "response.prompt")
        if params.audio is not UNSET and params.audio.output is not UNSET:
            asked = params.audio.output.format
            if asked is not UNSET and not isinstance(asked, Pcm):
                raise not_simulated("response.audio.output.format")
        for index, item in enumerate([] if params.input is UNSET else params.input):
            if isinstance(item, ItemReference):
                self.conversation.get(item.id, "reference")
            elif self._sound(item, f"response.input[{index}]"):
                raise not_simulated(f"response.input[{index}].content")
            else:
                item_of(item, f"response.input[{index}]")
        await self._respond(params)

    async def _cancel_response(self, event: client.CancelResponse) -> None:
        active = self._active
        if active is None or event.response_id not in (None, active.id):
            raise Complaint("Cancellation failed: no active response found", "response_cancel_not_active")
        self.seen.cancels += 1
        await active.cancel("client_cancelled")

    # What becomes of them.

    async def _respond(self, params: client.ResponseParams) -> None:
        if params.conversation == "auto" and self._active is not None:
            raise Complaint(
                f"Conversation already has an active response in progress: {self._active.id}. "
                "Wait until the response is finished before creating a new one.",
                "conversation_already_has_active_response",
            )
        self._responses += 1
        response = Response(self, params, self._responses)
        if response.in_conversation:
            self._active = response
        response.task = self._spawn(response.run())

    async def _committed(self, pcm: bytes, item_id: str) -> None:
        item = Item(item_id, "message", "user", parts=[Part("input_audio")])
        before = self.conversation.add(item)
        self.seen.commits += 1
        await self.send("input_audio_buffer.committed", item_id=item_id, previous_item_id=before)
        await self.send("conversation.item.added", previous_item_id=before, item=item.shown())
        await self.send("conversation.item.done", previous_item_id=before, item=item.shown())
        self._hear(item, pcm)

    def _hear(self, item: Item, pcm: bytes) -> None:
        item.audio_ms = len(pcm) / BYTES_PER_MS
        turn = user_messages(self.conversation)
        self._hearing[item.id] = hearing = self._spawn(self._listen(item, pcm, turn))
        self._spawn(self._transcribe(item, hearing, turn))

    async def _listen(self, item: Item, pcm: bytes, turn: int) -> str:
        text = await hear(pcm, self.script, self.engines, turn)
        next(part for part in item.parts if part.type == "input_audio").text = text
        self.seen.heard.append(text)
        self.notify()
        return text

    async def _transcribe(self, item: Item, hearing: asyncio.Task[str], turn: int) -> None:
        where = {"item_id": item.id, "content_index": 0}
        kind = "conversation.item.input_audio_transcription"
        over = self._over
        asked = self.config.transcription
        try:
            text = await asyncio.shield(hearing)
            await self.saboteur.strike(Stage.TRANSCRIPTION, turn)
        except (ProviderError, Failed) as failure:
            told = {"type": "server_error", "code": None, "message": "The sound could not be transcribed."}
            error = failure.members if isinstance(failure, Failed) else told
            if asked is not None:
                await self.send(f"{kind}.failed", **where, error={**error, "param": None})
            return
        if asked is None:
            return
        if self.saboteur.suffers(FaultKind.DISORDER, turn):
            while self._over == over:
                await self._response_over.wait()
        for piece in pieces(text) if asked.model != "whisper-1" else (text,):
            await self.send(f"{kind}.delta", **where, delta=piece)
        usage = transcription_usage(asked.model, item.audio_ms, text)
        await self.send(f"{kind}.completed", **where, transcript=text, usage=usage)

    def _input(self, written: Any) -> Item:
        if isinstance(written, ItemReference):
            return self.conversation.get(written.id, "reference")
        return item_of(written, "response.input")

    def _sound(self, written: Any, where: str) -> bytes:
        """All sound in an item that a client wrote."""
        if not isinstance(written, MessageItem):
            return b""
        parts = [part.audio for part in written.content if isinstance(part, AudioContent)]
        return b"".join(_decoded(audio, f"{where}.content") for audio in parts)

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (failure := task.exception()) is None or isinstance(failure, Gone | ProviderError):
            return
        # Not the message of the exception: it could quote what a caller said.
        where = traceback.format_tb(failure.__traceback__)
        log.error("simulated session failed", extra={"error": type(failure).__name__, "where": where})
        self.seen.complaints.append("simulator_failed")
        self._socket.abort()


def _decoded(audio: str, param: str) -> bytes:
    """Sound that came as base64.

    Raises:
        Complaint: it is none, or too much, or ends in half a sample.
    """
    try:
        pcm = pybase64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        raise Complaint("Expected base64-encoded audio bytes (mono PCM16 at 24kHz).", "invalid_value", param) from None
    if len(pcm) > MAX_AUDIO:
        raise Complaint("The audio of one event is limited to 15 MiB.", "invalid_value", param)
    if len(pcm) % 2:
        raise Complaint("The audio ends in half a sample.", "invalid_value", param)
    return pcm
