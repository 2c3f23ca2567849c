"""Recordings: what is sent, and what is kept of a conversation. Samples are signed 16-bit little-endian mono."""

import sys
import wave
from array import array
from pathlib import Path

from speko.cli.exits import CommandError

_QUIET = 300
"""Of 32767: what is below it at the end of a recording is no speech."""


def read_wav(name: str, rate: int) -> bytes:
    """A WAV file as samples at `rate` Hz.

    Other rates, other widths and several channels need the gateway's packages. Raises CommandError for a file that
    cannot be read, and ModuleNotFoundError without those packages.
    """
    try:
        with wave.open(name, "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate):
                return file.readframes(file.getnframes())
    except OSError as error:
        raise CommandError(f"cannot read {name}: {error.strerror}", "CANNOT_READ") from error
    except (wave.Error, EOFError):
        pass  # not such a simple one
    return _converted(Path(name), rate)


def rate_of(name: str) -> int | None:
    """Hz of a simple WAV file; None for others, also for those that cannot be read."""
    try:
        with wave.open(name, "rb") as file:
            return file.getframerate()
    except (OSError, wave.Error, EOFError):
        return None


def without_quiet_end(pcm: bytes) -> bytes:
    """The samples up to the last that can be heard. Turns are timed from the end of the speech, not of the file."""
    samples = array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    last = next((at for at in range(len(samples) - 1, -1, -1) if abs(samples[at]) > _QUIET), -1)
    return pcm[: 2 * (last + 1)]


def write_wav(name: str, rate: int, *channels: bytes) -> None:
    """Writes one channel, or several beside each other. Raises CommandError."""
    frames = max(len(channel) for channel in channels) // 2
    mixed = array("h", bytes(2 * frames * len(channels)))
    for at, channel in enumerate(channels):
        samples = array("h", channel)
        mixed[at : at + len(channels) * len(samples) : len(channels)] = samples
    if sys.byteorder == "big":
        mixed.byteswap()
    try:
        with Path(name).open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(len(channels))
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(mixed.tobytes())
    except OSError as error:
        raise CommandError(f"cannot write {name}: {error.strerror}", "CANNOT_WRITE") from error


def _converted(path: Path, rate: int) -> bytes:
    from speko.audio.errors import AudioFormatError
    from speko.audio.recording import Recording

    try:
        with path.open("rb") as source, Recording.read(source, path.stat().st_size, "audio/wav") as recording:
            return b"".join(recording.pcm(rate))
    except AudioFormatError as error:
        raise CommandError(f"cannot use {path}: {error}", "CANNOT_READ") from error
