"""What a person says between two silences, kept until it is understood, so that it can be heard again."""

import asyncio
import io
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from itertools import count

from speko.audio import Recording, duration_ms, wav_header

_numbers = count(1)


class Utterance:
    """Sound that grows until `end`.

    Args:
        rate: Hz.
        pcm: its first sound.
    """

    def __init__(self, rate: int, pcm: bytes = b"") -> None:
        self.id = f"utterance_{next(_numbers)}"
        self.rate = rate
        self.ended = asyncio.Event()
        self.ended_at: float | None = None
        """Of the event loop's clock."""
        self.breaks_off = False
        """Whether who listens now was told, at a pause, that this is all."""
        self.forgotten = False
        """Whether nobody wants to know what was said."""
        self.taken_back = 0
        """How often it went on after somebody was told that this was all."""
        self._paused = False
        self._pieces = [pcm] if pcm else []
        self._length = len(pcm)
        self._more = asyncio.Event()
        self._at_end: list[Callable[[], None]] = []
        self._at_going_on: list[Callable[[], None]] = []

    @property
    def seconds(self) -> float:
        """How long it is by now."""
        return duration_ms(self._length, self.rate) / 1e3

    def add(self, pcm: bytes) -> None:
        """Its next sound."""
        self._pieces.append(pcm)
        self._length += len(pcm)
        self._wake()

    def pause(self) -> None:
        """It may be complete."""
        self._paused = True
        self._wake()

    def go_on(self) -> None:
        """It was not."""
        self._paused = False
        if self.breaks_off:
            self.breaks_off = False
            self.taken_back += 1
            for call in self._at_going_on:
                call()

    def end(self) -> None:
        """It is complete."""
        self.ended_at = asyncio.get_running_loop().time()
        self.ended.set()
        self._wake()
        for call in self._at_end:
            call()

    @contextmanager
    def at_end(self, call: Callable[[], None]) -> Iterator[None]:
        """Inside, `call` is called when it is complete; at once when it is already."""
        if self.ended.is_set():
            call()
        self._at_end.append(call)
        try:
            yield
        finally:
            self._at_end.remove(call)

    @contextmanager
    def at_going_on(self, call: Callable[[], None]) -> Iterator[None]:
        """Inside, `call` is called when it goes on after somebody was told that it is complete."""
        self._at_going_on.append(call)
        try:
            yield
        finally:
            self._at_going_on.remove(call)

    async def sound(self, *, to_pause: bool = False) -> AsyncGenerator[bytes, None]:
        """All of it, from its beginning: at once what is there, then as it comes. `to_pause`: or as much of it as there
        is before a pause."""
        self.breaks_off = False
        at = 0
        while True:
            if at < len(self._pieces):
                fresh, at = self._pieces[at:], len(self._pieces)
                yield b"".join(fresh)
            elif self.ended.is_set():
                return
            elif to_pause and self._paused:
                self.breaks_off = True
                return
            else:
                await self._more.wait()

    async def recording(self) -> Recording:
        """All of it, once it is complete."""
        self.breaks_off = False
        await self.ended.wait()
        pcm = b"".join(self._pieces)
        wav = wav_header(self.rate, len(pcm)) + pcm
        return await asyncio.to_thread(Recording.read, io.BytesIO(wav), len(wav), "audio/wav")

    def _wake(self) -> None:
        more, self._more = self._more, asyncio.Event()
        more.set()
