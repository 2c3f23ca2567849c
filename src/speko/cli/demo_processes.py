"""The programs that the demo starts: in their own folder, without the user's credentials, and ended with the demo."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from speko.cli.exits import CommandError
from speko.providers.registry import Registry

START_SECONDS = 60.0
"""Longest time a program may take until it serves."""
STOP_SECONDS = 10.0


class Program:
    """One `speko …` that runs in the background."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path, name: str) -> None:
        self._process = process
        self._log = log
        self.name = name
        self.first_line = ""

    @property
    def pid(self) -> int:
        """Process id, which is that of its process group too."""
        return self._process.pid

    @property
    def announcement(self) -> dict[str, Any]:
        """What it has printed, as with `--json` it prints one document. Raises CommandError for an error."""
        try:
            found = json.loads(self.first_line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self.failed("did not say where it serves")
        if "error" in found:
            raise self.failed(f"did not start: {found['error']}")
        return found

    def wait_for_line(self) -> None:
        """Reads the first line, which a program prints when it serves. Raises CommandError when it does not come."""
        deadline = time.monotonic() + START_SECONDS
        pipe = self._process.stdout
        if pipe is None:
            raise ValueError("started without a pipe")
        while not self.first_line.endswith("\n"):
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise self.failed(f"was not ready within {START_SECONDS:.0f} s")
            piece = os.read(pipe.fileno(), 4096).decode("utf-8", "replace")
            if not piece:
                raise self.failed("ended before it was ready")
            self.first_line += piece

    def failed(self, what: str) -> CommandError:
        """The error with the last lines of the program's log."""
        return CommandError("\n  ".join([f"{self.name} {what}", *self.log_tail()]), "PROGRAM_FAILED")

    def log_tail(self) -> list[str]:
        """The last lines of its log."""
        return self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]

    def stop(self) -> None:
        """Asks it to end, then ends it with everything that it has started."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Programs:
    """Everything that the demo has started. Leaving the context ends it all, newest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[Program] = []
        self._env = without_credentials(os.environ)

    def start(self, name: str, arguments: list[str], env: Mapping[str, str] | None = None) -> Program:
        """Runs `speko <arguments>` and returns when it serves. Raises CommandError when it does not."""
        log = self._folder / f"{len(self._running)}.log"
        with log.open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "speko.cli.main", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                cwd=self._folder,  # a speko.toml of the user does not count
                env={**self._env, **(env or {})},
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then ends them in order
            )
        program = Program(process, log, name)
        self._running.append(program)
        program.wait_for_line()
        return program

    def log_tails(self) -> list[str]:
        """The last lines of every log, for finding out what went wrong."""
        return [f"{program.name}: {line}" for program in self._running for line in program.log_tail()]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while self._running:
            self._running.pop().stop()


def without_credentials(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of the gateway and without any vendor's key or address."""
    vendors = [registration.vendor for registration in Registry.load().vendors.values()]
    named = {name for vendor in vendors for name in (vendor.key_env, vendor.base_url_env)}
    return {name: value for name, value in env.items() if name not in named and not name.startswith("SPEKO_")}
