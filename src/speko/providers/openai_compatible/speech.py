"""Text to speech over `/audio/speech`."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import aiohttp
import msgspec

from speko.audio import AudioFormatError
from speko.audio.sniff import ContentType
from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.errors import MalformedResponse, Unsupported
from speko.providers.openai_compatible.endpoint import Endpoint, json_body, read_whole
from speko.providers.openai_compatible.profile import Profile, Profiles
from speko.providers.openai_compatible.speech_sound import SpeechSound
from speko.providers.openai_compatible.text_pieces import text_pieces
from speko.providers.registry import Runtime
from speko.providers.tts import AudioChunk, TtsCapabilities, TtsRequest

_COMPRESSED = frozenset({"audio/mpeg", "audio/mp3", "audio/ogg", "audio/opus", "audio/flac", "audio/aac", "audio/webm"})


class SpeechRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request of `/audio/speech`."""

    model: str
    input: str
    voice: str
    response_format: str
    speed: float | None = None
    instructions: str | None = None


_encode = msgspec.json.Encoder().encode


class OpenAISpeech:
    """`TextToSpeech` for one vendor."""

    capabilities = TtsCapabilities(streaming=True, speed=True, instructions=True)

    def __init__(self, vendor: Vendor, profiles: Profiles, runtime: Runtime) -> None:
        self._endpoint = Endpoint(vendor, runtime)
        self._profiles = profiles

    async def synthesize(self, request: TtsRequest, call: Call) -> AsyncIterator[Sequence[AudioChunk]]:
        """See `TextToSpeech`. A text longer than the vendor speaks at once is spoken in several requests.

        Source: https://platform.openai.com/docs/api-reference/audio/createSpeech
        """
        profile = self._profiles.get("tts", request.model)
        rate = None
        for piece in text_pieces(request.text, profile.speech_characters):
            async with aclosing(self._speak(piece, request, profile, call)) as batches:
                async for batch in batches:
                    if rate not in (None, batch[0].sample_rate):
                        raise MalformedResponse("the sample rate changed in the middle")
                    rate = batch[0].sample_rate
                    yield batch

    async def _speak(
        self, text: str, request: TtsRequest, profile: Profile, call: Call
    ) -> AsyncGenerator[list[AudioChunk], None]:
        body = SpeechRequest(
            request.model,
            text,
            request.voice,
            profile.speech_format,
            request.speed,
            request.instructions if profile.instructions else None,
        )
        call.usage.characters += len(text)
        content = [text, request.instructions or ""]

        def unused() -> None:
            call.usage.characters -= len(text)

        async with self._endpoint.post(
            "/audio/speech", call, json_body(_encode(body)), content=lambda: content, unused=unused
        ) as response:
            if response.content_type == "application/json":
                error = await _error_instead(response)
                raise self._endpoint.event_error(error, call, content)
            sound = SpeechSound(_raw_rate(response, profile.pcm_rate))
            while data := await response.content.readany():
                if chunks := sound.push(data):
                    yield chunks
            if chunks := sound.push(b"", last=True):
                yield chunks


def _raw_rate(response: aiohttp.ClientResponse, usual: int) -> int:
    """Hz of the samples, if they come without a header."""
    try:
        content_type = ContentType.parse(response.headers.get("Content-Type"))
    except AudioFormatError:
        return usual
    if content_type.media_type in _COMPRESSED:
        raise Unsupported("the vendor answered compressed sound, which was not asked for")
    if content_type.media_type.startswith("text/"):
        raise MalformedResponse("the vendor answered text instead of sound")
    rate = content_type.parameters.get("rate", "")
    return int(rate) if rate.isdecimal() and int(rate) else usual


async def _error_instead(response: aiohttp.ClientResponse) -> object:
    """The error that a vendor hides in an answer of status 200."""
    try:
        answer = msgspec.json.decode(await read_whole(response), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = {}
    if not answer.get("error"):
        raise MalformedResponse("the vendor answered JSON instead of sound")
    return answer["error"]
