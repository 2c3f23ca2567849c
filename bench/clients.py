"""Blocking clients that cost next to nothing themselves: one caller over a plain socket, and many by wrk."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from bench.parties import Kind, Party
from bench.processes import LOAD_CORE

_USEFUL = {"complete": b"word", "transcription": b"hello"}
"""What the first useful piece of an answer holds; of speech it is any byte of sound."""


class OneCaller:
    """One kept connection to a party."""

    def __init__(self, party: Party, kind: Kind) -> None:
        self._request = party.asks[kind].on_the_wire(party.port)
        self._useful = _USEFUL.get(kind)
        self._socket = socket.create_connection(("127.0.0.1", party.port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "OneCaller":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self) -> tuple[float, float]:
        """Milliseconds to the first useful piece, and to the end of the answer."""
        began = time.perf_counter()
        self._socket.sendall(self._request)
        received = bytearray()
        while not self._is_useful(received):
            self._read(received)
        first = time.perf_counter() - began
        while not _is_whole(received):
            self._read(received)
        whole = time.perf_counter() - began
        if not received.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"failed: {bytes(received[:300])!r}")
        return first * 1e3, whole * 1e3

    def _is_useful(self, received: bytearray) -> bool:
        head = received.find(b"\r\n\r\n")
        if head < 0:
            return False
        return self._useful in received if self._useful else len(received) > head + 16

    def _read(self, received: bytearray) -> None:
        piece = self._socket.recv(1 << 20)
        if not piece:
            raise SystemExit(f"the connection ended after {bytes(received[:300])!r}")
        received += piece


def _is_whole(received: bytearray) -> bool:
    head = received.find(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", received[:head], re.IGNORECASE)
    if length is not None:
        return len(received) >= head + 4 + int(length[1])
    return received.endswith(b"0\r\n\r\n")


def answers_per_second(party: Party, kind: Kind, seconds: int, connections: int = 16) -> tuple[float, float]:
    """(answers per second, CPU milliseconds per answer) of a party that has one core."""
    ask = party.asks[kind]
    headers = "\n".join(f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in ask.headers.items())
    with tempfile.TemporaryDirectory(prefix="speko-bench-") as folder:
        body, script = Path(folder, "body"), Path(folder, "script.lua")
        body.write_bytes(ask.body)
        script.write_text(f"wrk.method = 'POST'\nwrk.body = io.open({_lua(str(body))}, 'rb'):read('*a')\n{headers}\n")
        before = party.cpu_seconds()
        command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
        told = subprocess.check_output([*command, f"http://127.0.0.1:{party.port}{ask.path}"], text=True)
        spent = party.cpu_seconds() - before
    if re.search(r"Non-2xx|Socket errors: connect [1-9]|read [1-9]", told):
        raise SystemExit(f"{party.name} failed under load:\n{told}")
    answered = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    assert answered is not None
    assert rate is not None
    if answered[1] == "0":
        raise SystemExit(f"{party.name} gave no whole answer in {seconds} s: the machine is too busy to measure")
    return float(rate[1]), spent * 1e3 / int(answered[1])


def _lua(text: str) -> str:
    """A Lua string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def missing_programs(*programs: str) -> str | None:
    """What to say when a program is not there."""
    missing = [program for program in programs if shutil.which(program) is None]
    return f"not found: {', '.join(missing)}" if missing else None
