"""`speko serve --workers 2`: who serves, who replaces whom, and how it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from speko.api.workers.folder import Gone, SocketFolder
from speko.api.workers.messages import Broken, receive, send
from speko.api.workers.told import Told, decoded
from speko.simulators import OpenAISimulator, Script
from tests import loops
from tests.api.running import events, until
from tests.database import Databases
from tests.workers.serving import COMPLETE, WORDS, Served, eventually, lives, served

LOOPS = loops.ASYNCIO


async def told(data: Path) -> dict[str, Told]:
    """What each worker says of itself on its local socket, by its number."""
    found = {}
    with SocketFolder(data) as folder:
        for name in folder.names():
            sock = folder.connect(name)
            if isinstance(sock, Gone):
                continue
            with sock, suppress(Broken):  # one that is being killed
                await send(sock, b"M")
                one = decoded((await receive(sock)).payload)
                found[one.worker] = one
    return found


def count(one: Told, name: str) -> float:
    return sum(value.value for family in one.families for value in family.values if value.name == name)


async def attempts_of(gateway: Served) -> dict[str, float]:
    """Attempts that each worker has made."""
    return {number: count(one, "speko_attempts_total") for number, one in (await told(gateway.data)).items()}


async def sum_of(gateway: Served, name: str) -> float:
    """Of all lines of a metric, in one scrape."""
    lines = (await gateway.ask("GET", "/metrics")).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


async def test_calls_land_on_all_workers_one_scrape_counts_them_and_one_that_dies_is_replaced(
    tmp_path: Path, databases: Databases
) -> None:
    async with OpenAISimulator(script=WORDS) as vendor, served(tmp_path, databases.fresh(), vendor) as gateway:
        made = 0
        while not all((await attempts_of(gateway)).values()) and made < 100:
            answer = await gateway.ask("POST", "/v1/complete", json=COMPLETE)
            assert events(answer.text)[-1][0] == "done"
            made += 1
        each = await attempts_of(gateway)
        assert set(each) == {"0", "1"}
        assert all(each.values())
        assert sum(each.values()) == made
        assert await sum_of(gateway, "speko_attempts_total") == made
        assert await sum_of(gateway, 'speko_workers{told="yes"}') == 2
        lines = (await gateway.ask("GET", "/metrics")).text
        assert all(f'process_resident_memory_bytes{{worker="{number}"}}' in lines for number in each)
        killed, other = gateway.workers()
        os.kill(killed, signal.SIGKILL)
        assert set(await calls_until_replaced(gateway, killed)) == {200}
        assert other in gateway.workers()
        assert "a worker died" in gateway.log.read_text()
        # Who has died goes on being counted: a sum that falls would look like a start anew.
        assert await sum_when_replaced(gateway) >= made
        assert await gateway.end() == 0
        assert not list((gateway.data / "sockets").glob("[!.]*")), "sockets go with their processes"


async def calls_until_replaced(gateway: Served, killed: int) -> Counter[int]:
    """Statuses of calls that are made until there are two workers again."""
    seen = Counter[int]()
    await eventually(lambda: not lives(killed))
    while len(gateway.workers()) < 2 or not seen:
        try:
            seen[(await gateway.ask("POST", "/v1/complete", json=COMPLETE)).status_code] += 1
        except httpx.TransportError:
            continue  # it was in the hands of the one that died
    return seen


async def sum_when_replaced(gateway: Served) -> float:
    async def both_answer() -> bool:
        return len(await told(gateway.data)) == 2

    await until(both_answer)
    return await sum_of(gateway, "speko_attempts_total")


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGTERM, signal.SIGTERM]])
async def test_signals_mean_what_they_mean_without_workers(
    tmp_path: Path, databases: Databases, signals: list[signal.Signals]
) -> None:
    async with (
        OpenAISimulator(script=Script(text="one two three four", pace=0.2)) as vendor,
        served(tmp_path, databases.fresh(), vendor) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30, trust_env=False, headers=gateway.headers) as client,
        client.stream("POST", "/v1/complete", json=COMPLETE) as answer,
    ):
        pieces = answer.aiter_text()
        text = await anext(pieces)
        for number in signals:
            gateway.process.send_signal(number)
            await eventually(lambda: not listens(gateway))
        if len(signals) == 1 and signals[0] == signal.SIGTERM:
            async for piece in pieces:
                text += piece
            assert events(text)[-1][0] == "done"
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                async for _ in pieces:
                    pass
        assert await asyncio.wait_for(gateway.process.wait(), 30) == 0
        assert "Traceback" not in gateway.log.read_text()


def listens(gateway: Served) -> bool:
    """Whether anybody takes new callers."""
    try:
        httpx.get(f"{gateway.url}/healthz", trust_env=False, timeout=5)
    except httpx.TransportError:
        return False
    return True


def serve(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SPEKO_")}
    command = [sys.executable, "-m", "speko.cli.main", "serve", "--data", str(folder), "--port", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False, cwd=folder)


def test_several_workers_on_sqlite_are_refused(tmp_path: Path) -> None:
    ended = serve(tmp_path, "--workers", "2")
    assert ended.returncode == 2
    assert "PostgreSQL" in ended.stderr
    assert "--database-url" in ended.stderr
    assert ended.stdout == ""


def test_what_keeps_a_worker_from_starting_is_said_once(tmp_path: Path) -> None:
    away = f"postgresql://speko@/nothing?host={tmp_path}"
    ended = serve(tmp_path, "--workers", "3", "--database-url", away)
    assert ended.returncode == 1
    assert ended.stderr.count("does not open") == 1


def test_an_address_that_is_taken_is_refused_also_where_it_could_be_shared(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = str(other.getsockname()[1])
        ended = serve(tmp_path, "--workers", "2", "--database-url", "postgresql://speko@/x", "--port", port)
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr
