"""The gateway as a process: what signals do to calls in flight, and that the ledger is written."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.simulators import Fault, FaultKind, OpenAISimulator, Script
from speko.storage.store import Store
from tests.api.running import events, until

COMPLETE = {
    "messages": [{"role": "user", "content": "hi"}],
    "intent": {"language": "en"},
    "constraints": {"allowedProviders": {"llm": ["openai:gpt-4o"]}},
}
SPEAK = {
    "text": "hi",
    "intent": {"language": "en"},
    "constraints": {"allowedProviders": {"tts": ["openai:gpt-4o-mini-tts"]}},
}
WORDS = "one two three four five six seven eight"


@dataclass
class Gateway:
    """`speko serve` in front of a simulated vendor."""

    process: Process
    data: Path
    log: Path
    client: httpx.AsyncClient

    async def exit_code(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 30)

    async def refuses(self) -> None:
        """Returns when new callers are refused."""
        url = self.client.base_url

        async def refused() -> bool:
            try:
                _, writer = await asyncio.open_connection(url.host, url.port)
            except (ConnectionRefusedError, ConnectionResetError):
                return True
            writer.close()
            return False

        await until(refused)

    async def attempts(self, request_id: str) -> list[tuple[str, str, str | None]]:
        """(vendor, outcome, cause), as the database has it after the end."""
        async with self._store() as (store, organization_id):
            rows = await store.attempts_of(organization_id, request_id)
            return [(row.provider, row.outcome, row.cause) for row in rows]

    async def usage(self) -> list[str]:
        """Vendors that served something, as the database has it after the end."""
        async with self._store() as (store, organization_id):
            now = datetime.now(UTC)
            summary = await store.usage_summary(organization_id, now - timedelta(hours=1), now + timedelta(hours=1))
            return [line.provider for line in summary.breakdown]

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[tuple[Store, str]]:
        store = await Store.open(None, self.data, None)
        try:
            yield store, (await store.default_organization()).id
        finally:
            await store.close()


@asynccontextmanager
async def serving(tmp_path: Path, vendor: OpenAISimulator, **settings: str) -> AsyncIterator[Gateway]:
    """A process that is ready, and is killed at the latest with the context."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("SPEKO_")}
    env |= {"OPENAI_API_KEY": "sk-vendor-key-of-the-test", "OPENAI_BASE_URL": vendor.base_url}
    env |= {"SPEKO_AGENT_PROCESSES": "0", **settings}  # a process of the voice agent costs seconds
    log = tmp_path / "log"
    options = ["--port", "0", "--data", str(tmp_path / "data"), "--embedded", "never", "--first-key", "--json"]
    with log.open("wb") as err:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "speko.cli.main", "serve", *options, stdout=PIPE, stderr=err, env=env, cwd=tmp_path
        )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert line, log.read_text()
        ready = json.loads(line)
        # Only the first process on a folder tells one.
        headers = {"authorization": f"Bearer {ready.get('key')}"}
        async with httpx.AsyncClient(base_url=ready["url"], headers=headers, timeout=30, trust_env=False) as client:
            yield Gateway(process, tmp_path / "data", log, client)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_sigterm_refuses_new_calls_lets_old_ones_finish_and_loses_nothing(tmp_path: Path) -> None:
    async with (
        OpenAISimulator(script=Script(text=WORDS, pace=0.2)) as vendor,
        serving(tmp_path, vendor) as gateway,
        gateway.client.stream("POST", "/v1/complete", json=COMPLETE, headers={"x-request-id": "r1"}) as answer,
    ):
        pieces = answer.aiter_text()
        told = await anext(pieces)
        assert "done" not in told
        gateway.process.send_signal(signal.SIGTERM)
        await gateway.refuses()
        async for piece in pieces:
            told += piece
        found = events(told)
        assert (found[-1][0], found[-1][1]["text"]) == ("done", WORDS)
        assert await gateway.exit_code() == 0
        assert await gateway.attempts("r1") == [("openai", "served", None)]
        assert await gateway.usage() == ["openai"]
        assert "error" not in gateway.log.read_text().lower()


