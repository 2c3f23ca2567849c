"""Writes a WAV of flite's speech and of silence: `speech.py OUT.wav RATE < segments.json`.

A segment is {"say": text} or {"silence": seconds}. Prints {"seconds", "spoken": [[start, end], …]} as JSON.
"""

import io
import json
import subprocess
import sys
import wave

import numpy as np
import soxr


def spoken(text: str, rate: int) -> np.ndarray:
    """Samples of a sentence, without the silence around it."""
    made = subprocess.run(["flite", "-voice", "rms", "-t", text, "-o", "/dev/stdout"], capture_output=True, check=True)
    # flite does not know the length of a stream: the sizes in its header are read with care.
    data = made.stdout
    with wave.open(io.BytesIO(data)) as file:
        own = file.getframerate()
    samples = np.frombuffer(data[44 : 44 + (len(data) - 44) // 2 * 2], dtype="<i2").astype(np.float32)
    loud = np.flatnonzero(np.abs(samples) > 50)
    return soxr.resample(samples[loud[0] : loud[-1] + 1], own, rate)


def main() -> None:
    out, rate = sys.argv[1], int(sys.argv[2])
    pieces: list[np.ndarray] = []
    at = 0
    marks = []
    for segment in json.load(sys.stdin):
        if "say" in segment:
            piece = spoken(segment["say"], rate)
            marks.append([at / rate, (at + len(piece)) / rate])
        else:
            piece = np.zeros(round(segment["silence"] * rate), dtype=np.float32)
        pieces.append(piece)
        at += len(piece)
    samples = np.clip(np.concatenate(pieces), -32768, 32767).astype("<i2")
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    json.dump({"seconds": at / rate, "spoken": marks}, sys.stdout)


main()
