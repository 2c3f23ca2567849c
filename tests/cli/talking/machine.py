"""Programs and recordings of a machine, as a test wants them; in the working directory."""

import wave
from pathlib import Path


def install(name: str, script: str) -> None:
    """Puts a program on the path."""
    program = Path("bin") / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def record(name: str, pcm: bytes, rate: int = 24000, channels: int = 1) -> None:
    with wave.open(name, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)


def samples(name: str) -> tuple[int, bytes]:
    with wave.open(name, "rb") as file:
        return file.getframerate(), file.readframes(file.getnframes())
