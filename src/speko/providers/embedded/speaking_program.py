"""A voice that is a program: text in on its standard input, a WAVE file out on its standard output.

Each piece of a text gets a process of its own. Both ends are files in memory: no text shows in the list of processes,
nothing touches a disk, and flite needs an output in which it can go back (it hangs on a pipe).
"""

import asyncio
import io
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from speko.audio.errors import AudioFormatError
from speko.audio.linear import Encoding, LinearAudio
from speko.audio.wav import parse_wav
from speko.providers.call import Call
from speko.providers.child_environment import child_environment
from speko.providers.embedded.slots import Slots
from speko.providers.embedded.utterances import pieces
from speko.providers.errors import ConnectFailed, EmptyResult, MalformedResponse, ProviderUnavailable
from speko.providers.tts import AudioChunk

CALLS, WAITING = 32, 32
"""Calls of one voice at once, each with at most one process; more of them wait up to a second, then hear `Busy`."""


class SpeakingProgram:
    """One program, and the bound on how many calls it speaks for at once."""

    def __init__(self, name: str, calls: int = CALLS, waiting: int = WAITING, patience: float = 1.0) -> None:
        self.name = name
        self._slots = Slots(
            calls, waiting=waiting, patience=patience, refusal=f"{name} speaks for as many callers as it may"
        )

    async def speak(
        self, arguments: Sequence[str], text: str, sayable: Callable[[str], str], call: Call
    ) -> AsyncGenerator[Sequence[AudioChunk], None]:
        """The sound of a text, in chunks of at most a second.

        Args:
            arguments: of the program, without the text.
            text: what the caller wants to hear.
            sayable: a piece of it as the program can take it; empty where nothing is left.
            call: metered with the characters begun so far.

        Raises:
            Busy: see `Slots`.
            EmptyResult: nothing in the text can be spoken.
            ConnectFailed, ProviderUnavailable, MalformedResponse: the program is not there, failed, or gave no WAVE.
        """
        await self._slots.take()
        try:
            silent = True
            for piece in pieces(text):
                call.usage.characters = piece.end
                words = sayable(piece.text)
                if not words:
                    continue
                for chunk in _chunks(self.name, await self._run(arguments, words)):
                    silent = False
                    yield (chunk,)
            call.usage.characters = len(text)
            if silent:
                raise EmptyResult(f"there is nothing in the text that {self.name} can say")
        finally:
            self._slots.give()

    async def _run(self, arguments: Sequence[str], text: str) -> bytes:
        with (
            os.fdopen(os.memfd_create("text"), "w+b") as source,
            os.fdopen(os.memfd_create("sound"), "w+b") as sound,
        ):
            source.write(text.encode())
            source.seek(0)
            try:
                process = await asyncio.create_subprocess_exec(
                    self.name,
                    *arguments,
                    stdin=source,
                    stdout=sound,
                    stderr=asyncio.subprocess.DEVNULL,
                    env=child_environment(os.environ),
                )
            except OSError:
                raise ConnectFailed(f"{self.name} could not be started") from None
            try:
                status = await process.wait()
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
            if status != 0:
                raise ProviderUnavailable(f"{self.name} ended with status {status}")
            sound.seek(0)
            return sound.read()


def _chunks(name: str, wav: bytes) -> Sequence[AudioChunk]:
    if not wav:
        return ()
    audio = _samples(name, wav)
    end, step = audio.offset + audio.frames * audio.frame_bytes, audio.sample_rate * audio.frame_bytes
    return [
        AudioChunk(wav[start : min(start + step, end)], audio.sample_rate) for start in range(audio.offset, end, step)
    ]


def _samples(name: str, wav: bytes) -> LinearAudio:
    try:
        audio = parse_wav(io.BytesIO(wav), len(wav))
    except AudioFormatError:
        raise MalformedResponse(f"what {name} wrote is no WAVE file") from None
    if audio.encoding is not Encoding.S16 or audio.channels != 1:
        raise MalformedResponse(f"what {name} wrote is not PCM16 mono")
    return audio
