"""What is heard in the user's sound: the script's transcript, else the embedded recogniser's."""

import asyncio
from io import BytesIO

from speko.audio import Recording
from speko.simulators.engines import Engines
from speko.simulators.openai.realtime.config import SAMPLE_RATE
from speko.simulators.script import Script

SUBSTITUTE = "This is a simulated transcript."


async def hear(pcm: bytes, script: Script, engines: Engines, turn: int) -> str:
    """The words in a sound at `SAMPLE_RATE`.

    Args:
        pcm: at least one sample.
        script: wins over the engines.
        engines: where the script fixes nothing.
        turn: number of the user's message, from 1.

    Raises:
        ProviderError: the recogniser failed.
    """
    fixed = script.heard(turn)
    if fixed is not None:
        return fixed
    recording = await asyncio.to_thread(Recording.read, BytesIO(pcm), len(pcm), f"audio/pcm;rate={SAMPLE_RATE}")
    try:
        heard = await engines.hear(recording)
    finally:
        recording.close()
    return SUBSTITUTE if heard is None else " ".join(heard)
