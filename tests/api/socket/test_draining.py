"""What signals do to open sockets, with a gateway as a process."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.api.running import until
from tests.api.socket.raw_socket import CLOSE, TEXT, Address, RawSocket, close_payload, frame, open_socket

REPOSITORY = Path(__file__).resolve().parents[3]
END = (TEXT, b'{"t":"end","reason":"server_shutdown"}')
GOODBYE = (CLOSE, close_payload(1001, b"server_shutdown"))


@dataclass
class Serving:
    """A process that is ready."""

    process: Process
    address: Address

    def signal(self, one: signal.Signals) -> None:
        self.process.send_signal(one)

    async def exit_code(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 30)

    async def refuses(self) -> None:
        """Returns when new callers are refused."""

        async def refused() -> bool:
            try:
                _, writer = await asyncio.open_connection(*self.address)
            except ConnectionError:  # refused, or cut off just before it would be
                return True
            writer.close()
            return False

        await until(refused)


@asynccontextmanager
async def serving(data: Path, drain_seconds: float = 300) -> AsyncIterator[Serving]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.api.socket.serve_echo", str(data), str(drain_seconds), stdout=PIPE, cwd=REPOSITORY
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
        host, _, port = url.removeprefix("http://").partition(":")
        yield Serving(process, (host, int(port)))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def echoes(client: RawSocket, text: bytes) -> None:
    await client.send(frame(TEXT, text))
    await client.expect((TEXT, text))


async def test_sigterm_leaves_an_open_socket_until_it_ends_by_itself(tmp_path: Path) -> None:
    async with serving(tmp_path) as gateway, open_socket(gateway.address) as client:
        idle, idle_writer = await asyncio.open_connection(*gateway.address)
        await echoes(client, b"before")
        gateway.signal(signal.SIGTERM)
        await gateway.refuses()
        assert await asyncio.wait_for(idle.read(), 10) == b"", "a connection without a call cannot become a socket now"
        await echoes(client, b"while it drains")
        assert gateway.process.returncode is None
        await client.send(frame(CLOSE, close_payload(1000)))
        await client.expect_close(1000)
        client.leave()
        assert await gateway.exit_code() == 0
        idle_writer.close()


@pytest.mark.parametrize(
    "signals",
    [[signal.SIGINT], [signal.SIGTERM, signal.SIGTERM], [signal.SIGTERM, signal.SIGINT]],
    ids=lambda signals: " ".join(one.name for one in signals),
)
async def test_sigint_or_a_second_signal_says_goodbye_at_once(tmp_path: Path, signals: list[signal.Signals]) -> None:
    async with serving(tmp_path) as gateway, open_socket(gateway.address) as client:
        await echoes(client, b"before")
        for number, one in enumerate(signals):
            if number:
                await gateway.refuses()
                await echoes(client, b"between")
            gateway.signal(one)
        await client.expect(END, GOODBYE)
        await client.send(frame(CLOSE, close_payload(1001)))
        await client.expect_end()
        client.leave()
        assert await gateway.exit_code() == 0


async def test_draining_has_an_end(tmp_path: Path) -> None:
    async with serving(tmp_path, drain_seconds=2) as gateway, open_socket(gateway.address) as client:
        gateway.signal(signal.SIGTERM)
        await gateway.refuses()
        await echoes(client, b"while it drains")
        await client.expect(END, GOODBYE)
        await client.send(frame(CLOSE, close_payload(1001)))
        await client.expect_end()
        client.leave()
        assert await gateway.exit_code() == 0


async def test_clients_that_do_not_answer_do_not_keep_the_process(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as gateway,
        open_socket(gateway.address) as client,
        open_socket(gateway.address) as vanished,
    ):
        await echoes(client, b"before")
        gateway.signal(signal.SIGINT)
        await client.expect(END, GOODBYE)
        assert await gateway.exit_code() == 0
        await vanished.expect(END, GOODBYE)
