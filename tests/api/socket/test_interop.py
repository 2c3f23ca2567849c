"""With a client that many people use."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests import loops
from tests.api.socket.echo import echoing

LOOPS = loops.BOTH


async def test_websockets() -> None:
    async with echoing() as server:
        url = f"ws://{server.address[0]}:{server.address[1]}"
        async with connect(f"{url}/echo", subprotocols=[Subprotocol("token"), Subprotocol("other")]) as client:
            assert client.subprotocol == "token"
            assert not client.protocol.extensions, "it offered to compress"
            for message in ("hällo", b"\x00\x01", "", b"x" * 2**20, "y" * 2**18):
                await client.send(message)
                assert await client.recv() == message
            await client.send(["in ", "pieces ", "ü"])
            assert await client.recv() == "in pieces ü"
            assert await asyncio.wait_for(await client.ping(), 10) >= 0
            server.handler.link.close(4409, "SESSION_IN_USE")
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4409, "SESSION_IN_USE")
        assert await server.closed() == 4409
        async with connect(f"{url}/echo") as client:
            await client.close(1000, "client_closed")
            assert client.close_code == 1000
        assert await server.closed() == 1000
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{url}/nowhere")
        assert refused.value.response.status_code == 404
