"""A Redis of our own, on a Unix socket: started, killed and started again by tests. And one that is none."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

PROGRAM = shutil.which("redis-server")


class RedisServer:
    """One server without any file."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "r"
        self.url = f"unix://{self._socket}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it and waits until it answers."""
        assert PROGRAM is not None
        words = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        devnull = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(PROGRAM, *words, stdout=devnull)
        async with asyncio.timeout(20), Redis.from_url(self.url) as client:
            while True:
                try:
                    await client.ping()
                except (RedisError, OSError):  # it is not there yet
                    await asyncio.sleep(0.02)
                else:
                    return

    async def kill(self) -> None:
        """SIGKILL: connections break, and all it knew is gone."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def keys(self) -> dict[str, int]:
        """Names of all keys, and the milliseconds after which each goes."""
        async with Redis.from_url(self.url, decode_responses=True) as client:
            return {str(key): await client.pttl(key) for key in await client.keys("*")}


@asynccontextmanager
async def redis_server() -> AsyncIterator[RedisServer]:
    """A server that answers."""
    folder = Path(tempfile.mkdtemp(prefix="speko-redis-"))
    server = RedisServer(folder)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
        shutil.rmtree(folder)


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """Accepts connections and never says a word."""
    opened: set[asyncio.StreamWriter] = set()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.add(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in opened:
            writer.close()
