"""`speko serve` as a process, on PostgreSQL, in front of a simulated vendor."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from speko.simulators import OpenAISimulator, Script

COMPLETE = {
    "messages": [{"role": "user", "content": "hi"}],
    "intent": {"language": "en"},
    "constraints": {"allowedProviders": {"llm": ["openai:gpt-4o"]}},
}
WORDS = Script(text="one two three")
"""Said at once, without any engine."""
MANY = 12
"""Connections at once."""
SESSION = {"mode": "s2s", "s2s": {"provider": "openai", "model": "gpt-realtime"}}


@dataclass
class Served:
    """A gateway of several processes that is ready."""

    process: Process
    log: Path
    data: Path
    url: str
    key: str
    link: str | None

    @property
    def headers(self) -> dict[str, str]:
        """Of an API call."""
        return {"authorization": f"Bearer {self.key}"}

    def workers(self) -> list[int]:
        """Their process ids."""
        return sorted(children_of(self.process.pid))

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request over a connection of its own: whichever worker gets it."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client:
            return await client.request(method, path, **{"headers": self.headers, **more})

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; the exit code."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def served(folder: Path, database_url: str, vendor: OpenAISimulator, **more: str) -> AsyncIterator[Served]:
    """Two workers, or as many as `SPEKO_WORKERS` says; none of them is left with the context."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SPEKO_")}
    env |= {"OPENAI_API_KEY": "sk-vendor-key-of-the-test", "OPENAI_BASE_URL": vendor.base_url}
    env |= {"SPEKO_AGENT_PROCESSES": "0", "SPEKO_STT_WORKERS": "1", "SPEKO_DATABASE_URL": database_url}
    env |= {"SPEKO_WORKERS": "2", "SPEKO_PORT": "0", "SPEKO_EMBEDDED": "never", **more}
    options = ["--data", str(folder / "data"), "--first-key", "--json"]
    log, out = folder / "log", folder / "out"
    with log.open("wb") as err, out.open("wb") as stdout:  # no pipe: the workers have it too
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "speko.cli.main", "serve", *options, stdout=stdout, stderr=err, env=env, cwd=folder
        )
    children: set[int] = set()
    try:
        await eventually(lambda: out.read_text().endswith("\n") or process.returncode is not None, 60)
        line = out.read_text()
        assert line, log.read_text()
        ready = json.loads(line)
        children = children_of(process.pid)
        yield Served(process, log, folder / "data", ready["url"], ready.get("key", ""), ready.get("consoleUrl"))
    finally:
        children |= children_of(process.pid)
        if process.returncode is None:
            process.kill()
        await process.wait()
        await eventually(lambda: not any(map(lives, children)))


def children_of(pid: int) -> set[int]:
    """Processes that a process has started and that live."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return set()
    return {child for child in map(int, found.split()) if lives(child)}


def lives(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits for a condition."""

    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is in other processes
            await asyncio.sleep(0.01)


async def becomes(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for a condition that other processes are asked about."""
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


async def statuses(gateway: Served, headers: dict[str, str]) -> set[int]:
    """What connections of their own, which practically never all land on one worker, are answered to these headers."""
    answers = await asyncio.gather(*(gateway.ask("GET", "/v1/organization", headers=headers) for _ in range(MANY)))
    return {answer.status_code for answer in answers}


async def become(gateway: Served, headers: dict[str, str], status: int) -> None:
    """Waits until every worker gives that status to these headers."""

    async def all_do() -> bool:
        return await statuses(gateway, headers) == {status}

    await becomes(all_do)
