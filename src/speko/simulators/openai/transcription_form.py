"""The form that `POST /v1/audio/transcriptions` takes, and what it refuses.

Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import asyncio
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from speko.audio import AudioFormatError, Recording
from speko.audio.sniff import SNIFF_BYTES, sniff
from speko.simulators.answer import Refused
from speko.simulators.faults import FaultKind
from speko.simulators.multipart import File, Form
from speko.simulators.openai.errors import invalid, status_error

MAX_FILE = 25 * 2**20
"""Bytes."""
MIN_DURATION_MS = 100
FILE_TYPES = frozenset({"flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"})
FIELDS = frozenset({
    "model", "chunking_strategy", "include", "keywords", "known_speaker_names", "known_speaker_references", "language",
    "languages", "prompt", "response_format", "stream", "temperature", "timestamp_granularities",
})  # fmt: skip
RESPONSE_FORMATS = frozenset({"json", "text", "verbose_json"})
"""Those that are simulated."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a client asks for, beside the file."""

    model: str
    language: str | None
    """ISO 639-1; None = to be detected."""
    response_format: str
    stream: bool
    granularities: frozenset[str]
    """Of timestamps: `word`, `segment`."""

    @property
    def billed_by_tokens(self) -> bool:
        """Whisper and its like are billed by the second."""
        return _is_gpt(self.model)


def options_of(form: Form) -> Options:
    """Reads the fields.

    Raises:
        Refused: with the field that is wrong.
    """
    for name in form.fields:
        # Lists and objects come as `name[]` and `name[key]`.
        if name.partition("[")[0] not in FIELDS:
            raise invalid("The form has a field that the API does not know.", code="unknown_parameter")
    model = form.field("model")
    if not model:
        raise invalid("Missing required parameter: model.", "model", "missing_required_parameter")
    language = form.field("language")
    if language is not None and not re.fullmatch("[a-z]{2,3}", language):
        raise invalid("language has to be an ISO 639-1 code.", "language", "invalid_language_format")
    response_format = form.field("response_format") or "json"
    if response_format not in RESPONSE_FORMATS or (_is_gpt(model) and response_format != "json"):
        raise invalid("This format does not go with this model.", "response_format", "unsupported_value")
    granularities = _values(form, "timestamp_granularities")
    if granularities and (response_format != "verbose_json" or not granularities <= {"word", "segment"}):
        raise invalid("Word or segment, and only with verbose_json.", "timestamp_granularities", "invalid_value")
    _check_temperature(form.field("temperature"))
    # Whisper takes the parameter and answers in one piece.
    stream = _flag(form, "stream") and "whisper" not in model
    return Options(model, language, response_format, stream, granularities)


async def recording_of(form: Form) -> Recording:
    """The uploaded file. The caller closes it.

    Raises:
        Refused: none, more than one, too large, too short, or not audio.
    """
    files = form.files.get("file", [])
    if len(files) != 1 or len(form.files) != 1:
        raise invalid("One file is required, under the name file.", "file", "missing_required_parameter")
    file = files[0]
    if len(file.data) > MAX_FILE:
        raise Refused(status_error(FaultKind.TOO_LARGE))
    if PurePath(file.filename).suffix.lower().removeprefix(".") not in FILE_TYPES:
        raise invalid(f"The file's name has to end in one of {', '.join(sorted(FILE_TYPES))}.", "file")
    try:
        recording = await asyncio.to_thread(_read, file)
    except AudioFormatError:
        raise invalid("The audio file could not be decoded.", "file", "invalid_value") from None
    if recording.duration_ms < MIN_DURATION_MS:
        recording.close()
        raise invalid("The audio is shorter than 0.1 seconds.", "file", "audio_too_short")
    return recording


def _read(file: File) -> Recording:
    content_type = sniff(file.data[:SNIFF_BYTES])
    if content_type is None:
        raise AudioFormatError("no known audio")
    return Recording.read(BytesIO(file.data), len(file.data), content_type)


def _is_gpt(model: str) -> bool:
    return model.startswith("gpt-")


def _values(form: Form, name: str) -> frozenset[str]:
    return frozenset([*form.fields.get(name, ()), *form.fields.get(f"{name}[]", ())])


def _flag(form: Form, name: str) -> bool:
    value = (form.field(name) or "false").lower()
    if value not in ("true", "false"):
        raise invalid(f"{name} is true or false.", name, "invalid_value")
    return value == "true"


def _check_temperature(value: str | None) -> None:
    if value is None:
        return
    try:
        valid = 0 <= float(value) <= 1
    except ValueError:
        valid = False
    if not valid:
        raise invalid("temperature lies between 0 and 1.", "temperature", "invalid_value")
