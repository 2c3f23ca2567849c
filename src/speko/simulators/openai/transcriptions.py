"""`POST /v1/audio/transcriptions`: the script's transcript, else what the embedded recogniser hears.

Source: https://platform.openai.com/docs/api-reference/audio/json-object, .../verbose-json-object,
.../transcript-text-delta-event and .../transcript-text-done-event
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from speko.audio import Recording
from speko.providers.errors import ProviderError
from speko.simulators.answer import EVENT_STREAM, Answer, Refused
from speko.simulators.captured import CapturedRequest
from speko.simulators.engines import Engines
from speko.simulators.faults import FaultKind
from speko.simulators.openai.body import form
from speko.simulators.openai.errors import status_error
from speko.simulators.openai.transcription_form import Options, options_of, recording_of
from speko.simulators.script import Script, pieces

SUBSTITUTE = "This is a simulated transcript."
_AUDIO_TOKENS_PER_SECOND = 10
_BROKEN = b'data: {"type":"transcript.text.delta","delta":\n\n'


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: the text of each segment, and how long the recording is."""

    segments: Sequence[str]
    seconds: float
    options: Options
    report_usage: bool

    @property
    def text(self) -> str:
        return " ".join(self.segments)


async def answer(request: CapturedRequest, script: Script, engines: Engines) -> Answer:
    """Hears.

    Raises:
        Refused: the request is not valid, or the recogniser failed.
    """
    upload = form(request)
    options = options_of(upload)
    recording = await recording_of(upload)
    try:
        segments = [script.transcript] if script.transcript is not None else await _hear(recording, engines)
        heard = Heard([s for s in segments if s], recording.duration_ms / 1000, options, script.report_usage)
    finally:
        recording.close()
    if options.stream:
        return _stream(heard)
    match options.response_format:
        case "text":
            return Answer((f"{heard.text}\n".encode(),), "text/plain; charset=utf-8")
        case "verbose_json":
            return Answer((msgspec.json.encode(_verbose(heard)),))
    return Answer((msgspec.json.encode({"text": heard.text, **_usage(heard)}),))


async def _hear(recording: Recording, engines: Engines) -> list[str]:
    try:
        heard = await engines.hear(recording)
    except ProviderError:
        raise Refused(status_error(FaultKind.SERVER_ERROR)) from None
    return [SUBSTITUTE] if heard is None else heard


def _stream(heard: Heard) -> Answer:
    chunks = tuple(_event({"type": "transcript.text.delta", "delta": piece}) for piece in pieces(heard.text))
    end = _event({"type": "transcript.text.done", "text": heard.text, **_usage(heard)})
    return Answer(chunks, EVENT_STREAM, streamed=True, end=end, broken=_BROKEN)


def _verbose(heard: Heard) -> dict[str, Any]:
    options = heard.options
    # Whisper names the language in English; beyond the one that our recogniser knows, the code has to do.
    body: dict[str, Any] = {
        "language": "english" if options.language in (None, "en") else options.language,
        "duration": heard.seconds,
        "text": heard.text,
    }
    if "segment" in options.granularities or not options.granularities:
        body["segments"] = [
            {
                "id": number,
                "seek": 0,
                "start": start,
                "end": end,
                "text": f" {text}",
                "tokens": [],
                "temperature": 0.0,
                "avg_logprob": -0.25,
                "compression_ratio": 1.0,
                "no_speech_prob": 0.01,
            }
            for number, (text, start, end) in enumerate(_timed(heard.segments, heard.seconds))
        ]
    if "word" in options.granularities:
        timed = _timed(heard.text.split(), heard.seconds)
        body["words"] = [{"word": word, "start": start, "end": end} for word, start, end in timed]
    if heard.report_usage:
        body["usage"] = _seconds(heard)
    return body


def _timed(texts: Sequence[str], seconds: float) -> list[tuple[str, float, float]]:
    """Texts with start and end in seconds, as if all characters took the same time."""
    total = sum(map(len, texts))
    timed = []
    position = 0
    for text in texts:
        start, position = position, position + len(text)
        timed.append((text, round(start * seconds / total, 2), round(position * seconds / total, 2)))
    return timed


def _usage(heard: Heard) -> dict[str, Any]:
    """The member `usage`, where it is reported."""
    if not heard.report_usage:
        return {}
    if not heard.options.billed_by_tokens:
        return {"usage": _seconds(heard)}
    audio_tokens = math.ceil(heard.seconds * _AUDIO_TOKENS_PER_SECOND)
    output_tokens = len(heard.text.split())
    return {
        "usage": {
            "type": "tokens",
            "input_tokens": audio_tokens,
            "input_token_details": {"text_tokens": 0, "audio_tokens": audio_tokens},
            "output_tokens": output_tokens,
            "total_tokens": audio_tokens + output_tokens,
        }
    }


def _seconds(heard: Heard) -> dict[str, Any]:
    return {"type": "duration", "seconds": math.ceil(heard.seconds)}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"
