"""AgentSession wants to see a recogniser, a model and a voice before it asks the agent's own nodes for their work,
which here go through routing. These three are only there to be seen."""

from typing import Any, Never

from livekit.agents import llm, stt, tts


class Recogniser(stt.STT[Never]):
    """See above."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))

    async def _recognize_impl(self, *_: Any, **__: Any) -> Never:
        raise NotImplementedError


class Model(llm.LLM[Never]):
    """See above."""

    def chat(self, **_: Any) -> Never:
        """Not asked."""
        raise NotImplementedError


class Voice(tts.TTS[Never]):
    """See above.

    Args:
        rate: Hz.
    """

    def __init__(self, rate: int) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=rate, num_channels=1)

    def synthesize(self, *_: Any, **__: Any) -> Never:
        """Not asked."""
        raise NotImplementedError
