"""The user's sound on its way in: cut into windows, told apart into speech and silence, handed on as utterances."""

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from speko.agent.hearing import Hearing
from speko.agent.voice_activity import MODEL_RATE, WINDOW, Change, Endpointing, SpeechDetector, VoiceActivity
from speko.providers.s2s import EngineEvent, SpeechStarted, SpeechStopped

_WAITING = 10.0
"""Seconds of sound that may wait for the event loop; the oldest goes first."""
_PREROLL = 0.3
"""Seconds from before speech was noticed that belong to it: it begins softly."""
_UNHEARD = 10.0
"""Seconds without any speech in them that are kept for a `commit` that says there was some."""
_PAUSE = 0.128
"""Seconds of silence after which speech may be over: time enough for the answer until it is."""
_BREATH = 16
"""Windows after which others get a turn."""


class Ear:
    """Hears everything once. Nothing of it blocks: sound waits in a bounded buffer until the pump comes to it.

    Args:
        rate: Hz of the sound.
        silence: seconds that end speech.
        activity: tells AgentSession.
        hearing: understands what is said.
        send: tells the relay.
        microphone: takes the sound at 16 kHz, where AgentSession wants to hear it too.
    """

    def __init__(
        self,
        rate: int,
        silence: float,
        *,
        activity: VoiceActivity,
        hearing: Hearing,
        send: Callable[[EngineEvent], None],
        microphone: "Microphone | None",
    ) -> None:
        self._detector = SpeechDetector(rate)
        self._state = Endpointing(silence)
        self._pausing = False
        """The speech that runs may be over."""
        self._activity = activity
        self._hearing = hearing
        self._send = send
        self._microphone = microphone
        self._window = int(rate * WINDOW) * 2
        self._waiting = bytearray()
        self._most_waiting = int(rate * _WAITING) * 2
        self._recent: deque[bytes] = deque(maxlen=int(_UNHEARD / WINDOW))
        """Sound since the last utterance."""
        self._anything_said = False
        """Since the last commit."""
        self._arrived = asyncio.Event()

    def push(self, pcm: bytes) -> None:
        """The next sound; returns at once."""
        self._waiting += pcm
        if len(self._waiting) > self._most_waiting:
            del self._waiting[: len(self._waiting) - self._most_waiting]
        self._arrived.set()

    async def run(self) -> None:
        """The pump; for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            windows = 0
            while len(self._waiting) >= self._window:
                self._take(self._window)
                windows += 1
                if windows % _BREATH == 0:
                    await asyncio.sleep(0)

    def commit(self) -> None:
        """The user's turn is over, whether or not there was a silence, or speech that was noticed."""
        self._catch_up()
        if self._state.speaking:
            self._stop()
        elif not self._anything_said and self._recent:
            self._hearing.begin(b"".join(self._recent))
            self._hearing.end()
        else:
            self._hearing.nothing_more()
        self._anything_said = False
        self._recent.clear()

    def clear(self) -> None:
        """Forgets what was not committed."""
        self._waiting.clear()
        self._recent.clear()
        self._anything_said = False
        if self._state.speaking:
            self._stop()
        self._hearing.drop()

    def _catch_up(self) -> None:
        while self._waiting:
            self._take(min(len(self._waiting), self._window))

    def _take(self, size: int) -> None:
        pcm = bytes(self._waiting[:size])
        del self._waiting[:size]
        samples, probabilities = self._detector.push(pcm)
        if self._microphone is not None:
            self._microphone.push(samples)
        if self._state.speaking:
            self._hearing.add(pcm)
        else:
            self._recent.append(pcm)
        for probability in probabilities:
            change = self._state.push(probability)
            if change == "started":
                self._start()
            elif change == "stopped":
                self._stop()
            elif self._state.speaking:
                self._look_for_pause()
                self._activity.heard(None, self._state)

    def _look_for_pause(self) -> None:
        if self._pausing != (self._state.quiet >= _PAUSE - WINDOW / 2):
            self._pausing = not self._pausing
            if self._pausing:
                self._hearing.pause()
            else:
                self._hearing.go_on()

    def _start(self) -> None:
        self._anything_said = True
        self._send(SpeechStarted(round(self._state.duration * 1000)))
        self._hearing.begin(b"".join(list(self._recent)[-int(_PREROLL / WINDOW) :]))
        self._recent.clear()
        self._tell("started")

    def _stop(self) -> None:
        self._state.stop()
        self._pausing = False
        self._send(SpeechStopped(round(self._state.quiet * 1000)))
        self._hearing.end()
        self._tell("stopped")

    def _tell(self, change: Change) -> None:
        self._activity.heard(change, self._state)


class Microphone(io.AudioInput):
    """The user's sound as AgentSession's own detector of turns wants it: 16 kHz, bounded, the oldest dropped."""

    def __init__(self) -> None:
        super().__init__(label="relay")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue(int(_WAITING / WINDOW))

    def push(self, samples: np.ndarray) -> None:
        """The next sound, int16 at 16 kHz."""
        if len(samples):
            if self._frames.full():
                self._frames.get_nowait()
            self._frames.put_nowait(rtc.AudioFrame(samples.tobytes(), MODEL_RATE, 1, len(samples)))

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()
