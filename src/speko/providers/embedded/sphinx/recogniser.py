"""pocketsphinx behind the protocol of a recogniser. English, 16 kHz; https://pocketsphinx.readthedocs.io."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress

from speko.audio import AudioFormatError, Recording, Resampler, SampleAligner
from speko.providers.call import Call
from speko.providers.catalogue import Model
from speko.providers.embedded.sphinx.messages import Done, Failed, Heard, Job
from speko.providers.embedded.sphinx.pool import Pool
from speko.providers.embedded.sphinx.segments import SAMPLE_RATE
from speko.providers.embedded.sphinx.worker_link import WorkerLink, WorkerLost
from speko.providers.errors import ConnectionLost, ProviderError, ProviderUnavailable, Unsupported
from speko.providers.registry import Runtime
from speko.providers.stt import SttCapabilities, SttRequest, Transcript

log = logging.getLogger(__name__)

MODEL = Model(modality="stt", id="en-us", languages=("en",))
_UNDECIDED = ("multi", "auto")
"""Languages by which callers leave the choice to the engine."""


class PocketSphinx:
    """Recognises English, recorded or live."""

    capabilities = SttCapabilities(batch=True, streaming=True, interim=True, formats=frozenset())

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @classmethod
    def of(cls, runtime: Runtime) -> "PocketSphinx":
        """The recogniser of a runtime, whose end ends its processes. None is started before the first need."""
        pool = Pool(runtime.stt_workers)
        runtime.on_close(pool.close)
        return cls(pool)

    async def warm(self) -> None:
        """Starts the workers. Does not raise: a failure shows again, and is reported, at the first call."""
        try:
            await self._pool.warm()
        except ProviderError as error:
            log.warning("embedded recogniser did not start", extra={"cause": error.cause})

    async def transcribe(
        self, request: SttRequest, recording: Recording, call: Call
    ) -> AsyncGenerator[Sequence[Transcript], None]:
        """See `SpeechToText`."""
        async with aclosing(_pcm_of(recording)) as audio, aclosing(self._hear(request, audio, call)) as batches:
            async for batch in batches:
                yield batch

    async def listen(
        self, request: SttRequest, audio: AsyncIterator[bytes], call: Call
    ) -> AsyncGenerator[Sequence[Transcript], None]:
        """See `SpeechToText`."""
        resampled = _resampled(audio, request.sample_rate)
        async with aclosing(resampled), aclosing(self._hear(request, resampled, call)) as batches:
            async for batch in batches:
                yield batch

    async def _hear(
        self, request: SttRequest, audio: AsyncIterator[bytes], call: Call
    ) -> AsyncGenerator[Sequence[Transcript], None]:
        language = request.language
        if language is not None and language not in _UNDECIDED and language.split("-", 1)[0] != "en":
            raise Unsupported("pocketsphinx hears English only")
        worker = await self._pool.take(call.connect_timeout)
        feeding: asyncio.Task[None] | None = None
        try:
            await worker.begin(Job(interim=True))
            feeding = asyncio.create_task(_feed(worker, audio, call))
            while not isinstance(answer := await worker.answer(), Done):
                if isinstance(answer, Heard):
                    yield [Transcript(said.text, said.is_final, said.confidence) for said in answer.words]
                elif isinstance(answer, Failed):
                    log.error("embedded recogniser failed", extra={"error": answer.error})
                    raise ProviderUnavailable("the embedded recogniser failed")
                else:
                    raise WorkerLost
        except WorkerLost:
            if feeding is not None and feeding.done():
                feeding.result()  # sound that cannot be read ends the call, and is the reason that counts
            raise ConnectionLost("the embedded recogniser ended during the call") from None
        finally:
            if feeding is not None:
                feeding.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await feeding
            self._pool.give(worker)


async def _feed(worker: WorkerLink, audio: AsyncIterator[bytes], call: Call) -> None:
    samples = 0
    try:
        async for pcm in audio:
            await worker.hear(pcm)
            samples += len(pcm) // 2
            call.usage.audio_ms = samples * 1000 // SAMPLE_RATE
        await worker.finish()
    except WorkerLost:
        pass  # whoever waits for its answers sees it too
    except BaseException:
        worker.close()
        raise


async def _pcm_of(recording: Recording) -> AsyncGenerator[bytes, None]:
    try:
        pieces = await asyncio.to_thread(recording.pcm, SAMPLE_RATE)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
    except AudioFormatError:
        raise Unsupported("the recording cannot be decoded here", about="recording") from None


async def _resampled(audio: AsyncIterator[bytes], sample_rate: int) -> AsyncGenerator[bytes, None]:
    aligner, resampler = SampleAligner(), Resampler(sample_rate, SAMPLE_RATE)
    async for piece in audio:
        if pcm := resampler.push(aligner.push(piece)):
            yield pcm
    if pcm := resampler.flush():
        yield pcm
