"""A whole gateway on a real socket, in the loop of the test."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from speko.api.app import create_app
from speko.api.coalescing import CoalescingProtocol
from speko.api.gateway import Gateway
from speko.api.realtime.upgrade import upgrade_of
from speko.api.server import Server
from speko.api.socket.protocol import websocket_protocol
from speko.api.workers.place import Place
from speko.providers.registry import Registry
from speko.settings import ProviderSettings, Settings
from tests.database import url_for

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Knows no authority. The usual context reads all of them, for each client anew, and no test needs any."""


@dataclass
class Running:
    """A gateway that serves, and a client with a key."""

    gateway: Gateway
    url: str
    key: str
    client: httpx.AsyncClient
    server: "PromptServer"

    @property
    def answering(self) -> int:
        """Requests that are being answered, those that are still arriving included."""
        return len(self.server.server_state.tasks)

    async def attempts(self, request_id: str) -> list[dict[str, Any]]:
        """The attempts of a call, from the API."""
        answer = await self.client.get(f"/v1/requests/{request_id}")
        found: list[dict[str, Any]] = answer.json().get("attempts", [])
        return found

    async def usage(self) -> list[dict[str, Any]]:
        """The usage of the month, from the API."""
        rows: list[dict[str, Any]] = (await self.client.get("/v1/usage")).json()["breakdown"]
        return rows


class PromptServer(Server):
    """Ends at once. The real one looks ten times a second whether it should, and then gives connections a tenth more;
    `test_server.py` tests that one."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[str], None], gateway: Gateway) -> None:
        super().__init__(config, on_listening, gateway.sockets, siblings=gateway.siblings)
        self.ending = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test runner's."""
        yield

    async def main_loop(self) -> None:
        """Until `ending`."""
        await self.on_tick(0)
        await self.ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes what is open and waits for what is being answered."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self.end_sockets()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)


@asynccontextmanager
async def running(
    data: Path,
    registry: Registry | None = None,
    keys: tuple[str, ...] = (),
    console_files: Path | None = None,
    place: Place | None = None,
    **settings: Any,
) -> AsyncIterator[Running]:
    """Serves on a free port. `keys`: vendors that the platform has a key for. `console_files`: a build of the
    console. `place`: among several gateways."""
    if keys:
        settings["providers"] = {vendor: ProviderSettings(api_key=f"platform-key-of-{vendor}") for vendor in keys}
    # A process of the voice agent costs seconds; tests that need one ask for it.
    chosen = Settings(data=data, **{"agent_processes": 0, "database_url": url_for(data), **settings})
    gateway = Gateway(chosen, registry, console_files=console_files, place=place)
    await gateway.open()
    await gateway.warm_up()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    config = uvicorn.Config(
        create_app(gateway),
        port=0,
        http=CoalescingProtocol,
        ws=websocket_protocol(upgrade_of(gateway)),
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    server = PromptServer(config, listening.set_result, gateway)
    task = asyncio.create_task(server.serve())
    try:
        url = await listening
        organization = await gateway.store.default_organization()
        _, key = await gateway.store.create_api_key(organization.id, "test")
        headers = {"authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(
            base_url=url, headers=headers, timeout=30, trust_env=False, verify=NO_TLS
        ) as client:
            yield Running(gateway, url, key, client, server)
    finally:
        server.ending.set()
        await gateway.in_flight.end()
        await task
        await gateway.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for a condition; gives up after ten seconds."""
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - what is waited for is behind a socket
            await asyncio.sleep(0.005)


def events(body: str) -> list[tuple[str, dict[str, Any]]]:
    """(name, data) of each event; fails on anything that is not the contract's framing."""
    assert "\r" not in body
    assert body.endswith("\n\n")
    found = []
    for block in body[:-2].split("\n\n"):
        name, data = block.split("\n")
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        found.append((name[7:], json.loads(data[6:])))
    return found
