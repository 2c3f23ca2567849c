"""`POST /v1/audio/transcriptions`: `/v1/transcribe` in the form of OpenAI's API."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal, get_args

import msgspec
from litestar import Request, post
from litestar.types import ASGIApp, Send
from msgspec import structs

from speko.api.errors import invalid
from speko.api.openai.answering import JSON, SSE, error_event, event, send_whole
from speko.api.openai.asked import Asked, asked_of
from speko.api.openai.described import TRANSCRIBE
from speko.api.openai.transcription_answer import (
    DurationUsed,
    GrowingText,
    TextDelta,
    TextDone,
    Transcription,
    VerboseTranscription,
)
from speko.api.openai.upload_form import UploadForm
from speko.api.spool import Upload
from speko.api.transcribe import DETECT, SttOptions, TranscribeCall, read_recording, stt_options
from speko.audio import Recording
from speko.audio.sniff import SNIFF_BYTES, sniff
from speko.providers.call import Call
from speko.providers.errors import ProviderError
from speko.providers.stt import Transcript
from speko.routing.attempts import Failure
from speko.routing.dispatch import Dispatch, Served

Format = Literal["json", "text", "verbose_json"]
_FORMATS: tuple[Format, ...] = get_args(Format)
_TYPES = {
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "webm": "audio/webm",
    "mp3": "audio/mpeg",
    "mpeg": "audio/mpeg",
    "mpga": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
}
"""By the file's name, where its part says nothing of use."""
_NO_SOUND = (
    "The file is no audio, by its type, its name and its first bytes: flac, mp3, mp4, mpeg, mpga, m4a, oga, ogg, wav "
    "and webm are taken, and raw samples with the type audio/pcm;rate=16000"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The form of the answer."""

    format: Format
    streamed: bool


@post("/v1/audio/transcriptions", status_code=200, **TRANSCRIBE)
async def transcriptions(request: Request[Any, Any, Any]) -> ASGIApp:
    """Speech to text in the form of OpenAI's API: the recording as a file of a form."""
    form, upload = await UploadForm.receive(request, "file")
    try:
        if form.file is None or upload.size == 0:
            raise invalid("The form has no file, or an empty one", ("file", "is required"))
        wanted = _wanted(form)
        model = form.one("model")
        if model is None:
            raise invalid("The form has no model", ("model", "is required"))
        language, detect = _language(form)
        asked = asked_of(request, "stt", model, language)
        options = _options(stt_options(request), form, detect=detect)
        content_type = _content_type(form.file.content_type, form.file.filename or "")
        if content_type is None and await asyncio.to_thread(_proven, upload) is None:
            raise invalid(_NO_SOUND, ("file", "is no audio"), code="INVALID_AUDIO")
        recording = await read_recording(upload, content_type, "file")
        return TranscriptionCall(request, asked, options, (recording, upload), wanted)
    except BaseException:
        upload.close()
        raise


def _language(form: UploadForm) -> tuple[str | None, bool]:
    """The language to route for, if the form names one, and whether the vendor shall find out what is spoken."""
    named = [language for language in (form.one("language"), *form.all("languages")) if language]
    known = [language for language in named if language not in DETECT]
    return (known[0] if known else None), len(known) < len(named) or len(known) > 1


def _wanted(form: UploadForm) -> Wanted:
    """The form of the answer, or 400 for one that would need what no connector tells."""
    chosen = form.one("response_format") or "json"
    if chosen not in _FORMATS:
        raise invalid(
            f"response_format must be one of {', '.join(_FORMATS)}: there are no timestamps and no speakers here",
            ("response_format", f"must be one of {', '.join(_FORMATS)}"),
        )
    for name in ("timestamp_granularities", "include", "known_speaker_names", "known_speaker_references"):
        if form.all(name):
            raise invalid(f"{name} is not served", (name, "is not served"))
    stream = (form.one("stream") or "false").lower()
    if stream not in ("true", "false"):
        raise invalid("stream must be true or false", ("stream", "must be true or false"))
    if stream == "true" and chosen == "verbose_json":
        raise invalid("A stream has no verbose form", ("response_format", "must be json or text with stream"))
    _check_temperature(form.one("temperature"))
    return Wanted(chosen, stream == "true")


def _check_temperature(text: str | None) -> None:
    """It is not passed on: recognisers behind this gateway take none."""
    try:
        valid = text is None or 0 <= float(text) <= 1
    except ValueError:
        valid = False
    if not valid:
        raise invalid("temperature must be a number from 0 to 1", ("temperature", "must be a number from 0 to 1"))


def _options(options: SttOptions, form: UploadForm, *, detect: bool) -> SttOptions:
    """The header's options, with what the form says of the same."""
    if detect:
        options = structs.replace(options, language="auto")
    prompt, keywords = form.one("prompt"), form.all("keywords")
    if len(options.keywords) + len(keywords) > 200:
        raise invalid("There are more than 200 keywords", ("keywords", "at most 200"))
    # To the models that take a prompt, keywords are sent as one.
    return structs.replace(options, keywords=(*options.keywords, *keywords, *((prompt,) if prompt else ())))


def _content_type(claimed: str, filename: str) -> str | None:
    """What a file is said to be; None = nothing says that it is sound. Clients guess from its name, and call sound
    video."""
    if claimed.lower().startswith("audio/"):
        return claimed
    return _TYPES.get(filename.rpartition(".")[2].lower())


def _proven(upload: Upload) -> str | None:
    """What its first bytes prove. Any bytes at all could be raw samples, which this API takes from nobody unnamed."""
    upload.file.seek(0)
    return sniff(upload.file.read(SNIFF_BYTES))


class TranscriptionCall(TranscribeCall):
    """One recording on its way through the chain."""

    def __init__(
        self,
        request: Request[Any, Any, Any],
        asked: Asked,
        options: SttOptions,
        source: tuple[Recording, Upload],
        wanted: Wanted,
    ) -> None:
        super().__init__(request, asked.intent, asked.constraints, options, source)
        self._wanted = wanted
        self.whole = not wanted.streamed

    def chosen(self, refused: Failure) -> str | None:
        """A recording that cannot be heard: it is a file of the form."""
        return None if super().chosen(refused) is None else "file"

    async def respond(self, served: Served[Transcript], send: Send) -> None:
        """The transcript in the form that was asked for."""
        headers = self.headers(served.candidate, served.failover_count)
        if self._wanted.streamed:
            await self._stream(headers, served, send)
            return
        text = GrowingText()
        while (batch := await served.next()) is not None:
            text.take(batch)
        await self._whole(headers, text.text(), served.call, send)

    async def respond_to_silence(self, dispatch: Dispatch[Transcript], send: Send) -> bool:
        """An empty transcript that nobody contradicted is an answer, not a failure."""
        silent = self.book_silence(dispatch)
        if silent is None:
            return False
        candidate, failovers, call = silent
        headers = self.headers(candidate, failovers)
        if self._wanted.streamed:
            await send({"type": "http.response.start", "status": 200, "headers": [*SSE, *headers]})
            await send({"type": "http.response.body", "body": event(TextDone("")), "more_body": False})
        else:
            await self._whole(headers, "", call, send)
        return True

    async def _stream(self, headers: list[tuple[bytes, bytes]], served: Served[Transcript], send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*SSE, *headers]})
        text = GrowingText()
        try:
            while (batch := await served.next()) is not None:
                if body := b"".join([event(TextDelta(delta)) for delta in text.take(batch)]):
                    await send({"type": "http.response.body", "body": body, "more_body": True})
        except ProviderError as error:
            last = error_event(f"{served.candidate.provider}: {error.message}", self.failed_code)
        else:
            last = event(TextDone(text.text()))
        await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _whole(self, headers: list[tuple[bytes, bytes]], text: str, call: Call, send: Send) -> None:
        if self._wanted.format == "text":
            plain = (b"content-type", b"text/plain; charset=utf-8")
            await send_whole(send, [plain, *headers], f"{text}\n".encode())
            return
        used = DurationUsed(call.usage.audio_ms / 1e3)
        answer: Transcription | VerboseTranscription = Transcription(text, used)
        if self._wanted.format == "verbose_json":
            answer = VerboseTranscription(self.audio_seconds(), self.intent.language, text, used)
        await send_whole(send, [JSON, *headers], msgspec.json.encode(answer))