async def in_flight(gateway: Gateway, vendor: OpenAISimulator) -> tuple[Any, Any]:
    """One call that waits for its first byte, and one that has had it."""
    waiting = asyncio.create_task(
        gateway.client.post("/v1/synthesize", json=SPEAK, headers={"x-request-id": "waiting"})
    )
    streaming: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def stream() -> None:
        call = gateway.client.stream("POST", "/v1/complete", json=COMPLETE, headers={"x-request-id": "streaming"})
        async with call as answer:
            async for _ in answer.aiter_text():
                if not streaming.done():
                    streaming.set_result(None)

    streamed = asyncio.create_task(stream())
    await vendor.until(lambda: len(vendor.requests) == 2)
    await asyncio.wait_for(streaming, 10)
    return waiting, streamed


async def assert_ended_at_once(gateway: Gateway, waiting: Any, streamed: Any) -> None:
    answer: httpx.Response = await asyncio.wait_for(waiting, 10)
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert answer.headers["x-request-id"] == "waiting"
    with pytest.raises(httpx.RemoteProtocolError):
        await asyncio.wait_for(streamed, 10)
    assert await gateway.exit_code() == 0
    for request_id in ("waiting", "streaming"):
        assert await gateway.attempts(request_id) == [("openai", "cancelled", "gateway_stopped")]
    assert await gateway.usage() == ["openai"], "what was streamed is booked, what only waited is not"
    assert "Traceback" not in gateway.log.read_text()


def two_kinds() -> OpenAISimulator:
    """Silent when it has to speak, without an end when it has to chat."""
    return OpenAISimulator(script=Script(text=WORDS * 100, pace=0.1), fault=Fault(FaultKind.SILENT, path="speech"))


@pytest.mark.parametrize(
    "signals",
    [[signal.SIGINT], [signal.SIGTERM, signal.SIGTERM], [signal.SIGTERM, signal.SIGINT]],
    ids=lambda signals: " ".join(one.name for one in signals),
)
async def test_sigint_or_a_second_signal_ends_at_once(tmp_path: Path, signals: list[signal.Signals]) -> None:
    async with two_kinds() as vendor, serving(tmp_path, vendor) as gateway:
        waiting, streamed = await in_flight(gateway, vendor)
        for number, one in enumerate(signals):
            if number:
                await gateway.refuses()  # so that the first has been handled: equal signals at once are one
                assert not waiting.done()
                assert not streamed.done()
            gateway.process.send_signal(one)
        await assert_ended_at_once(gateway, waiting, streamed)
        await vendor.until(lambda: vendor.cancelled == 2)


async def test_draining_has_an_end(tmp_path: Path) -> None:
    async with two_kinds() as vendor, serving(tmp_path, vendor, SPEKO_DRAIN_SECONDS="1") as gateway:
        waiting, streamed = await in_flight(gateway, vendor)
        gateway.process.send_signal(signal.SIGTERM)
        await assert_ended_at_once(gateway, waiting, streamed)


SESSION = {"mode": "s2s", "s2s": {"provider": "openai", "model": "gpt-realtime"}}


async def test_whoever_watches_a_session_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with OpenAISimulator() as vendor, serving(tmp_path, vendor) as gateway:
        session = (await gateway.client.post("/v1/sessions", json=SESSION)).json()["sessionId"]
        async with gateway.client.stream("GET", f"/v1/sessions/{session}/stream") as answer:
            pieces = answer.aiter_text()
            told = await anext(pieces)
            gateway.process.send_signal(signal.SIGTERM)
            async for piece in pieces:
                told += piece
        assert [name for name, _ in events(told)] == ["status", "end"]
        assert await gateway.exit_code() == 0


async def test_sessions_that_a_killed_process_left_live_have_failed(tmp_path: Path) -> None:
    async with OpenAISimulator() as vendor:
        async with serving(tmp_path, vendor) as gateway:
            made = [(await gateway.client.post("/v1/sessions", json=SESSION)).json()["sessionId"] for _ in range(2)]
            gateway.process.kill()
            assert await gateway.exit_code() == -signal.SIGKILL
        store = await Store.open(None, tmp_path / "data", None)
        organization = await store.default_organization()
        assert (await store.sessions.claim(made[0], organization.id, "the one that was killed")).state == "claimed"
        await store.close()
        async with serving(tmp_path, vendor) as gateway:
            gateway.process.send_signal(signal.SIGTERM)
            assert await gateway.exit_code() == 0
        store = await Store.open(None, tmp_path / "data", None)
        found = [await store.sessions.get(organization.id, id) for id in made]
        await store.close()
        assert [row and (row.status, row.end_reason) for row in found] == [
            ("failed", "gateway_lost"),
            ("created", None),
        ]
