"""Text to speech through routing, sentence by sentence. Who breaks off in the middle of one is followed by the next
voice, who begins at the first word that has not sounded."""

import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from speko.agent.context import AgentContext
from speko.agent.failing import complaint, spoken
from speko.agent.heard_text import CHARACTERS_PER_SECOND, words_before
from speko.agent.sentences import Sentences
from speko.audio import Resampler
from speko.providers.call import Call
from speko.providers.errors import ProviderError
from speko.providers.s2s import EngineEvent, EngineProblem, S2sRequest, TurnStage
from speko.providers.spoken_form import spoken_form
from speko.providers.tts import AudioChunk, TtsRequest
from speko.routing.attempts import Attempts, Candidate
from speko.routing.dispatch import CallerFault, Dispatch, NoAnswer, Served
from speko.routing.metering import Meter
from speko.routing.voice_choice import choose_voice


class Speechless(Exception):
    """No voice could say it; the relay was told why."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The next sound of an answer, at the session's rate; `text`: what it says, with the first sound of a sentence."""

    pcm: bytes
    text: str = ""


class Speaking:
    """The voice of one conversation."""

    def __init__(self, request: S2sRequest, context: AgentContext, send: Callable[[EngineEvent], None]) -> None:
        self._request = request
        self._context = context
        self._send = send
        self._order: tuple[Candidate, ...] = ()
        """For the answer that is being said: who has spoken comes first, so that the voice does not change again."""
        self._pace: dict[Candidate, float] = {}
        """Characters per second of the voices that were heard."""
        self._silent = True

    async def say(
        self, text: AsyncIterable[str], room: Callable[[], Awaitable[None]], wanted: Callable[[], Awaitable[None]]
    ) -> AsyncGenerator[Sound, None]:
        """The sound of a text that is still being written.

        Args:
            text: pieces of it.
            room: awaited before each sentence: returns when there is need of more sound.
            wanted: awaited before the first sound is used, and counted as used: returns when it is.

        Raises:
            Speechless: some of it could not be said, and nothing after it is.
        """
        self._order = self._context.candidates["tts"]
        self._silent = True
        sentences, unspoken = Sentences(), ""
        async for found in _sentences(text, sentences):
            spoken = spoken_form(found, self._context.language)
            unspoken += found
            if not any(char.isalnum() for char in spoken):
                continue
            await room()
            async with aclosing(self._sentence(unspoken, spoken, wanted)) as sounds:
                async for sound in sounds:
                    yield sound
            unspoken = ""
        if unspoken:
            yield Sound(b"", unspoken)

    async def _sentence(
        self, text: str, spoken: str, wanted: Callable[[], Awaitable[None]]
    ) -> AsyncGenerator[Sound, None]:
        left, candidates = spoken, self._order
        while left:
            try:
                served = await self._dispatch(left, candidates).first()
            except (NoAnswer, CallerFault) as failure:
                raise self._failure(failure) from None
            speaker = served.candidate
            seconds = 0.0
            try:
                if self._silent:
                    await wanted()
                self._began(speaker)
                async with aclosing(self._sound(served)) as sound:
                    async for pcm in sound:
                        seconds += len(pcm) / 2 / self._request.output_rate
                        yield Sound(pcm, text)
                        text = ""
                self._pace[speaker] = len(left) / max(seconds, 0.1)
                return
            except ProviderError as error:
                left = left[self._sounded(left, speaker, seconds) :].lstrip()
                candidates = tuple(c for c in candidates if c != speaker)
                self._order = (*candidates, speaker)
                if left and not candidates:
                    raise self._failure(error) from None
            finally:
                await served.close("caller_left")

    def _began(self, speaker: Candidate) -> None:
        self._order = (speaker, *(c for c in self._order if c != speaker))
        if self._silent:
            self._silent = False
            self._send(TurnStage("tts_first_byte", speaker.provider, speaker.model))

    def _sounded(self, text: str, speaker: Candidate, seconds: float) -> int:
        """Characters of `text` that have sounded after so many seconds of it: whole words."""
        pace = self._pace.get(speaker, CHARACTERS_PER_SECOND * (self._request.cascade.speed or 1.0))
        return words_before(text, min(1.0, seconds * pace / len(text)))

    def _failure(self, why: NoAnswer | CallerFault | ProviderError) -> Speechless:
        self._send(EngineProblem(complaint("text to speech", why)))
        return Speechless("no voice")

    async def _sound(self, served: Served[AudioChunk]) -> AsyncGenerator[bytes, None]:
        resampler: Resampler | None = None
        try:
            while (batch := await served.next()) is not None:
                rate = batch[0].sample_rate
                pcm = batch[0].pcm if len(batch) == 1 else b"".join(chunk.pcm for chunk in batch)
                served.call.usage.audio_ms += round(len(pcm) / 2 / rate * 1000)
                if resampler is None:
                    resampler = Resampler(rate, self._request.output_rate)
                if pcm := resampler.push(pcm):
                    yield pcm
        except ProviderError:
            if resampler is not None and (pcm := resampler.flush()):
                yield pcm
            raise
        if resampler is not None and (pcm := resampler.flush()):
            yield pcm

    def _dispatch(self, text: str, candidates: Sequence[Candidate]) -> Dispatch[AudioChunk]:
        context, request = self._context, self._request
        registry = context.connectors.registry
        primary = context.candidates["tts"][0]

        def open_stream(candidate: Candidate, call: Call) -> AsyncIterator[Sequence[AudioChunk]]:
            connector = context.connectors.tts(candidate.provider)
            wanted = TtsRequest(
                model=candidate.wire_model,
                text=text,
                language=context.language,
                voice=choose_voice(registry, candidate, request.voice, primary=candidate is primary),
                speed=request.cascade.speed if connector.capabilities.speed else None,
                sample_rate=request.cascade.tts_sample_rate or request.output_rate,
            )
            return connector.synthesize(wanted, call)

        attempts = Attempts(candidates, context.health, spoken(context.deadlines), time.monotonic())
        return Dispatch(attempts, open_stream, _audible, Meter(context.call_info(), context.ledger))


async def _sentences(text: AsyncIterable[str], sentences: Sentences) -> AsyncGenerator[str, None]:
    async for piece in text:
        for found in sentences.push(piece):
            yield found
    for found in sentences.finish():
        yield found


def _audible(batch: Sequence[AudioChunk]) -> bool:
    return any(chunk.pcm for chunk in batch)
