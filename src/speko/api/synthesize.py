"""`POST /v1/synthesize`. Source: contract, one-shot 2."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

from litestar import Request, post
from litestar.types import ASGIApp, Send
from msgspec import Meta, Struct

from speko.api.body import BODY, read_body
from speko.api.errors import invalid
from speko.api.openapi import AUDIO_SYNTHESIZE
from speko.api.routed import RoutedCall
from speko.audio.encode import AudioEncoder, encoder_for
from speko.audio.resample import Resampler
from speko.providers.call import Call
from speko.providers.errors import ProviderError
from speko.providers.spoken_form import spoken_form
from speko.providers.tts import AudioChunk, TtsRequest
from speko.routing.attempts import Candidate, Failure
from speko.routing.dispatch import Served
from speko.routing.intent import PipelineConstraints, RoutingIntent
from speko.routing.voice_choice import choose_voice, override_model

_INLINE_BYTES = 64 * 1024
"""PCM pieces up to this size are resampled on the event loop, which takes less than a hop to a thread and back."""


class SynthesizeBody(Struct, frozen=True, rename="camel", kw_only=True):
    """Body of `/v1/synthesize`."""

    text: Annotated[str, Meta(min_length=1, max_length=50_000)]
    intent: RoutingIntent
    voice: str | None = None
    """Voice id of one vendor; the others use their own default."""
    model: Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")] | None = None
    """Overrides the model of the primary candidate only."""
    speed: Annotated[float, Meta(ge=0.5, le=2)] | None = None
    sample_rate: Annotated[int, Meta(ge=1, le=384_000)] | None = None
    """Hz; default 24000."""
    instructions: str | None = None
    """Speaking style, dropped by models that have none."""
    spoken_form: bool | None = None
    """Strip markdown and URLs and spell numbers out before speaking."""
    constraints: PipelineConstraints | None = None


@post("/v1/synthesize", status_code=200, opt={BODY: SynthesizeBody}, **AUDIO_SYNTHESIZE)
async def synthesize(request: Request[Any, Any, Any]) -> ASGIApp:
    """Text to speech. The answer is audio, as it is made."""
    body = await read_body(request, SynthesizeBody)
    if is_blank(body.text):
        raise invalid("text is blank", ("text", "must hold something to say"))
    text = body.text
    if body.spoken_form:
        text = await asyncio.to_thread(spoken_form, text, body.intent.language)
        if is_blank(text):
            raise invalid("text has no spoken form", ("text", "nothing is left to say"))
    encoder = encoder_for(request.headers.get("accept"), body.sample_rate or 24000)
    return SynthesizeCall(request, body, text, encoder)


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but white space and marks that no voice has a sound for (a NUL, a joiner)."""
    return all(char.isspace() or unicodedata.category(char) in ("Cc", "Cf") for char in text)


class SynthesizeCall(RoutedCall[AudioChunk]):
    """One text on its way through the chain."""

    endpoint = "synthesize"
    modality = "tts"
    failed_code = "SYNTHESIZE_FAILED"

    def __init__(
        self,
        request: Request[Any, Any, Any],
        body: SynthesizeBody,
        text: str,
        encoder: AudioEncoder,
    ) -> None:
        super().__init__(request, body.intent, body.constraints)
        # Callers are billed for the text they sent, not for its spoken form.
        self.info = replace(self.info, characters=len(body.text))
        self._body = body
        self._text = text
        self._encoder = encoder
        self._sample_rate = body.sample_rate or 24000
        if body.model is not None:
            self.candidates = override_model(self.gateway.registry, self.candidates, body.model)

    def open(self, candidate: Candidate, call: Call) -> AsyncIterator[Sequence[AudioChunk]]:
        """Calls one voice."""
        body = self._body
        connector = self.gateway.connectors.tts(candidate.provider)
        request = TtsRequest(
            model=candidate.wire_model,
            text=self._text,
            language=body.intent.language,
            voice=self._voice_of(candidate),
            speed=body.speed if connector.capabilities.speed else None,
            instructions=body.instructions if connector.capabilities.instructions else None,
            sample_rate=self._sample_rate,
        )
        return connector.synthesize(request, call)

    def _voice_of(self, candidate: Candidate) -> str:
        primary = candidate is self.candidates[0]
        return choose_voice(self.gateway.registry, candidate, self._body.voice, primary=primary)

    def chosen(self, refused: Failure) -> str | None:
        """A voice that the caller named. A default that its engine lacks is no mistake of the caller's."""
        named = refused.error.about == "voice" and self._voice_of(refused.candidate) == self._body.voice
        return "voice" if named else None

    def size(self) -> float:
        """Characters of the text."""
        return len(self._text)

    def useful(self, batch: Sequence[AudioChunk]) -> bool:
        """Any sound at all."""
        return any(chunk.pcm for chunk in batch)

    async def respond(self, served: Served[AudioChunk], send: Send) -> None:
        """Streams the audio. When it breaks the body stays without an end, so that nobody takes it for whole."""
        content_type = self._encoder.content_type.encode()
        headers = [
            (b"content-type", content_type),
            (b"x-speko-audio-format", content_type),
            *self.headers(served.candidate, served.failover_count),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        resampler: Resampler | None = None
        samples_ms = 0.0
        try:
            while (batch := await served.next()) is not None:
                pcm = batch[0].pcm if len(batch) == 1 else b"".join([chunk.pcm for chunk in batch])
                rate = batch[0].sample_rate
                samples_ms += len(pcm) / 2 / rate * 1e3
                served.call.usage.audio_ms = int(samples_ms)
                if resampler is None:
                    resampler = Resampler(rate, self._sample_rate)
                await self._send(await self._convert(resampler, pcm), send)
        except ProviderError:
            return
        # Off the event loop: at a very low rate the filter's tail is long.
        body = await asyncio.to_thread(self._end, resampler)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _convert(self, resampler: Resampler, pcm: bytes) -> bytes:
        if len(pcm) <= _INLINE_BYTES:
            return self._encoder.push(resampler.push(pcm))
        return await asyncio.to_thread(lambda: self._encoder.push(resampler.push(pcm)))

    def _end(self, resampler: Resampler | None) -> bytes:
        tail = self._encoder.push(resampler.flush()) if resampler else b""
        return tail + self._encoder.flush()

    async def _send(self, body: bytes, send: Send) -> None:
        if body:
            await send({"type": "http.response.body", "body": body, "more_body": True})
