"""What a body is: what its Content-Type says, and what its first bytes say."""

import re
from dataclasses import dataclass, field

from speko.audio.errors import AudioFormatError
from speko.audio.pcm import MAX_SAMPLE_RATE

MAX_RAW_CHANNELS = 8
DEFAULT_RAW_RATE = 16000
"""Hz, of raw PCM that does not say."""
SNIFF_BYTES = 4096
"""How much of a body `sniff` can use."""

WAV, MP3, OGG, FLAC, PCM = "audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/pcm"
L16 = "audio/l16"

_CANONICAL = {
    "audio/wav": WAV,
    "audio/x-wav": WAV,
    "audio/wave": WAV,
    "audio/vnd.wave": WAV,
    "audio/mpeg": MP3,
    "audio/mp3": MP3,
    "audio/x-mp3": MP3,
    "audio/ogg": OGG,
    "audio/opus": OGG,
    "application/ogg": OGG,
    "audio/flac": FLAC,
    "audio/x-flac": FLAC,
    "audio/pcm": PCM,
    "audio/x-pcm": PCM,
    "audio/l16": L16,
}
_UNTYPED = frozenset({"", "application/octet-stream"})

_MAGICS = {b"OggS": OGG, b"fLaC": FLAC, b"\x1aE\xdf\xa3": "audio/webm"}

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_PARAMETER = re.compile(r'\s*([^\s=;"]+)\s*=\s*(?:"([^"]*)"|([^;"]*))\s*(?:;|$)')


@dataclass(frozen=True, slots=True)
class ContentType:
    """A Content-Type header (RFC 9110, section 8.3.1); `media_type` and the names of parameters in lower case."""

    media_type: str
    """Empty where there was none."""
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, header: str | None) -> "ContentType":
        """Raises AudioFormatError for what is no Content-Type."""
        media_type, _, rest = (header or "").partition(";")
        media_type = media_type.strip().lower()
        if len(rest) > 1000 or (media_type and not _TYPE.fullmatch(media_type)):
            raise AudioFormatError("the Content-Type cannot be read")
        parameters: dict[str, str] = {}
        position = 0
        while rest[position:].strip(" \t;"):
            found = _PARAMETER.match(rest, position)
            if found is None:
                raise AudioFormatError("the Content-Type cannot be read")
            name, quoted, plain = found.groups()
            parameters[name.lower()] = quoted if quoted is not None else plain.strip()
            position = found.end()
        return cls(media_type, parameters)

    def number(self, name: str, highest: int) -> int | None:
        """The parameter `name` as a whole number of 1 to `highest`; None where it is missing."""
        text = self.parameters.get(name)
        if text is None:
            return None
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
        if not 1 <= value <= highest:
            raise AudioFormatError(f"{name} in the Content-Type is not a whole number from 1 to {highest}")
        return value


@dataclass(frozen=True, slots=True)
class RawFormat:
    """How raw PCM16 is laid out, where only the Content-Type tells."""

    sample_rate: int = DEFAULT_RAW_RATE
    """Hz."""
    channels: int = 1
    big_endian: bool = False


def raw_format(claim: ContentType) -> RawFormat:
    """`audio/pcm` is little-endian; `audio/l16` is in network byte order and has to give its rate (RFC 2586)."""
    rate = claim.number("rate", MAX_SAMPLE_RATE)
    channels = claim.number("channels", MAX_RAW_CHANNELS) or 1
    big_endian = claim.media_type == L16
    if rate is None and big_endian:
        raise AudioFormatError("audio/l16 needs a rate in the Content-Type")
    return RawFormat(rate or DEFAULT_RAW_RATE, channels, big_endian)


def sniff(head: bytes) -> str | None:
    """The audio type that the first bytes of a body prove, or None.

    Args:
        head: up to `SNIFF_BYTES` bytes; MPEG audio without a tag needs them, since its mark is eleven bits long.
    """
    return _signature(head) or (MP3 if _is_mpeg(head) else None)


def decide_type(claim: ContentType, head: bytes) -> str:
    """The canonical type of a body. Bytes that prove their type win over the claim.

    Returns:
        `audio/wav`, `audio/mpeg`, `audio/ogg`, `audio/flac`, `audio/pcm`, `audio/l16`, or the media type as given.

    Raises:
        AudioFormatError: the claim is not audio, and neither are the bytes.
    """
    claimed = _CANONICAL.get(claim.media_type, claim.media_type)
    if claimed in (PCM, L16):
        # Loud samples can look like a frame of MPEG audio, but not like a file's signature.
        return _signature(head) or claimed
    proven = sniff(head)
    if claim.media_type in _UNTYPED:
        return proven or PCM
    if proven in (WAV, MP3, OGG, FLAC):
        return proven
    if claimed in (WAV, MP3, OGG, FLAC):
        return proven or claimed
    if claimed.startswith("audio/"):
        return claimed
    if proven is None:
        raise AudioFormatError("the Content-Type is not audio; try audio/wav or audio/pcm;rate=16000")
    return proven


def _signature(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64"):
        return WAV if head[8:12] == b"WAVE" else None
    # An ID3v2 tag: its version is below 0xFF, its length has seven bits to the byte.
    if head[:3] == b"ID3" and len(head) >= 10 and max(head[3], head[4]) < 0xFF and max(head[6:10]) < 0x80:
        return MP3
    return _MAGICS.get(head[:4]) or ("audio/mp4" if head[4:8] == b"ftyp" else None)


# MPEG audio, ISO 11172-3 and 13818-3: kbit/s by (version 1?, layer), Hz by version.
_BITRATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _is_mpeg(head: bytes) -> bool:
    """Two frame headers, one frame apart, or one frame that fills the body."""
    length = _frame_bytes(head[:4])
    if length is None:
        return False
    following = head[length : length + 4]
    return len(following) < 4 or _frame_bytes(following) is not None


def _frame_bytes(header: bytes) -> int | None:
    """Length of the MPEG audio frame that begins with these four bytes, or None where none begins."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate_index, rate_index, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or not 1 <= bitrate_index <= 14 or rate_index == 3:
        return None
    bits = _BITRATES[version == 3, layer][bitrate_index - 1] * 1000
    rate = _RATES[version][rate_index]
    if layer == 1:
        return (12 * bits // rate + padding) * 4
    samples = 72 if layer == 3 and version != 3 else 144
    return samples * bits // rate + padding
