"""Requests that a proxy and a server could understand differently: refused, and the connection closed, so that nothing
behind them is taken for another request."""

import asyncio
from pathlib import Path

import pytest

from tests.api.raw import address_of
from tests.api.running import Running, running

HIDDEN = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
"""Somebody else's request, if it were read as one."""
AMBIGUOUS: dict[str, bytes] = {
    "length and chunks": b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"content-length: 5\r\ncontent-length: 12\r\n\r\n",
    "chunks that are not last": b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"x: a\r\n b\r\n\r\n",
    "a space before the colon": b"content-length : 3\r\n\r\n",
    "a negative length": b"content-length: -1\r\n\r\n",
    "a length beyond all numbers": b"content-length: 99999999999999999999999\r\n\r\n",
    "a chunk beyond all numbers": b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "a NUL": b"x: a\0b\r\n\r\n",
    "line ends without a return": b"x: a\n\n",
}


@pytest.mark.parametrize("how", AMBIGUOUS)
async def test_what_can_be_read_in_two_ways_is_refused(tmp_path: Path, how: str) -> None:
    async with running(tmp_path, embedded="never") as gateway:
        head = f"POST /v1/api-keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\n".encode()
        answered = await _sent(gateway, head + AMBIGUOUS[how] + HIDDEN)
        assert answered.count(b"HTTP/1.1 ") == 1
        assert answered.startswith(b"HTTP/1.1 400 ")


async def test_of_two_credentials_the_first_counts(tmp_path: Path) -> None:
    async with running(tmp_path, embedded="never") as gateway:
        for given in (("x", gateway.key), ("", gateway.key)):
            lines = "".join(f"authorization: Bearer {key}\r\n" for key in given)
            request = f"GET /v1/organization HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{lines}\r\n"
            assert (await _sent(gateway, request.encode())).startswith(b"HTTP/1.1 401 ")


async def test_heads_that_never_end_are_in_nobodys_way(tmp_path: Path) -> None:
    async with running(tmp_path, embedded="never") as gateway:
        slow = [await asyncio.open_connection(*address_of(gateway)) for _ in range(200)]
        for _, writer in slow:
            writer.write(b"GET / HTTP/1.1\r\nx")
        assert (await gateway.client.get("/v1/organization")).status_code == 200
        for _, writer in slow:
            writer.close()


async def _sent(gateway: Running, request: bytes) -> bytes:
    """Everything that comes until the gateway closes the connection."""
    reader, writer = await asyncio.open_connection(*address_of(gateway))
    writer.write(request)
    async with asyncio.timeout(10):
        answered = await reader.read()
    writer.close()
    return answered
