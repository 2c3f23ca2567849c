"""`POST /v1/audio/speech`: `/v1/synthesize` in the form of OpenAI's API."""

from typing import Any

from litestar import Request, post
from litestar.types import ASGIApp, Message, Send

from speko.api.body import read_body
from speko.api.errors import invalid
from speko.api.openai.answering import SSE, error_event, event
from speko.api.openai.asked import asked_of
from speko.api.openai.described import SPEECH
from speko.api.openai.speech_body import SAMPLE_RATE, SpeechBody, VoiceId, encoder_of
from speko.api.synthesize import SynthesizeBody, SynthesizeCall, is_blank
from speko.providers.tts import AudioChunk
from speko.routing.dispatch import Served

_DONE = event({"type": "speech.audio.done"})


@post("/v1/audio/speech", status_code=200, **SPEECH)
async def speech(request: Request[Any, Any, Any]) -> ASGIApp:
    """Text to speech in the form of OpenAI's API. The answer is audio as it is made, bare or in events."""
    body = await read_body(request, SpeechBody)
    if is_blank(body.input):
        raise invalid("input is blank", ("input", "must hold something to say"))
    asked = asked_of(request, "tts", body.model, body.language)
    wanted = SynthesizeBody(
        text=body.input,
        intent=asked.intent,
        voice=body.voice.id if isinstance(body.voice, VoiceId) else body.voice,
        speed=body.speed,
        sample_rate=SAMPLE_RATE,
        instructions=body.instructions,
        constraints=asked.constraints,
    )
    kind = SpeechInEvents if body.stream_format == "sse" else SynthesizeCall
    return kind(request, wanted, body.input, encoder_of(body.response_format or "mp3"))


class SpeechInEvents(SynthesizeCall):
    """The same sound, each piece in an event. A stream that breaks off says so, and has no end mark."""

    async def respond(self, served: Served[AudioChunk], send: Send) -> None:
        """Streams the audio."""
        whole = False

        async def send_event(message: Message) -> None:
            nonlocal whole
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if name != b"content-type"]
                message["headers"] = [*SSE, *headers]
            elif message["type"] == "http.response.body":
                whole = not message["more_body"]
                message["body"] = _sound(message["body"]) + (_DONE if whole else b"")
            await send(message)

        await super().respond(served, send_event)
        if not whole:
            last = error_event(f"{served.candidate.provider} broke off in the middle", self.failed_code)
            await send({"type": "http.response.body", "body": last, "more_body": False})


def _sound(audio: bytes) -> bytes:
    return event({"type": "speech.audio.delta", "audio": audio}) if audio else b""  # bytes become base64
