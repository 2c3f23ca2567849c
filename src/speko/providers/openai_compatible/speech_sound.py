"""Sound as vendors answer it: raw PCM, or a WAVE file that arrives piece by piece. No I/O."""

import io

from speko.audio import AudioFormatError, SampleAligner
from speko.audio.linear import Encoding, LinearAudio
from speko.audio.pcm import mono_pcm16
from speko.audio.wav import parse_wav
from speko.providers.errors import MalformedResponse
from speko.providers.tts import AudioChunk

_MAGIC_BYTES = 12
_MAX_HEADER_BYTES = 2**16
_ENDLESS = 2**62  # bytes: how long a stream is, nobody knows


class SpeechSound:
    """The sound of one answer.

    Some local servers send a WAVE file whatever was asked for, so the first bytes decide.
    """

    def __init__(self, raw_rate: int) -> None:
        """`raw_rate`: Hz of the samples if they come without a header."""
        self._raw_rate = raw_rate
        self._head: bytes | None = b""  # None when the header is behind us
        self._wav: LinearAudio | None = None
        self._left = _ENDLESS
        self._aligner = SampleAligner()

    @property
    def sample_rate(self) -> int:
        """Hz; known once sound has come."""
        return self._wav.sample_rate if self._wav else self._raw_rate

    def push(self, data: bytes, *, last: bool = False) -> list[AudioChunk]:
        """The sound in `data`, none if a header or a sample is not complete yet.

        Args:
            data: the next bytes.
            last: nothing follows.

        Raises:
            MalformedResponse: a WAVE header that cannot be read.
        """
        if self._head is not None:
            head = self._head + data
            data = self._begin(head, last=last)
            if self._head is not None:
                return []
        data = data[: self._left]
        self._left -= len(data)
        frames = self._aligner.push(data)
        if not frames:
            return []
        return [AudioChunk(self._mono(frames), self.sample_rate)]

    def _begin(self, head: bytes, *, last: bool) -> bytes:
        """Looks for a header; gives the samples behind it."""
        self._head = head
        if len(head) < _MAGIC_BYTES and not last:
            return b""
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            self._head = None
            return head
        try:
            self._wav = parse_wav(io.BytesIO(head), _ENDLESS)
        except AudioFormatError:
            if last or len(head) > _MAX_HEADER_BYTES:
                raise MalformedResponse("the WAVE header of the sound cannot be read") from None
            return b""
        self._head = None
        self._left = self._wav.frames * self._wav.frame_bytes
        self._aligner = SampleAligner(self._wav.frame_bytes)
        return head[self._wav.offset :]

    def _mono(self, frames: bytes) -> bytes:
        wav = self._wav
        if wav is None or (wav.encoding is Encoding.S16 and wav.channels == 1):
            return frames
        return mono_pcm16(wav.encoding.samples(frames).reshape(-1, wav.channels))
