"""Speech to text over `/audio/transcriptions`."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence

import aiohttp

from speko.audio import AudioFormatError, Recording
from speko.audio.wav import HEADER_BYTES
from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.errors import MalformedResponse, ProviderError, TruncatedResponse, Unsupported
from speko.providers.openai_compatible.endpoint import Endpoint, read_whole
from speko.providers.openai_compatible.event_stream import EventStream
from speko.providers.openai_compatible.multipart import FilePart, multipart_body
from speko.providers.openai_compatible.profile import Profile, Profiles
from speko.providers.openai_compatible.transcript_stream import TranscriptStream, decode_transcripts
from speko.providers.registry import Runtime
from speko.providers.stt import SttCapabilities, SttRequest, Transcript

_PIECE_BYTES = 2**18
_WAV_RATE = 16000  # what these models listen at; more would only be a longer upload
_DETECT = frozenset({"auto", "multi"})
# Whisper's own codes, where they differ from what callers say.
_LANGUAGE_CODES = {"fil": "tl", "nb": "no", "iw": "he", "in": "id"}


class OpenAITranscriptions:
    """`SpeechToText` for one vendor. Recordings only: `listen` is not offered."""

    capabilities = SttCapabilities(
        batch=True,
        streaming=False,
        interim=True,
        keywords=True,
        formats=frozenset(
            {
                "audio/wav",
                "audio/mpeg",
                "audio/ogg",
                "audio/flac",
                "audio/webm",
                "audio/mp4",
                "audio/m4a",
                "audio/x-m4a",
            }
        ),
    )

    def __init__(self, vendor: Vendor, profiles: Profiles, runtime: Runtime) -> None:
        self._endpoint = Endpoint(vendor, runtime)
        self._profiles = profiles

    async def transcribe(
        self, request: SttRequest, recording: Recording, call: Call
    ) -> AsyncIterator[Sequence[Transcript]]:
        """See `SpeechToText`. Source: https://platform.openai.com/docs/api-reference/audio/createTranscription"""
        profile = self._profiles.get("stt", request.model)
        source = _Source(recording, self.capabilities.formats)
        body = multipart_body(_fields(request, profile), source.part)
        call.usage.audio_ms = recording.duration_ms

        def unused() -> None:
            call.usage.audio_ms = 0

        def on_error(error: object) -> ProviderError:
            return self._endpoint.event_error(error, call, request.keywords)

        try:
            async with self._endpoint.post(
                "/audio/transcriptions", call, body, content=lambda: request.keywords, unused=unused
            ) as response:
                if response.content_type != "text/event-stream":
                    if text := await _whole(response, on_error):
                        yield [Transcript(text, is_final=True)]
                    return
                stream = EventStream(response)
                answer = TranscriptStream(on_error)
                while not (answer.done or stream.ended):
                    if batch := answer.take(await stream.read()):
                        yield batch
                if not answer.done:
                    raise TruncatedResponse("the transcript ended without its end mark")
                await stream.drain()
        except ProviderError:
            if source.failed:
                raise Unsupported("the recording could not be converted for this vendor", about="recording") from None
            raise

    def listen(
        self, request: SttRequest, audio: AsyncIterator[bytes], call: Call
    ) -> AsyncIterator[Sequence[Transcript]]:
        """Raises Unsupported: these endpoints take whole recordings."""
        raise Unsupported("takes whole recordings only")


def _fields(request: SttRequest, profile: Profile) -> list[tuple[str, str]]:
    fields = [("model", request.model)]
    if request.language is not None and request.language not in _DETECT:
        code = request.language.split("-", 1)[0].lower()
        fields.append(("language", _LANGUAGE_CODES.get(code, code)))
    if request.keywords and profile.keywords == "prompt":
        fields.append(("prompt", ", ".join(request.keywords)))
    elif profile.keywords == "list":
        fields += [("keywords[]", keyword) for keyword in request.keywords]
    if profile.transcript_format:
        fields.append(("response_format", profile.transcript_format))
    if profile.stream_transcript:
        fields.append(("stream", "true"))
    return fields


class _Source:
    """A recording as the vendor takes it: its own bytes where it knows the format, else a WAVE file."""

    failed = False

    def __init__(self, recording: Recording, formats: frozenset[str]) -> None:
        self._recording = recording
        if recording.content_type in formats:
            self.part = FilePart(recording.filename, recording.content_type, self._original, recording.size)
            return
        if not recording.decodable:
            raise Unsupported("does not take recordings of this format", about="recording")
        self._rate = min(recording.sample_rate, _WAV_RATE)
        pcm_bytes = recording.pcm_bytes(self._rate)
        size = None if pcm_bytes is None else HEADER_BYTES + pcm_bytes
        self.part = FilePart("audio.wav", "audio/wav", self._converted, size)

    def _original(self) -> Iterator[bytes]:
        with self._recording.open() as reader:
            while piece := reader.read(_PIECE_BYTES):
                yield piece

    def _converted(self) -> Iterator[bytes]:
        try:
            yield from self._recording.wav(self._rate)
        except AudioFormatError:
            self.failed = True
            raise


async def _whole(response: aiohttp.ClientResponse, on_error: Callable[[object], ProviderError]) -> str:
    """The text of a transcription in one piece."""
    answer = decode_transcripts([await read_whole(response)])[0]
    if answer.error is not None:
        raise on_error(answer.error)
    if answer.text is None:
        raise MalformedResponse("the answer holds no transcript")
    return answer.text.strip()
