"""Microphone and loudspeaker: the programs of this machine that record and play raw samples."""

import asyncio
import os
import shutil
import subprocess
from asyncio.subprocess import PIPE, Process
from typing import IO, Self

from speko.cli.exits import CommandError, Exit
from speko.cli.talking.uplink import Pace, Send, frame_bytes

_PLAYERS = {
    "pacat": ("--playback", "--raw", "--format=s16le", "--rate={rate}", "--channels=1", "--latency-msec=60"),
    "aplay": ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "{rate}", "--buffer-time=120000", "-"),
    "pw-play": ("--raw", "--format=s16", "--rate={rate}", "--channels=1", "--latency=60ms", "-"),
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error", "-f", "s16le", "-ar", "{rate}", "-i", "-"),
}
_RECORDERS = {
    "parec": ("--raw", "--format=s16le", "--rate={rate}", "--channels=1", "--latency-msec=20"),
    "arecord": ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "{rate}", "--buffer-time=200000", "-"),
    "pw-record": ("--raw", "--format=s16", "--rate={rate}", "--channels=1", "--latency=20ms", "-"),
}
"""Programs with their arguments. A sound server's own comes first, as its source may be one that cancels echoes."""
_FIRST_SOUND_SECONDS = 5.0
_AHEAD_SECONDS = 0.5
"""How far a microphone may be ahead of our clock: what it had recorded before, and what its own clock is faster."""
_LONGEST_COMPLAINT = 200


class Loudspeaker:
    """A program that plays what is written to it. One that ends is started anew, another one where it cannot play."""

    def __init__(self, rate: int, names: list[str]) -> None:
        self._rate = rate
        self._names = names
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def find(cls, rate: int) -> "Loudspeaker | None":
        """The programs that are installed, for samples at `rate` Hz; None without any."""
        names = [name for name in _PLAYERS if shutil.which(name)]
        return cls(rate, names) if names else None

    @property
    def name(self) -> str | None:
        """The program; None when none could play."""
        return self._names[0] if self._names else None

    def play(self, pcm: bytes) -> None:
        """See `Speaker`. What the program does not take in time is dropped."""
        while self._names:
            if self._process is None:
                self._process = self._start()
            try:
                _input(self._process).write(pcm)
                return
            except BrokenPipeError:
                self._end()
                self._names.pop(0)

    def silence(self) -> None:
        """See `Speaker`. The next sound starts the program again."""
        self._end()

    def _start(self) -> "subprocess.Popen[bytes]":
        name = self._names[0]
        arguments = [argument.format(rate=self._rate) for argument in _PLAYERS[name]]
        process = subprocess.Popen(
            [name, *arguments],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours
        )
        os.set_blocking(_input(process).fileno(), False)
        return process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            _input(self._process).close()
            self._process = None


class Microphone:
    """A program that records, while it runs."""

    def __init__(self, name: str, process: Process, first: bytes) -> None:
        self.name = name
        self._process = process
        self._first = first

    @classmethod
    async def open(cls, rate: int) -> Self:
        """The first program that brings sound, at `rate` Hz.

        Raises CommandError `NO_MICROPHONE` with what each of them said.
        """
        complaints = []
        for name, arguments in _RECORDERS.items():
            if shutil.which(name) is None:
                continue
            process = await asyncio.create_subprocess_exec(
                name,
                *(argument.format(rate=rate) for argument in arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,
                limit=2**16,
            )
            try:
                async with asyncio.timeout(_FIRST_SOUND_SECONDS):
                    return cls(name, process, await _output(process).readexactly(frame_bytes(rate)))
            except (TimeoutError, asyncio.IncompleteReadError):
                complaints.append(f"{name}: {await _complaint(process)}")
            except BaseException:
                await _end(process)
                raise
        text = "there is no microphone here; speak from files: --in question.wav (or type: --text …)"
        raise CommandError(
            text, "NO_MICROPHONE", Exit.MISSING, complaints or [f"none of {', '.join(_RECORDERS)} is installed"]
        )

    async def record(self, rate: int, send: Send) -> None:
        """Sends frame after frame, and no faster than anybody speaks: a null device gives silence as fast as it can.

        Raises CommandError when the program ends.
        """
        frame = self._first
        pace = Pace(_AHEAD_SECONDS)
        try:
            while True:
                await send(frame)
                await pace.next()
                frame = await _output(self._process).readexactly(frame_bytes(rate))
        except asyncio.IncompleteReadError:
            text = f"the microphone is gone: {self.name} has ended"
            raise CommandError(text, "NO_MICROPHONE", Exit.MISSING) from None

    async def close(self) -> None:
        """Ends the program."""
        await _end(self._process)


def _input(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    if process.stdin is None:
        raise RuntimeError("the program was started without a pipe")
    return process.stdin


def _output(process: Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise RuntimeError("the program was started without a pipe")
    return process.stdout


async def _complaint(process: Process) -> str:
    """The last line of what a program that brings nothing says."""
    if process.returncode is None:
        process.kill()
    _, said = await process.communicate()
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:_LONGEST_COMPLAINT] if lines else "it brings no sound"


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()
