"""The events of a streamed transcription. No I/O.

Source: https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from speko.providers.errors import MalformedResponse, ProviderError
from speko.providers.stt import Transcript

_DONE = b"[DONE]"


class TranscriptEvent(msgspec.Struct, gc=False):
    """An event, or a transcription in one piece, as far as we use them."""

    type: str = ""
    delta: str = ""
    text: str | None = None
    error: Any = None


_decode = msgspec.json.Decoder(list[TranscriptEvent]).decode


class TranscriptStream:
    """One streamed transcription."""

    done = False
    """The final transcript was seen."""

    def __init__(self, on_error: Callable[[object], ProviderError]) -> None:
        self._on_error = on_error
        self._text: list[str] = []

    def take(self, events: Sequence[bytes]) -> list[Transcript]:
        """What the events of one read say: the transcript so far, or the final one. Of several interim transcripts
        only the last is given, since each replaces the one before it.

        Raises:
            MalformedResponse: an event cannot be read.
            ProviderError: the vendor reports an error.
        """
        grown = False
        for event in decode_transcripts([data for data in events if data != _DONE]):
            if event.error is not None:
                raise self._on_error(event.error)
            if event.type == "transcript.text.delta":
                self._text.append(event.delta)
                grown = grown or bool(event.delta)
            elif event.type == "transcript.text.done":
                self.done = True
                text = (event.text or "").strip()
                return [Transcript(text, is_final=True)] if text else []
        text = "".join(self._text).strip() if grown else ""
        return [Transcript(text, is_final=False)] if text else []


def decode_transcripts(events: Sequence[bytes]) -> list[TranscriptEvent]:
    """Decodes events.

    Raises:
        MalformedResponse: one of them is not what it should be.
    """
    try:
        decoded = _decode(b"[" + b",".join(events) + b"]")
    except (msgspec.DecodeError, UnicodeDecodeError):
        decoded = []
    if len(decoded) != len(events):
        raise MalformedResponse("the transcript cannot be read")
    return decoded
