"""`speko serve --workers 2` with voice agents, killed without a word: what is left, what is known, and who goes on."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from speko.simulators import OpenAISimulator
from tests import loops
from tests.database import Databases
from tests.faults.callers import SPEECH, Caller
from tests.providers.embedded.spoken import needs_flite
from tests.workers.addressed import ask, join
from tests.workers.serving import WORDS, Served, becomes, children_of, eventually, lives, served

LOOPS = loops.ASYNCIO
pytestmark = needs_flite
PATIENCE = 30.0
STAGES = {"stt": ["pocketsphinx"], "llm": ["openai:gpt-4o"], "tts": ["flite"]}
AGENT = {
    "mode": "s2s",
    "s2s": {"provider": "speko", "model": "cascade"},
    "intent": {"language": "en"},
    "constraints": {"allowedProviders": STAGES},
}
OWN_ENGINES = {"SPEKO_EMBEDDED": "always", "SPEKO_AGENT_PROCESSES": "1", "SPEKO_AGENT_SESSIONS": "2"}


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Where processes put their sockets: a path that is short enough for one."""
    folder = Path(tempfile.mkdtemp(prefix="speko-"))
    yield folder
    shutil.rmtree(folder)


def started_in(folder: Path) -> dict[int, str]:
    """The processes that a gateway and all below it have started, by id: they share its working folder."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended, or is not ours to look at
            continue
    return found


def below(pid: int) -> set[int]:
    """All processes that have come from one."""
    children = children_of(pid)
    return children.union(*map(below, children))


@dataclass
class Books:
    """What the database has of sessions."""

    url: str

    async def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The answer to a question."""
        connection = await asyncpg.connect(self.url)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    async def end_of(self, made: dict[str, Any]) -> tuple[Any, ...]:
        """(status, reason) of a session."""
        (row,) = await self.rows("SELECT status, end_reason FROM sessions WHERE id = $1", made["sessionId"])
        return row

    async def has_all_of(self, made: dict[str, Any]) -> bool:
        """Whether what the conversation of this test has used is there: the model's tokens, the voice's characters."""
        return [(row[0], row[1]) for row in await self.used(made)] == [
            ("openai", "llm_tokens"),
            ("flite", "tts_characters"),
        ]

    async def used(self, made: dict[str, Any]) -> list[tuple[Any, ...]]:
        """(provider, metric, quantity, cost) of all that a session has used."""
        sql = "SELECT provider, metric, quantity, cost_micro_usd FROM usage WHERE session_id = $1 ORDER BY metric"
        return await self.rows(sql, made["sessionId"])


async def talk(gateway: Served, worker: int) -> tuple[dict[str, Any], Caller]:
    """A conversation with the agent of that worker, who has been heard and has answered."""
    made = (await ask(gateway, worker, "POST", "/v1/sessions", AGENT)).body
    caller = await join(gateway, made, worker)
    await caller.until(lambda: bool(caller.of("ready")), PATIENCE)
    for _ in range(50):
        await caller.socket.send(SPEECH)
    await caller.tell(t="user_message", text="What is twelve times twelve?")
    await caller.until(lambda: bool(caller.ends), PATIENCE)
    assert caller.words == WORDS.text
    assert len(caller.audio) > 16_000
    return made, caller


async def test_what_is_killed_leaves_nothing_behind_and_is_replaced(
    tmp_path: Path, temporary: Path, databases: Databases
) -> None:
    books = Books(databases.fresh())
    environment = {**OWN_ENGINES, "TMPDIR": str(temporary)}
    async with OpenAISimulator(script=WORDS) as vendor:
        async with served(tmp_path, books.url, vendor, **environment) as gateway:
            await a_worker(gateway, books)
            await the_supervisor(gateway, books, tmp_path)
            await eventually(lambda: not any(temporary.iterdir()))  # sockets of agents go with them
        port = gateway.url.rpartition(":")[2]
        async with served(tmp_path, books.url, vendor, SPEKO_PORT=port) as again:
            assert again.url == gateway.url
            answer = await replace(again, key=gateway.key).ask("GET", "/v1/sessions")
            assert [entry["status"] for entry in answer.json()["entries"]] == ["ended", "ended", "failed"]
            assert await again.end() == 0


async def a_worker(gateway: Served, books: Books) -> None:
    """Is killed in the middle of a conversation with its agent."""
    killed, other = gateway.workers()
    made, caller = await talk(gateway, killed)
    await becomes(lambda: books.has_all_of(made))
    used = await books.used(made)
    theirs = below(killed)
    assert len(theirs) >= 4, "an agent, a recogniser each for the gateway and for the agent, and who forks them"
    os.kill(killed, signal.SIGKILL)
    await caller.over()
    assert caller.closed[0] == 1006
    await eventually(lambda: not any(map(lives, theirs)), PATIENCE)
    lost = await join(gateway, made, other)
    await lost.over()
    assert (lost.frames[0]["code"], lost.closed[0]) == ("SESSION_NOT_FOUND", 4404)
    assert await books.end_of(made) == ("failed", "gateway_lost")
    assert await books.used(made) == used, "what was written stays"
    attempts = await books.rows("SELECT modality, outcome FROM attempts WHERE session_id = $1", made["sessionId"])
    assert set(attempts) == {("llm", "served"), ("tts", "served")}, "its engine's is written at the end"
    await eventually(lambda: len(gateway.workers()) == 2, PATIENCE)
    (new,) = set(gateway.workers()) - {other}
    made, caller = await talk(gateway, new)
    await caller.leave()
    await becomes(lambda: books.has_all_of(made))
    assert await books.used(made) == used, "neither more nor less"


async def the_supervisor(gateway: Served, books: Books, folder: Path) -> None:
    """Is killed, while a conversation is going on."""
    made, caller = await talk(gateway, gateway.workers()[1])
    gateway.process.kill()
    await caller.over()
    assert caller.frames[-1] == {"t": "end", "reason": "server_shutdown"}
    assert caller.closed == (1001, "server_shutdown")
    await eventually(lambda: not started_in(folder), PATIENCE)
    assert await books.end_of(made) == ("ended", "server_shutdown")
    assert await books.has_all_of(made)
