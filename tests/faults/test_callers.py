"""Callers who do not behave: they read slowly or not at all, leave in the middle of their upload, or stall in it."""

import asyncio
import json
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from speko.api.coalescing import CoalescingProtocol
from speko.providers.llm import TextDelta
from speko.providers.stt import Transcript
from speko.providers.tts import AudioChunk
from tests.api.raw import ENDPOINTS, connect, head, request, reset
from tests.api.running import Running, running, until
from tests.api.test_transcribe import wav
from tests.api.vendors import Scripted, registry_of

MODELS = {"transcribe": ("stt", "ears"), "synthesize": ("tts", "mouth"), "complete": ("llm", "brain")}
PIECE = 100_000


def much(pieces: int) -> Scripted:
    """A vendor that says far more than fits between two machines, at once."""
    alpha = Scripted("alpha")
    alpha.tts = [[AudioChunk(b"\x01\x00" * (PIECE // 2), 24000)]] * pieces
    alpha.llm = [[TextDelta("x" * PIECE)]] * pieces
    alpha.stt = [[Transcript("x" * PIECE, True)]] * pieces
    return alpha


def sent(gateway: Running, endpoint: str) -> bytes:
    return request(gateway, endpoint, "r1", wav() if endpoint == "transcribe" else None)


async def story(gateway: Running) -> list[tuple[Any, ...]]:
    """(outcome, cause) of the attempts."""
    return [(row["outcome"], row["cause"]) for row in await gateway.attempts("r1")]


async def ended(gateway: Running) -> None:
    """Returns when the call is booked and nothing of it is left."""

    async def booked() -> bool:
        return bool(await gateway.attempts("r1")) and gateway.gateway.in_flight.count == 0

    await until(booked)
    assert gateway.gateway.spool.used == 0


def breaker(gateway: Running, endpoint: str) -> str:
    return gateway.gateway.router.health.state("alpha", MODELS[endpoint][1], gateway.gateway.now())


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_slow_reader_gets_everything_and_the_vendor_is_not_blamed(tmp_path: Path, endpoint: str) -> None:
    """The vendor's clock stands still while the caller reads, though that takes longer than a gap may."""
    alpha = much(90)
    async with running(tmp_path, registry_of(alpha), keys=("alpha",), gap_timeout=0.05, breaker_failures=1) as gateway:
        peer, loop = await connect(gateway), asyncio.get_running_loop()
        with peer:
            await loop.sock_sendall(peer, sent(gateway, endpoint))
            received = bytearray()
            while not received.endswith(b"0\r\n\r\n"):
                before = len(received)
                while len(received) - before < 1_000_000 and not received.endswith(b"0\r\n\r\n"):
                    piece = await asyncio.wait_for(loop.sock_recv(peer, 1 << 20), 10)
                    assert piece, f"cut off after {len(received)} bytes: {bytes(received[:500])!r}"
                    received += piece
                await asyncio.sleep(0.08)
        await ended(gateway)
        assert received.startswith(b"HTTP/1.1 200")
        assert len(received) > 90 * PIECE
        (row,) = await gateway.attempts("r1")
        assert (row["outcome"], row["cause"]) == ("served", None)
        assert row["totalMs"] > 80, "the vendor had to wait for the caller"
        assert breaker(gateway, endpoint) == "closed"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_caller_who_never_reads_is_cut_off(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("speko.routing.dispatch.CALLER_PATIENCE", 0.2)
    monkeypatch.setattr("speko.api.coalescing._LINGER", 0.1)
    lost = asyncio.Event()
    real = CoalescingProtocol.connection_lost

    def connection_lost(protocol: CoalescingProtocol, exc: Exception | None) -> None:
        real(protocol, exc)
        lost.set()

    monkeypatch.setattr(CoalescingProtocol, "connection_lost", connection_lost)
    alpha = much(200)
    async with running(tmp_path, registry_of(alpha), keys=("alpha",), breaker_failures=1) as gateway:
        peer = await connect(gateway)
        with peer:
            await asyncio.get_running_loop().sock_sendall(peer, sent(gateway, endpoint))
            await asyncio.wait_for(alpha.ended.wait(), 10)
            await asyncio.wait_for(lost.wait(), 10)
        await ended(gateway)
        assert await story(gateway) == [("cancelled", "caller_stalled")]
        assert len(await gateway.usage()) == 1, "what was sent is booked"
        assert breaker(gateway, endpoint) == "closed"
        assert (await gateway.client.get("/healthz")).status_code == 200
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR and r.name.startswith("speko")]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["reset", "closed"])
async def test_a_caller_who_leaves_after_the_first_byte(tmp_path: Path, endpoint: str, leave: Any) -> None:
    alpha = Scripted("alpha")
    alpha.tts, alpha.llm, alpha.stt = ([steps[0], None] for steps in (alpha.tts, alpha.llm, alpha.stt))
    async with running(tmp_path, registry_of(alpha), keys=("alpha",), breaker_failures=1) as gateway:
        peer, loop = await connect(gateway), asyncio.get_running_loop()
        await loop.sock_sendall(peer, sent(gateway, endpoint))
        assert (await asyncio.wait_for(loop.sock_recv(peer, 12), 10)).startswith(b"HTTP/1.1 200")
        leave(peer)
        await asyncio.wait_for(alpha.ended.wait(), 10)
        await ended(gateway)
        assert await story(gateway) == [("cancelled", "caller_left")]
        assert breaker(gateway, endpoint) == "closed"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("leave", [reset, socket.socket.close], ids=["reset", "closed"])
async def test_a_caller_who_leaves_in_the_middle_of_the_upload(
    tmp_path: Path, endpoint: str, leave: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    alpha = Scripted("alpha")
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        peer, loop = await connect(gateway), asyncio.get_running_loop()
        await loop.sock_sendall(peer, head(gateway, endpoint, "r1", 5_000_000) + b"x" * 2_000_000)
        spool = gateway.gateway.spool

        async def arrived() -> bool:
            return gateway.answering == 1 and (spool.used > 1_000_000 or endpoint != "transcribe")

        await until(arrived)
        leave(peer)

        async def over() -> bool:
            return gateway.answering == 0

        await until(over)
        assert spool.used == 0
        assert (await gateway.client.get("/healthz")).status_code == 200
        assert alpha.requests == []
        assert await gateway.attempts("r1") == []
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING], caplog.text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_an_upload_that_stalls_is_answered_and_closed(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speko.api.body._PATIENCE", 2.5)  # what is on its way has arrived by then
    async with running(tmp_path, registry_of(Scripted("alpha")), keys=("alpha",)) as gateway:
        peer, loop = await connect(gateway), asyncio.get_running_loop()
        with peer:
            await loop.sock_sendall(peer, head(gateway, endpoint, "r1", 5_000_000) + b"x" * 1_500_000)
            answer = b""
            while piece := await asyncio.wait_for(loop.sock_recv(peer, 65536), 10):
                answer += piece
        lines, _, body = answer.partition(b"\r\n\r\n")
        assert lines.startswith(b"HTTP/1.1 400")
        assert b"connection: close" in lines
        assert json.loads(body)["code"] == "VALIDATION_ERROR"
        assert gateway.gateway.spool.used == 0
        assert (await gateway.client.get("/healthz")).status_code == 200
