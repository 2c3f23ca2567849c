"""RIFF/WAVE headers, read with distrust and written by the book.

Layout after the "Multiple Channel Audio Data and WAVE Files" description of WAVEFORMATEXTENSIBLE and EBU Tech 3306
(RF64).
"""

import struct
from typing import BinaryIO

from speko.audio.errors import AudioFormatError
from speko.audio.linear import Encoding, LinearAudio
from speko.audio.pcm import MAX_SAMPLE_RATE, SAMPLE_BYTES

HEADER_BYTES = 44
UNKNOWN_SIZE = 0xFFFFFFFF
"""What a size field holds when the length is not known yet, as in a live stream."""

_MAGICS = (b"RIFF", b"RF64")
_MAX_CHUNKS = 10_000  # a body of nothing but empty chunks must not keep us busy
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_ENCODINGS = {
    (_PCM, 8): Encoding.U8,
    (_PCM, 16): Encoding.S16,
    (_PCM, 24): Encoding.S24,
    (_PCM, 32): Encoding.S32,
    (_FLOAT, 32): Encoding.F32,
    (_FLOAT, 64): Encoding.F64,
}


class WavCodecError(AudioFormatError):
    """A sound WAVE header around samples that are not linear (G.711, ADPCM, MP3, …)."""


def wav_header(sample_rate: int, data_bytes: int | None) -> bytes:
    """The 44 bytes before PCM16 mono samples.

    Args:
        sample_rate: Hz.
        data_bytes: length of the samples; None for a stream whose end is not known.
    """
    known = data_bytes is not None and data_bytes <= UNKNOWN_SIZE - HEADER_BYTES
    data_size = data_bytes if known and data_bytes is not None else UNKNOWN_SIZE
    riff_size = data_size + HEADER_BYTES - 8 if known else UNKNOWN_SIZE
    layout = struct.pack("<HHIIHH", _PCM, 1, sample_rate, sample_rate * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES)
    return struct.pack("<4sI4s4sI16s4sI", b"RIFF", riff_size, b"WAVE", b"fmt ", 16, layout, b"data", data_size)


def parse_wav(reader: BinaryIO, size: int) -> LinearAudio:
    """Where the samples of a WAVE body lie.

    A data size that is unknown, zero or longer than the body means "to the end of the body": what is there counts.

    Args:
        reader: over the body; its position is moved.
        size: bytes of the body.

    Raises:
        WavCodecError: sound header, but samples that are not linear.
        AudioFormatError: anything else that cannot be played.
    """
    reader.seek(0)
    opening = reader.read(12)
    if len(opening) < 12 or opening[:4] not in _MAGICS or opening[8:] != b"WAVE":
        raise AudioFormatError("the audio does not begin with a WAVE header")
    layout: bytes | None = None
    long_size: int | None = None
    position = 12
    for _ in range(_MAX_CHUNKS):
        reader.seek(position)
        head = reader.read(8)
        if len(head) < 8:
            break
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if name == b"data":
            if layout is None:
                raise AudioFormatError("the WAVE header has no format before its samples")
            claimed = long_size if length == UNKNOWN_SIZE and long_size is not None else length
            return _audio(layout, position + 8, _data_bytes(claimed, size - position - 8))
        if name == b"fmt ":
            layout = reader.read(min(length, 40))
        elif name == b"ds64" and length >= 16:
            long_size = int.from_bytes(reader.read(16)[8:], "little")
        position += 8 + length + length % 2
    raise AudioFormatError("the WAVE header has no samples behind it")


def _data_bytes(claimed: int, available: int) -> int:
    return claimed if 0 < claimed <= available else available


def _audio(layout: bytes, offset: int, data_bytes: int) -> LinearAudio:
    if len(layout) < 16:
        raise AudioFormatError("the format in the WAVE header is too short")
    tag, channels, sample_rate, _, block_align, bits = struct.unpack_from("<HHIIHH", layout)
    if tag == _EXTENSIBLE and len(layout) >= 26:
        # The real tag opens the sub-format's GUID.
        tag = int.from_bytes(layout[24:26], "little")
    if channels == 0:
        raise AudioFormatError("the WAVE header says that there are no channels")
    if not 1 <= sample_rate <= MAX_SAMPLE_RATE:
        raise AudioFormatError(f"the sample rate in the WAVE header is not within 1 to {MAX_SAMPLE_RATE} Hz")
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None:
        raise WavCodecError("the samples in the WAVE file are in a form that cannot be read")
    if block_align != channels * encoding.width:
        raise AudioFormatError("the WAVE header contradicts itself about the size of a sample")
    frames = data_bytes // block_align
    if frames <= 0:
        raise AudioFormatError("the WAVE file holds no complete sample")
    return LinearAudio(encoding, sample_rate, channels, offset, frames)
