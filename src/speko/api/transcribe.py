"""`POST /v1/transcribe`. Source: contract, one-shot 1."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from litestar import Request, post
from litestar.types import ASGIApp, Send
from msgspec import Meta, Struct

from speko.api.body import pieces
from speko.api.errors import invalid
from speko.api.gateway import gateway_of
from speko.api.intent_headers import CONSTRAINTS, INTENT, STT_OPTIONS, json_header
from speko.api.openapi import SSE_TRANSCRIBE
from speko.api.routed import RoutedCall
from speko.api.spool import Upload
from speko.audio import AudioFormatError, Recording
from speko.events import sse
from speko.events.oneshot import ErrorEvent, OneShotEvent, TranscribeDone, TranscribeMeta, TranscriptEvent
from speko.providers.call import Call
from speko.providers.errors import ProviderError, Unsupported
from speko.providers.stt import SttRequest, Transcript
from speko.routing.attempts import Candidate, Failure
from speko.routing.dispatch import Dispatch, Served
from speko.routing.intent import PipelineConstraints, RoutingIntent

DETECT = frozenset({"auto", "multi"})
"""Stream languages that mean: let the vendor find out."""
_INVALID = "INVALID_AUDIO"


class SttOptions(Struct, frozen=True):
    """Header `X-Speko-Stt-Options`."""

    keywords: Annotated[tuple[str, ...], Meta(max_length=200)] = ()
    language: str | None = None
    """Changes the vendor's stream language only; routing keeps the intent's."""


@post("/v1/transcribe", status_code=200, **SSE_TRANSCRIBE)
async def transcribe(request: Request[Any, Any, Any]) -> ASGIApp:
    """Speech to text. The body is the audio itself; the answer is a stream of events."""
    gateway = gateway_of(request.app)
    intent = json_header(request, INTENT, RoutingIntent, _INVALID)
    if intent is None:
        raise invalid(
            "Missing header X-Speko-Intent",
            ("X-Speko-Intent", 'JSON like {"language":"en"} is required'),
            code=_INVALID,
        )
    constraints = json_header(request, CONSTRAINTS, PipelineConstraints, _INVALID)
    options = stt_options(request)
    upload = await gateway.spool.receive(pieces(request, gateway.settings.max_audio_bytes))
    try:
        if upload.size == 0:
            raise invalid("The request body is empty: send the audio as the body", code=_INVALID)
        recording = await read_recording(upload, request.headers.get("content-type"))
        return TranscribeCall(request, intent, constraints, options, (recording, upload))
    except BaseException:
        upload.close()
        raise


def stt_options(request: Request[Any, Any, Any]) -> SttOptions:
    """What the header says, or 400."""
    return json_header(request, STT_OPTIONS, SttOptions, _INVALID, "Invalid stt options") or SttOptions()


async def read_recording(upload: Upload, content_type: str | None, member: str = "") -> Recording:
    """What an upload holds, or 400. `member`: where in the request it is, empty for the whole body."""
    try:
        return await asyncio.to_thread(Recording.read, upload.file, upload.size, content_type)
    except AudioFormatError as error:
        raise invalid(str(error), (member, str(error)), code=_INVALID) from None


class TranscribeCall(RoutedCall[Transcript]):
    """One recording on its way through the chain."""

    endpoint = "transcribe"
    modality = "stt"
    failed_code = "TRANSCRIBE_FAILED"
    invalid_code = _INVALID

    def __init__(
        self,
        request: Request[Any, Any, Any],
        intent: RoutingIntent,
        constraints: PipelineConstraints | None,
        options: SttOptions,
        source: tuple[Recording, Upload],
    ) -> None:
        super().__init__(request, intent, constraints)
        language = options.language or intent.language
        self._language = None if language in DETECT else language
        self._keywords = options.keywords
        self._recording, self._upload = source

    def audio_seconds(self) -> float:
        """Length of the recording."""
        return self._recording.duration_ms / 1e3

    def release(self) -> None:
        """Frees the upload."""
        self._recording.close()
        self._upload.close()

    def open(self, candidate: Candidate, call: Call) -> AsyncIterator[Sequence[Transcript]]:
        """Calls one recogniser."""
        connector = self.gateway.connectors.stt(candidate.provider)
        if not connector.capabilities.batch:
            raise Unsupported("takes no recordings, only live audio")
        request = SttRequest(candidate.wire_model, self._language, self._keywords)
        return connector.transcribe(request, self._recording, call)

    def chosen(self, refused: Failure) -> str | None:
        """A recording that cannot be heard: it is the body."""
        return "" if refused.error.about == "recording" else None

    def useful(self, batch: Sequence[Transcript]) -> bool:
        """Any words at all."""
        return any(transcript.text.strip() for transcript in batch)

    async def respond(self, served: Served[Transcript], send: Send) -> None:
        """Streams the transcripts."""
        candidate, failovers = served.candidate, served.failover_count
        await self._start(candidate, failovers, send)
        events: list[OneShotEvent] = [self._meta(candidate, failovers)]
        finals: list[Transcript] = []
        last_interim: Transcript | None = None
        try:
            while (batch := await served.next()) is not None:
                for transcript in batch:
                    if transcript.is_final:
                        finals.append(transcript)
                        last_interim = None
                    else:
                        last_interim = transcript
                    events.append(TranscriptEvent(transcript.text, transcript.is_final, transcript.confidence))
                await send({"type": "http.response.body", "body": sse.encode(events), "more_body": True})
                events = []
        except ProviderError as error:
            text = f"{candidate.provider}: {error.message}"
            await _finish(send, ErrorEvent(text, self.failed_code))
            return
        if last_interim is not None:
            finals.append(last_interim)
        await _finish(send, self._done(candidate, failovers, finals))

    async def respond_to_silence(self, dispatch: Dispatch[Transcript], send: Send) -> bool:
        """An empty transcript that nobody contradicted is an answer, not a failure."""
        silent = self.book_silence(dispatch)
        if silent is None:
            return False
        candidate, failovers, _ = silent
        await self._start(candidate, failovers, send)
        body = sse.encode([self._meta(candidate, failovers), self._done(candidate, failovers, [])])
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return True

    def book_silence(self, dispatch: Dispatch[Transcript]) -> tuple[Candidate, int, Call] | None:
        """Who has heard nothing, the number of those that failed before, and the call; None = it was no silence."""
        candidate, call = dispatch.attempts.silent, dispatch.silent_call
        if candidate is None or call is None:
            return None
        dispatch.meter.served(candidate, call)
        return candidate, len(dispatch.attempts.failures) - 1, call

    async def _start(self, candidate: Candidate, failovers: int, send: Send) -> None:
        headers = [*sse.HEADERS, *self.headers(candidate, failovers)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    def _meta(self, candidate: Candidate, failovers: int) -> TranscribeMeta:
        return TranscribeMeta(candidate.provider, candidate.model, failovers, candidate.scores_run_id)

    def _done(self, candidate: Candidate, failovers: int, finals: Sequence[Transcript]) -> TranscribeDone:
        known = [t.confidence for t in finals if t.confidence is not None]
        return TranscribeDone(
            text=full_text(finals),
            provider=candidate.provider,
            model=candidate.model,
            confidence=sum(known) / len(known) if known else None,
            failover_count=failovers,
            scores_run_id=candidate.scores_run_id,
        )


def full_text(finals: Sequence[Transcript]) -> str:
    """The text of all segments."""
    return " ".join(t.text.strip() for t in finals if t.text.strip())


async def _finish(send: Send, event: OneShotEvent) -> None:
    await send({"type": "http.response.body", "body": sse.encode([event]), "more_body": False})
