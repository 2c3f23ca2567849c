"""Programs on cores of their own: what is measured on core 0, simulator and load on core 1."""

import json
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

MEASURED_CORE, LOAD_CORE = "0", "1"
SPEKO = [sys.executable, "-m", "speko.cli.main"]


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_of(pid: int) -> float:
    """CPU seconds of a process and its children so far; 0 for process 0, which is nobody."""
    if not pid:
        return 0.0
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return sum(cpu_seconds(int(each)) for each in [pid, *map(int, children.stdout.split())])


def spawn(stack: ExitStack, core: str, command: list[str], env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Starts a program on a core; it ends with the stack."""
    process = subprocess.Popen(["taskset", "-c", core, *command], stdout=subprocess.PIPE, text=True, env=env)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def first_json(process: subprocess.Popen[str]) -> dict[str, str]:
    """What a program of ours says when it is ready."""
    assert process.stdout is not None
    found: dict[str, str] = json.loads(process.stdout.readline())
    return found


def cpu_seconds(pid: int) -> float:
    """CPU seconds of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
