"""One recording as a caller sent it."""

from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from speko.audio import containers
from speko.audio.body import Body, body_of
from speko.audio.containers import MAX_DURATION_MS, ContainerInfo
from speko.audio.errors import AudioFormatError
from speko.audio.linear import Encoding, LinearAudio
from speko.audio.pcm import SAMPLE_BYTES
from speko.audio.sniff import FLAC, L16, MP3, OGG, PCM, SNIFF_BYTES, WAV, ContentType, decide_type, raw_format
from speko.audio.wav import WavCodecError, parse_wav, wav_header

_EXTENSIONS = {
    WAV: "wav",
    MP3: "mp3",
    OGG: "ogg",
    FLAC: "flac",
    PCM: "pcm",
    L16: "pcm",
    "audio/webm": "webm",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
}


class Recording:
    """A recording in its original bytes, with what it holds, decoded on demand.

    Everything here blocks: call it off the event loop. Several threads may read at the same time.
    """

    content_type: str
    """`audio/wav`, `audio/mpeg`, `audio/ogg`, `audio/flac`, `audio/pcm`, or the caller's media type without parameters:
    what the bytes are, also where the caller's header says something else."""
    filename: str
    """A name for uploads, whose extension fits the type."""
    size: int
    """Bytes as sent."""
    duration_ms: int
    """0 where the audio cannot be decoded here."""
    sample_rate: int
    """Hz as recorded; 0 where the audio cannot be decoded here."""
    channels: int
    """As recorded; 0 where the audio cannot be decoded here."""
    decodable: bool
    """Whether `pcm` and `wav` work. If not, a vendor that takes the content type may still hear it."""

    @classmethod
    def read(
        cls, source: BinaryIO, size: int, content_type: str | None, *, max_duration_ms: int = MAX_DURATION_MS
    ) -> Self:
        """Find out what a body is. The recording owns `source` from here on, also when this raises.

        Args:
            source: a `BytesIO`, or a file with a descriptor.
            size: bytes of the body.
            content_type: the caller's Content-Type header.
            max_duration_ms: longer audio is refused, however small its file.

        Raises:
            AudioFormatError: empty, damaged, too long, or not the audio that the header claims.
        """
        body = body_of(source, size)
        try:
            return cls(body, size, ContentType.parse(content_type), max_duration_ms)
        except BaseException:
            body.close()
            raise

    def __init__(self, body: Body, size: int, claim: ContentType, max_duration_ms: int) -> None:
        """Use `read`."""
        if size < SAMPLE_BYTES:
            raise AudioFormatError("the audio is empty")
        self._body = body
        self._max_duration_ms = max_duration_ms
        self.size = size
        with body.open() as reader:
            self.content_type = decide_type(claim, reader.read(SNIFF_BYTES))
        self.filename = f"audio.{_EXTENSIONS.get(self.content_type, 'bin')}"
        self._linear = self._find_samples(claim)
        held = self._linear or self._probe()
        self.decodable = held is not None
        self.duration_ms = held.duration_ms if held else 0
        self.sample_rate = held.sample_rate if held else 0
        self.channels = held.channels if held else 0
        if self.duration_ms > max_duration_ms:
            raise AudioFormatError(f"the audio is longer than {max_duration_ms // 60000} minutes")

    def _find_samples(self, claim: ContentType) -> LinearAudio | None:
        if self.content_type == WAV:
            with self._body.open() as reader:
                try:
                    return parse_wav(reader, self.size)
                except WavCodecError:
                    return None  # G.711 and the like: libav knows them
        if self.content_type not in (PCM, L16):
            return None
        raw = raw_format(claim)
        encoding = Encoding.S16_BE if raw.big_endian else Encoding.S16
        frames = self.size // (encoding.width * raw.channels)
        if not frames:
            raise AudioFormatError("the audio holds no complete sample")
        return LinearAudio(encoding, raw.sample_rate, raw.channels, 0, frames)

    def _probe(self) -> ContainerInfo | None:
        with self._body.open() as reader:
            try:
                return containers.probe(reader, self._max_duration_ms)
            except AudioFormatError:
                if self.content_type in (WAV, MP3, OGG, FLAC):
                    raise
                return None

    def open(self) -> BinaryIO:
        """A new reader over the original bytes. Close it; it outlives the recording."""
        return self._body.open()

    def pcm(self, sample_rate: int) -> Iterator[bytes]:
        """PCM16 little-endian mono at `sample_rate` Hz, in pieces of one second; the last may be shorter.

        Raises:
            AudioFormatError: not decodable here; from compressed audio also after the first pieces.
        """
        if not self.decodable:
            raise AudioFormatError("the audio is in a form that cannot be decoded here")
        return self._pcm(sample_rate)

    def _pcm(self, sample_rate: int) -> Iterator[bytes]:
        with self._body.open() as reader:
            if self._linear:
                yield from self._linear.pcm(reader, sample_rate)
            else:
                yield from containers.decode(reader, sample_rate, self._max_duration_ms)

    def pcm_bytes(self, sample_rate: int) -> int | None:
        """How many bytes `pcm` gives, exactly; None where only decoding would tell."""
        return self._linear.pcm_bytes(sample_rate) if self._linear else None

    def wav(self, sample_rate: int) -> Iterator[bytes]:
        """A WAVE file of PCM16 mono: the header (sizes unknown where `pcm_bytes` is None), then the pieces of `pcm`.

        Raises:
            AudioFormatError: as `pcm`.
        """
        pieces = self.pcm(sample_rate)
        return self._wav(sample_rate, pieces)

    def _wav(self, sample_rate: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield wav_header(sample_rate, self.pcm_bytes(sample_rate))
        yield from pieces

    def close(self) -> None:
        """Let go of the bytes. Readers that are open, and sound that is being decoded, go on."""
        self._body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
