"""Where speech begins and ends, by silero VAD (bundled in livekit-agents), and how AgentSession hears of it.

One window of 32 ms takes the model 20 microseconds, less than a hop to a thread and back, so it runs on the event loop,
once per window for everybody who wants to know. https://github.com/snakers4/silero-vad
"""

import time
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import soxr
from livekit.agents import vad
from livekit.local_inference import VAD as SileroVad
from livekit.local_inference import VAD_WINDOW_SAMPLES

WINDOW = 0.032
"""Seconds."""
MODEL_RATE = 16000
"""Hz."""
_BEGINS, _GOES_ON = 0.5, 0.35
"""Probabilities of speech: from where on it has begun, and above which it goes on (silero's own defaults)."""
Change = Literal["started", "stopped"]


class Endpointing:
    """Tells speech from its pauses, given the probability for each window. Pure; times in seconds.

    Args:
        silence: that ends speech.
        onset: speech without a gap that begins it; shorter is a click.
    """

    def __init__(self, silence: float, onset: float = 0.05) -> None:
        self.silence = silence
        self.onset = onset
        self.speaking = False
        self.duration = 0.0
        """Of the speech that runs, its pauses included."""
        self.voiced = 0.0
        """Since the last window without speech."""
        self.quiet = 0.0
        """Since the last window with speech."""

    def push(self, probability: float) -> Change | None:
        """The next window."""
        if probability >= _BEGINS or (self.speaking and probability > _GOES_ON):
            self.voiced, self.quiet = self.voiced + WINDOW, 0.0
        else:
            self.voiced, self.quiet = 0.0, self.quiet + WINDOW
        if self.speaking:
            self.duration += WINDOW
            if self.quiet >= self.silence - WINDOW / 2:
                self.speaking = False
                return "stopped"
        elif self.voiced >= self.onset:
            self.speaking, self.duration = True, self.voiced
            return "started"
        return None

    def stop(self) -> None:
        """Speech is over, whatever is heard."""
        self.speaking, self.voiced = False, 0.0


class SpeechDetector:
    """Silero on a stream of PCM16 mono.

    Args:
        rate: Hz of the sound.
    """

    def __init__(self, rate: int) -> None:
        self._model = SileroVad()
        # The quickest recipe: it holds back one sample, and the detector needs no better.
        self._resampler = (
            None if rate == MODEL_RATE else soxr.ResampleStream(rate, MODEL_RATE, 1, dtype="int16", quality="QQ")
        )
        self._rest = np.empty(0, np.int16)

    def push(self, pcm: bytes) -> tuple[np.ndarray, Iterator[float]]:
        """The same sound at 16 kHz, and the probability of speech in each window that is complete now."""
        samples = np.frombuffer(pcm, "<i2")
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
        return samples, self._probabilities(samples)

    def _probabilities(self, samples: np.ndarray) -> Iterator[float]:
        self._rest = np.concatenate((self._rest, samples))
        while len(self._rest) >= VAD_WINDOW_SAMPLES:
            window, self._rest = self._rest[:VAD_WINDOW_SAMPLES], self._rest[VAD_WINDOW_SAMPLES:]
            yield self._model.predict(window)


class VoiceActivity(vad.VAD):
    """What AgentSession takes for its voice activity detector: hears nothing itself, and passes on what it is told.

    Args:
        silence: seconds that end speech.
    """

    def __init__(self, silence: float) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=WINDOW))
        self.min_silence_duration = silence
        self._tell: Callable[[vad.VADEvent], None] | None = None

    def stream(self) -> vad.VADStream:
        """See `vad.VAD`. Called once by a session."""
        stream = _Told(self)
        self._tell = stream.tell
        return stream

    def heard(self, change: Change | None, state: Endpointing) -> None:
        """A window has passed while somebody speaks, or with which somebody began or stopped."""
        if change == "started":
            self._emit(vad.VADEventType.START_OF_SPEECH, state, speech=state.duration)
        if change == "stopped":
            self._emit(vad.VADEventType.END_OF_SPEECH, state, speech=max(0.0, state.duration - state.quiet))
        else:
            self._emit(vad.VADEventType.INFERENCE_DONE, state, speech=state.duration)

    def _emit(self, kind: vad.VADEventType, state: Endpointing, *, speech: float) -> None:
        if self._tell is not None:
            event = vad.VADEvent(
                type=kind,
                samples_index=0,
                timestamp=time.time(),
                speech_duration=speech,
                silence_duration=state.quiet,
                speaking=state.speaking,
                raw_accumulated_silence=state.quiet,
                raw_accumulated_speech=state.voiced,
            )
            self._tell(event)


class _Told(vad.VADStream):
    def tell(self, event: vad.VADEvent) -> None:
        """Has the session hear of it."""
        if not self._event_ch.closed:
            self._event_ch.send_nowait(event)

    async def _main_task(self) -> None:
        async for _ in self._input_ch:
            pass  # the sound itself was heard before the session gets it
