"""The life of a client, and a gateway that is not there."""

import socket
from typing import Any

import httpx
import pytest

from speko import AsyncSpeko, Speko
from tests.client.conftest import API_KEY, Client
from tests.client.gateway import Reply, ScriptedGateway, json_reply, sse, sse_reply

CLIENTS: list[Any] = [Speko, AsyncSpeko]
ORGANIZATION = {"id": "org_1", "name": "A"}


@pytest.mark.parametrize("kind", CLIENTS)
async def test_leaving_the_block_closes_the_client(gateway: ScriptedGateway, kind: Any) -> None:
    gateway.replies.append(json_reply(ORGANIZATION))
    client = kind(api_key=API_KEY, base_url=gateway.url + "/prefix/")
    driver = Client(client)
    await driver.call(lambda client: client.organization.get())
    assert gateway.received[0].target == "/prefix/v1/organization"
    await driver.leave(client)
    with pytest.raises(RuntimeError, match="closed"):
        await driver.call(lambda client: client.organization.get())
    await driver.close(client)


async def test_the_blocks_of_the_language(gateway: ScriptedGateway) -> None:
    gateway.replies.extend([json_reply(ORGANIZATION), json_reply(ORGANIZATION), sse_reply(sse("done"))])
    with Speko(api_key=API_KEY, base_url=gateway.url) as speko:
        assert speko.organization.get().name == "A"
    async with AsyncSpeko(api_key=API_KEY, base_url=gateway.url) as async_speko:
        assert (await async_speko.organization.get()).name == "A"
        async with async_speko.transcribe_stream(b"RIFF", language="en") as stream:
            assert [event.type async for event in stream] == ["done"]


@pytest.mark.parametrize("kind", CLIENTS)
async def test_a_gateway_that_is_not_there_raises_what_httpx_raises(kind: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    driver = Client(kind(api_key=API_KEY, base_url=f"http://127.0.0.1:{port}"))
    with pytest.raises(httpx.ConnectError):
        await driver.call(lambda client: client.organization.get())
    await driver.close(driver.client)


@pytest.mark.parametrize("kind", CLIENTS)
async def test_a_gateway_that_falls_silent_is_given_up(gateway: ScriptedGateway, kind: Any) -> None:
    gateway.replies.extend(
        [
            sse_reply(sse("meta"), ending="held_open"),
            Reply(200, {}, [b"\x01\x00"], ending="held_open"),
            sse_reply(sse("done", text="hi"), ending="held_open"),
        ]
    )
    driver = Client(kind(api_key=API_KEY, base_url=gateway.url, timeout=2.0))
    with pytest.raises(httpx.ReadTimeout):
        await driver.call(lambda client: client.transcribe(b"RIFF", language="en"))
    with pytest.raises(httpx.ReadTimeout):
        await driver.call(lambda client: client.synthesize("Hello.", language="en"))
    # With `done` the answer is complete, whether or not the gateway ends it.
    assert (await driver.call(lambda client: client.transcribe(b"RIFF", language="en"))).text == "hi"
    await driver.close(driver.client)
