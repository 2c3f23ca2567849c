"""The three voice calls, whole and streamed."""

from collections.abc import Sequence
from typing import TypeVar

from speko.client._async.streams import AsyncEventStream, AsyncSpeechStream
from speko.client._async.transport import AsyncTransport
from speko.client.decoder import EventT
from speko.client.errors import SpekoApiError
from speko.client.models.events import (
    COMPLETE_EVENTS,
    TRANSCRIBE_EVENTS,
    CompleteDone,
    CompleteEvent,
    StreamError,
    TranscribeDone,
    TranscribeEvent,
)
from speko.client.models.params import OptimizeFor, ReasoningEffort
from speko.client.models.results import CompleteResult, SynthesizeResult, TranscribeResult
from speko.client.oneshot import (
    Audio,
    ConstraintsParam,
    IntentParam,
    MessageParam,
    ToolChoiceParam,
    ToolParam,
    complete_request,
    speech_metadata,
    synthesize_request,
    transcribe_request,
)

DoneT = TypeVar("DoneT", TranscribeDone, CompleteDone)


class AsyncOneShot:
    """Calls that are routed one by one.

    Every call raises SpekoApiError when the gateway refuses it or fails (SpekoAuthError and SpekoRateLimitError for
    those two), ValueError for arguments that cannot be sent, and httpx's exceptions for a broken network.
    """

    _transport: AsyncTransport

    async def transcribe(
        self,
        audio: Audio,
        *,
        language: str,
        region: str | None = None,
        optimize_for: OptimizeFor | None = None,
        content_type: str = "audio/wav",
        constraints: ConstraintsParam | None = None,
        session_id: str | None = None,
        keywords: Sequence[str] | None = None,
        stt_language: str | None = None,
    ) -> TranscribeResult:
        """The text of a recording.

        `audio`: a whole file, or samples with `content_type="audio/pcm;rate=16000"` (signed 16-bit little-endian).
        `language`: BCP-47 tag for routing; `stt_language` replaces it towards the vendor only (such as `multi`).
        `keywords`: words to expect, at most 200.
        """
        stream = self.transcribe_stream(
            audio,
            language=language,
            region=region,
            optimize_for=optimize_for,
            content_type=content_type,
            constraints=constraints,
            session_id=session_id,
            keywords=keywords,
            stt_language=stt_language,
        )
        return (await _last_event(stream, TranscribeDone)).result()

    def transcribe_stream(
        self,
        audio: Audio,
        *,
        language: str,
        region: str | None = None,
        optimize_for: OptimizeFor | None = None,
        content_type: str = "audio/wav",
        constraints: ConstraintsParam | None = None,
        session_id: str | None = None,
        keywords: Sequence[str] | None = None,
        stt_language: str | None = None,
    ) -> AsyncEventStream[TranscribeEvent]:
        """The text of a recording as it is heard: `meta`, `transcript`s, then `done` or `error`.

        Takes the arguments of `transcribe`.
        """
        request = transcribe_request(
            audio,
            language=language,
            region=region,
            optimize_for=optimize_for,
            content_type=content_type,
            constraints=constraints,
            session_id=session_id,
            keywords=keywords,
            stt_language=stt_language,
        )
        return AsyncEventStream(self._transport, request, TRANSCRIBE_EVENTS)

    async def synthesize(
        self,
        text: str,
        *,
        language: str,
        region: str | None = None,
        optimize_for: OptimizeFor | None = None,
        voice: str | None = None,
        model: str | None = None,
        speed: float | None = None,
        instructions: str | None = None,
        spoken_form: bool | None = None,
        constraints: ConstraintsParam | None = None,
        session_id: str | None = None,
    ) -> SynthesizeResult:
        """Speech for a text of 1 to 50,000 characters.

        `voice`: id of a vendor's voice; other vendors use their default. `model` replaces the first choice's model.
        `speed`: 0.5 to 2. `instructions`: how to speak, for models that can. `spoken_form`: write numbers,
        abbreviations and markdown out as words before speaking.
        """
        request = synthesize_request(
            text,
            language=language,
            region=region,
            optimize_for=optimize_for,
            voice=voice,
            model=model,
            speed=speed,
            instructions=instructions,
            spoken_form=spoken_form,
            constraints=constraints,
            session_id=session_id,
        )
        response = await self._transport.send(request)
        return SynthesizeResult(audio=response.content, **speech_metadata(response.headers))

    async def synthesize_stream(
        self,
        text: str,
        *,
        language: str,
        region: str | None = None,
        optimize_for: OptimizeFor | None = None,
        voice: str | None = None,
        model: str | None = None,
        speed: float | None = None,
        instructions: str | None = None,
        spoken_form: bool | None = None,
        constraints: ConstraintsParam | None = None,
        session_id: str | None = None,
    ) -> AsyncSpeechStream:
        """Speech as it is made. Returns with the first byte; takes the arguments of `synthesize`."""
        request = synthesize_request(
            text,
            language=language,
            region=region,
            optimize_for=optimize_for,
            voice=voice,
            model=model,
            speed=speed,
            instructions=instructions,
            spoken_form=spoken_form,
            constraints=constraints,
            session_id=session_id,
        )
        return AsyncSpeechStream(await self._transport.open(request))

    async def complete(
        self,
        *,
        messages: Sequence[MessageParam],
        intent: IntentParam,
        system_prompt: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        reasoning_effort: ReasoningEffort | None = None,
        constraints: ConstraintsParam | None = None,
        tools: Sequence[ToolParam] | None = None,
        tool_choice: ToolChoiceParam | None = None,
        parallel_tool_calls: bool | None = None,
        max_tool_hops: int | None = None,
        session_id: str | None = None,
    ) -> CompleteResult:
        """The answer of a language model.

        When the result has `tool_calls`, run them and ask again with the previous messages, an `assistant` message
        that carries these calls, and one `tool` message per call. `temperature`: 0 to 2. `max_tool_hops`: 1 to 16.
        """
        stream = self.complete_stream(
            messages=messages,
            intent=intent,
            system_prompt=system_prompt,
            temperature=temperature,
            max_tokens=max_tokens,
            reasoning_effort=reasoning_effort,
            constraints=constraints,
            tools=tools,
            tool_choice=tool_choice,
            parallel_tool_calls=parallel_tool_calls,
            max_tool_hops=max_tool_hops,
            session_id=session_id,
        )
        return (await _last_event(stream, CompleteDone)).result()

    def complete_stream(
        self,
        *,
        messages: Sequence[MessageParam],
        intent: IntentParam,
        system_prompt: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        reasoning_effort: ReasoningEffort | None = None,
        constraints: ConstraintsParam | None = None,
        tools: Sequence[ToolParam] | None = None,
        tool_choice: ToolChoiceParam | None = None,
        parallel_tool_calls: bool | None = None,
        max_tool_hops: int | None = None,
        session_id: str | None = None,
    ) -> AsyncEventStream[CompleteEvent]:
        """The answer of a language model as it is written: `meta`, `delta`s and tool calls, then `done` or `error`.

        Takes the arguments of `complete`.
        """
        request = complete_request(
            messages=messages,
            intent=intent,
            system_prompt=system_prompt,
            temperature=temperature,
            max_tokens=max_tokens,
            reasoning_effort=reasoning_effort,
            constraints=constraints,
            tools=tools,
            tool_choice=tool_choice,
            parallel_tool_calls=parallel_tool_calls,
            max_tool_hops=max_tool_hops,
            session_id=session_id,
        )
        return AsyncEventStream(self._transport, request, COMPLETE_EVENTS)


async def _last_event(stream: AsyncEventStream[EventT], kind: type[DoneT]) -> DoneT:
    """The `done` of a stream; raises SpekoApiError for its `error`."""
    last: EventT | None = None
    async with stream:
        async for event in stream:
            last = event
    if isinstance(last, kind):
        return last
    error = last if isinstance(last, StreamError) else StreamError()
    raise SpekoApiError(error.error, 200, error.code, request_id=error.request_id)
