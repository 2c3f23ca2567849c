"""What `/v1/audio/transcriptions` answers. No I/O.

Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from speko.providers.stt import Transcript


class DurationUsed(Struct, frozen=True):
    seconds: float
    type: Literal["duration"] = "duration"


class Transcription(Struct, frozen=True):
    """The text alone."""

    text: str
    usage: DurationUsed


class VerboseTranscription(Struct, frozen=True):
    """The text and what is known about the recording. Segments and words, which have timestamps, are not."""

    duration: float
    """Seconds."""
    language: str
    """The one that was asked for."""
    text: str
    usage: DurationUsed
    task: Literal["transcribe"] = "transcribe"


class TextDelta(Struct, frozen=True):
    delta: str
    type: Literal["transcript.text.delta"] = "transcript.text.delta"


class TextDone(Struct, frozen=True):
    text: str
    type: Literal["transcript.text.done"] = "transcript.text.done"


class GrowingText:
    """Makes text that is only ever appended to out of transcripts that may be replaced.

    What a transcript adds to what was told is a delta. Where it takes back what was told, nothing more is told of its
    segment: the text at the end is what counts.
    """

    def __init__(self) -> None:
        self._finals: list[str] = []
        self._told = ""
        """Of the segment that is not final yet."""
        self._interim = ""

    def take(self, transcripts: Sequence[Transcript]) -> list[str]:
        """The deltas."""
        deltas = []
        for transcript in transcripts:
            text = transcript.text.strip()
            if text.startswith(self._told) and len(text) > len(self._told):
                lead = " " if self._finals and not self._told else ""
                deltas.append(lead + text[len(self._told) :])
                self._told = text
            self._interim = text
            if transcript.is_final:
                self._end_segment()
        return deltas

    def text(self) -> str:
        """All of it, at the end. What never became final counts as it stands."""
        self._end_segment()
        return " ".join(self._finals)

    def _end_segment(self) -> None:
        if self._interim:
            self._finals.append(self._interim)
        self._interim = self._told = ""
