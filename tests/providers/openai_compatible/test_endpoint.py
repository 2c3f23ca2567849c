"""What can go wrong on the way to a vendor and back, before there is an answer."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from speko.providers import errors
from speko.providers.call import Call, Credential
from speko.providers.catalogue import Vendor
from speko.providers.openai_compatible import endpoint
from speko.providers.openai_compatible.endpoint import Endpoint, json_body, read_whole
from speko.providers.registry import Runtime
from tests.providers.openai_compatible.vendor import KEY, VENDOR, Running, answering, streaming, vendor


async def post(runtime: Runtime, call: Call, of: Vendor = VENDOR) -> tuple[bytes, int]:
    """Sends a request; gives the answer and how often the endpoint said that nothing was used."""
    unused = 0

    def count() -> None:
        nonlocal unused
        unused += 1

    async with Endpoint(of, runtime).post(
        "/things", call, json_body(b"{}"), content=lambda: ["my words"], unused=count
    ) as response:
        return await read_whole(response), unused


async def failure(runtime: Runtime, call: Call, of: Vendor = VENDOR) -> errors.ProviderError:
    with pytest.raises(errors.ProviderError) as caught:
        await post(runtime, call, of)
    shown = f"{caught.value!r} {caught.value.message} {caught.value.__cause__}"
    assert KEY not in shown
    assert "my words" not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


@asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], object],
) -> AsyncIterator[Running]:
    """A server below HTTP. `talk` gets each connection and its number."""
    runtime = Runtime()
    numbers = iter(range(1000))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        result = talk(reader, writer, next(numbers))
        if asyncio.iscoroutine(result):
            await result

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield Running(f"http://{host}:{port}", runtime)
    finally:
        await runtime.close()
        server.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return head + await reader.readexactly(length)


GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\nok"


# ---- answers ----


async def test_a_good_answer() -> None:
    async with vendor(answering("fine")) as running:
        assert await post(running.runtime, running.call()) == (b"fine", 0)
        assert running.requests[0].path == "/v1/things"


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_base_url_is_taken_as_it_stands_but_for_one_slash(slash: str) -> None:
    async with vendor(answering("fine")) as running:
        running.base_url += "/deep%20er" + slash
        await post(running.runtime, running.call())
        assert running.requests[0].rel_url.raw_path == "/v1/deep%20er/things"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.CredentialRejected),
        (402, errors.QuotaExceeded),
        (403, errors.Forbidden),
        (404, errors.ModelNotFound),
        (413, errors.CallerError),
        (415, errors.Unsupported),
        (422, errors.Unsupported),
        (429, errors.RateLimited),
        (500, errors.ProviderUnavailable),
        (503, errors.ProviderUnavailable),
    ],
)
@pytest.mark.parametrize("body", ["", "<html><body>my words</body></html>"])
async def test_statuses(status: int, kind: type[errors.ProviderError], body: str) -> None:
    async with vendor(answering(body, status=status, content_type="text/html")) as running:
        error = await failure(running.runtime, running.call())
    assert type(error) is kind
    assert error.status == status


async def test_retry_after() -> None:
    async with vendor(answering("{}", status=429, headers={"Retry-After": "7"})) as running:
        assert (await failure(running.runtime, running.call())).retry_after == 7


async def test_a_key_in_the_vendors_words_is_cut_out() -> None:
    body = {"error": {"message": f"Incorrect API key provided: {KEY}, you said 'my words'", "type": "x"}}
    async with vendor(answering(body, status=401)) as running:
        error = await failure(running.runtime, running.call())
    assert error.message == "HTTP 401 (x): Incorrect API key provided: [redacted], you said …"


async def test_redirects_are_not_followed() -> None:
    async with vendor(answering("", status=307, headers={"Location": "/elsewhere"})) as running:
        assert type(await failure(running.runtime, running.call())) is errors.MalformedResponse
        assert len(running.requests) == 1


async def test_a_web_page_is_no_answer() -> None:
    async with vendor(answering("<html>", content_type="text/html; charset=utf-8")) as running:
        assert type(await failure(running.runtime, running.call())) is errors.MalformedResponse


async def test_a_huge_error_body_is_not_read_to_its_end() -> None:
    written = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 2**20)
            written += 2**20
        return response

    async with vendor(handle) as running:
        assert type(await failure(running.runtime, running.call())) is errors.ProviderUnavailable
    assert written < 100 * 2**20


async def test_an_error_body_that_never_ends_does_not_hold_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_ERROR_SECONDS", 0.05)
    over = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=503)
        await response.prepare(request)
        await response.write(b'{"error":')
        await over.wait()
        return response

    async with vendor(handle) as running, asyncio.timeout(20):
        assert type(await failure(running.runtime, running.call())) is errors.ProviderUnavailable
        over.set()


async def test_a_broken_error_body_leaves_the_status() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 429 Slow\r\nContent-Length: 100\r\nRetry-After: 3\r\n\r\n{")
        writer.close()

    async with raw_server(talk) as running:
        error = await failure(running.runtime, running.call())
    assert (type(error), error.retry_after) == (errors.RateLimited, 3)


# ---- connections ----


async def test_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        runtime = Runtime()
        error = await failure(runtime, Call(Credential(KEY, url)))
        await runtime.close()
    assert type(error) is errors.ConnectFailed


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid", "no url", "ftp://127.0.0.1", "http://", "http://[::1", ""]
)
async def test_addresses_that_lead_nowhere(url: str) -> None:
    runtime = Runtime()
    error = await failure(runtime, Call(Credential(KEY, url)))
    await runtime.close()
    assert type(error) is errors.ConnectFailed


async def test_tls_that_is_none() -> None:
    async with vendor(answering("fine")) as running:
        running.base_url = running.base_url.replace("http:", "https:")
        assert type(await failure(running.runtime, running.call())) is errors.ConnectFailed


async def test_a_connection_that_is_never_accepted() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # The queue of connections that nobody accepts holds one; the next has to wait in its handshake.
        with socket.create_connection(full.getsockname()):
            runtime = Runtime()
            call = Call(Credential(KEY, f"http://127.0.0.1:{full.getsockname()[1]}"), connect_timeout=0.05)
            error = await failure(runtime, call)
            await runtime.close()
    assert isinstance(error, errors.DeadlineExceeded)
    assert error.stage == "connect"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", errors.ConnectionLost),
        (b"HTTP/1.1 200", errors.ConnectionLost),
        (b"SSH-2.0-OpenSSH\r\n\r\n", errors.MalformedResponse),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", errors.MalformedResponse),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20000 + b"\r\n\r\n", errors.MalformedResponse),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", errors.TruncatedResponse),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", errors.TruncatedResponse),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", errors.MalformedResponse),
    ],
)
async def test_answers_that_are_not_http_or_not_whole(said: bytes, kind: type[errors.ProviderError]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: int) -> None:
        await read_request(reader)
        writer.write(said)
        writer.close()

    async with raw_server(talk) as running:
        assert type(await failure(running.runtime, running.call())) is kind


async def test_a_connection_that_died_in_the_pool_is_replaced() -> None:
    served = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await read_request(reader)
        served.append(number)
        writer.write(GOOD)
        if number == 0:
            await read_request(reader)  # takes the second request, and closes instead of answering
        writer.close()

    async with raw_server(talk) as running:
        for _ in range(2):
            assert await post(running.runtime, running.call()) == (b"ok", 0)
    assert served == [0, 1]


async def test_a_fresh_connection_that_dies_is_not_tried_again() -> None:
    connections = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        connections.append(number)
        await read_request(reader)
        writer.close()

    async with raw_server(talk) as running:
        assert type(await failure(running.runtime, running.call())) is errors.ConnectionLost
    assert connections == [0]


async def test_a_vendor_whose_every_connection_dies_is_given_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await read_request(reader)
        if number < 5:
            writer.write(GOOD)
            await read_request(reader)
        writer.close()

    async with raw_server(talk) as running:
        calls = (post(running.runtime, running.call()) for _ in range(5))
        assert len(await asyncio.gather(*calls)) == 5  # five connections in the pool, each dead at its next use
        assert type(await failure(running.runtime, running.call())) is errors.ConnectionLost


# ---- keys ----


@pytest.mark.parametrize("key", ["sk-a\nb", "sk-a\r\nX-Evil: 1", "sk-ключ", "sk-é", "sk a", "sk-\x00", "sk-\x7f"])
async def test_a_key_that_no_header_can_hold_is_not_sent(key: str) -> None:
    async with vendor(answering("fine")) as running:
        error = await failure(running.runtime, running.call(key))
        assert type(error) is errors.CredentialRejected
        assert key not in error.message
        assert running.requests == []


@pytest.mark.parametrize("key", [None, ""])
async def test_a_vendor_that_needs_a_key_is_not_asked_without(key: str | None) -> None:
    async with vendor(answering("fine")) as running:
        assert type(await failure(running.runtime, running.call(key))) is errors.CredentialRejected
        assert running.requests == []


async def test_a_local_server_needs_none() -> None:
    local = Vendor(id="local", name="Local", needs="url")
    async with vendor(answering("fine")) as running:
        await post(running.runtime, running.call(None), local)
        assert "Authorization" not in running.requests[0].headers


# ---- metering ----


@pytest.mark.parametrize(("status", "times"), [(401, 1), (500, 1)])
async def test_a_refusal_says_that_nothing_was_used(status: int, times: int) -> None:
    said = []
    async with vendor(answering("", status=status)) as running:
        with pytest.raises(errors.ProviderError):
            async with Endpoint(VENDOR, running.runtime).post(
                "/things", running.call(), json_body(b"{}"), content=tuple, unused=lambda: said.append(1)
            ):
                pass
    assert len(said) == times


async def test_an_answer_that_breaks_off_was_used() -> None:
    said = []
    async with vendor(streaming(b"x")) as running:
        with pytest.raises(errors.TruncatedResponse):
            async with Endpoint(VENDOR, running.runtime).post(
                "/things", running.call(), json_body(b"{}"), content=tuple, unused=lambda: said.append(1)
            ):
                raise errors.TruncatedResponse("half")
    assert said == []


async def test_who_leaves_before_there_is_a_connection_has_used_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[int] = []
    connecting = asyncio.Event()

    async def connect(*_: object, **__: object) -> None:
        connecting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", connect)
    async with vendor(answering("")) as running:

        async def ask() -> None:
            async with Endpoint(VENDOR, running.runtime).post(
                "/things", running.call(), json_body(b"{}"), content=tuple, unused=lambda: said.append(1)
            ):
                pass

        asking = asyncio.create_task(ask())
        await asyncio.wait_for(connecting.wait(), 10)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert said == [1]
