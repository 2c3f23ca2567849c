"""Plays samples through a program of this machine as they come."""

import contextlib
import shutil
import subprocess

_COMMANDS = {
    "aplay": ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "{rate}", "-"),
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error", "-f", "s16le", "-ar", "{rate}", "-i", "-"),
}
"""Programs that play signed 16-bit mono samples from their standard input."""


class Player:
    """A program that plays, while it runs."""

    def __init__(self, name: str, rate: int) -> None:
        self.name = name
        arguments = [argument.format(rate=rate) for argument in _COMMANDS[name]]
        self._process = subprocess.Popen(
            [name, *arguments], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    @classmethod
    def find(cls, rate: int) -> "Player | None":
        """Starts the first program that is installed, for samples at `rate` Hz."""
        name = next((name for name in _COMMANDS if shutil.which(name)), None)
        return cls(name, rate) if name else None

    def play(self, samples: bytes) -> None:
        """Takes the next samples. A program that has ended is told by `finish`."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(samples)

    def finish(self) -> bool:
        """Waits until everything is played. False = this machine cannot play."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        return self._process.wait() == 0

    def stop(self) -> None:
        """Ends the program at once."""
        self._process.kill()
        self._process.wait()
