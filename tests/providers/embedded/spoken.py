"""Speech for tests, by flite, and what collects the results of engines."""

import io
import shutil
import subprocess
import tempfile
import wave
from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from speko.audio import Recording
from speko.providers.call import Call, Credential

T = TypeVar("T")
RATE = 16000
"""Hz of flite's default voice."""

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite (Debian package) is not installed")
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng (Debian package) is missing")


@cache
def spoken(text: str, voice: str = "slt") -> bytes:
    """PCM16 mono at 16 kHz, straight from the program."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(sound)], check=True, capture_output=True)
        with wave.open(str(sound)) as reader:
            assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (RATE, 1, 2)
            pcm: bytes = reader.readframes(reader.getnframes())
            return pcm


def recording(pcm: bytes, rate: int = RATE) -> Recording:
    """PCM16 mono as a caller would send it."""
    return Recording.read(io.BytesIO(pcm), len(pcm), f"audio/pcm;rate={rate}")


def a_call(connect_timeout: float = 20.0) -> Call:
    """A call with time enough for a loaded machine."""
    return Call(Credential(), connect_timeout=connect_timeout)


async def collected(batches: AsyncIterator[Sequence[T]]) -> list[T]:
    """All items; no batch may be empty."""
    items: list[T] = []
    async for batch in batches:
        assert batch
        items += batch
    return items
