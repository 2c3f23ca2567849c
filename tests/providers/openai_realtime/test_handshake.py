"""Connecting: addresses, refusals in every form, and what is left open."""

import asyncio
import datetime
import ipaddress
import json
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from speko.providers import errors
from speko.providers.call import Call, Credential
from speko.providers.openai_realtime import OpenAIRealtime, handshake
from speko.providers.openai_realtime.handshake import Address
from tests.providers.openai_realtime.events import session
from tests.providers.openai_realtime.raw import Handler, Wire, frame, raw_server
from tests.providers.openai_realtime.vendor import KEY, OPENAI, Heard, call, request, vendor


async def refused(handler: Handler, *, timeout: float = 5.0, tls: ssl.SSLContext | None = None) -> errors.ProviderError:
    """The error of a session with such a server."""
    heard = Heard()
    async with raw_server(handler, tls) as url:
        with pytest.raises(errors.ProviderError) as caught:
            await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(connect_timeout=timeout), heard)
    assert heard.log == []
    assert KEY not in caught.value.message
    assert caught.value.__cause__ is None
    return caught.value


def says(*packets: bytes, hang_up: bool = True) -> Handler:
    async def handler(wire: Wire) -> None:
        await wire.write(*packets)
        if not hang_up:
            await wire.gone()

    return handler


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def error_body(message: str, **members: str) -> bytes:
    return json.dumps({"error": {"message": message, **members}}).encode()


# ---- addresses


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("https://api.openai.com/v1",
         ("api.openai.com", 443, True, "api.openai.com", "/v1/realtime?model=gpt-realtime")),
        ("http://localhost:8000", ("localhost", 8000, False, "localhost:8000", "/realtime?model=gpt-realtime")),
        ("wss://x.example/a/", ("x.example", 443, True, "x.example", "/a/realtime?model=gpt-realtime")),
        ("ws://[::1]:9/v1", ("::1", 9, False, "[::1]:9", "/v1/realtime?model=gpt-realtime")),
        ("https://me:secret@x.example/v1", ("x.example", 443, True, "x.example", "/v1/realtime?model=gpt-realtime")),
        ("https://x.example/v1?api-version=2",
         ("x.example", 443, True, "x.example", "/v1/realtime?api-version=2&model=gpt-realtime")),
        ("https://x.example/my voice",
         ("x.example", 443, True, "x.example", "/my%20voice/realtime?model=gpt-realtime")),
    ],
)  # fmt: skip
def test_addresses(base_url: str, address: tuple[str, int, bool, str, str]) -> None:
    assert Address.of(base_url, "gpt-realtime") == Address(*address)


def test_models_are_escaped() -> None:
    target = Address.of("https://x.example/v1", "a b/ä&c=d\r\nX: y").target
    assert target == "/v1/realtime?model=a+b%2F%C3%A4%26c%3Dd%0D%0AX%3A+y"


@pytest.mark.parametrize(
    "base_url", ["", "api.openai.com/v1", "ftp://x/v1", "https:///v1", "http://x:99999/v1", "http://[/"]
)
def test_no_addresses(base_url: str) -> None:
    with pytest.raises(errors.ConnectFailed, match="not a valid HTTP address"):
        Address.of(base_url, "m")


# ---- nobody there


async def test_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        with pytest.raises(errors.ConnectFailed, match="refused"):
            await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), Heard())


@pytest.mark.parametrize("error", [socket.gaierror(-2, KEY), UnicodeError(KEY)])
def test_the_host_is_unknown(error: Exception) -> None:
    made = handshake.transport_error(error)
    assert isinstance(made, errors.ConnectFailed)
    assert made.message == "the host name could not be resolved"


async def test_there_is_no_address_and_no_key() -> None:
    with pytest.raises(errors.ConnectFailed, match="no base URL"):
        await OpenAIRealtime(vendor(None), OPENAI).connect(request(), call(), Heard())
    for key in (None, "sk with space", "sk-\u00e4", "sk-\r\nX: y"):
        with pytest.raises(errors.CredentialRejected):
            await OpenAIRealtime(vendor("http://127.0.0.1:1/v1"), OPENAI).connect(
                request(), Call(Credential(key)), Heard()
            )


async def test_a_silent_server_is_too_slow() -> None:
    error = await refused(says(hang_up=False), timeout=0.1)
    assert isinstance(error, errors.DeadlineExceeded)
    assert error.stage == "connect"


async def test_half_an_answer_is_too_slow() -> None:
    error = await refused(says(b"HTTP/1.1 101 Switch", hang_up=False), timeout=0.1)
    assert isinstance(error, errors.DeadlineExceeded)


# ---- refusals


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        ("401 Unauthorized", error_body(f"Incorrect API key provided: {KEY}", code="invalid_api_key"),
         errors.CredentialRejected, "Incorrect API key"),
        ("403 Forbidden", error_body("Country not supported"), errors.Forbidden, "Country not supported"),
        ("404 Not Found", error_body("The model `gpt-9` does not exist", code="model_not_found"), errors.ModelNotFound,
         "`gpt-9` does not exist"),
        ("429 Too Many Requests", error_body("Rate limit reached"), errors.RateLimited, "Rate limit reached"),
        ("429 Too Many Requests", error_body("no money", code="insufficient_quota"), errors.QuotaExceeded, "no money"),
        ("400 Bad Request", error_body("Invalid model", param="model"), errors.ModelNotFound, "Invalid model"),
        ("500 Internal Server Error", b"<html>", errors.ProviderUnavailable, "HTTP 500"),
        ("503 Service Unavailable", b"", errors.ProviderUnavailable, "HTTP 503"),
        ("529 Site is overloaded", b"", errors.ProviderUnavailable, "HTTP 529"),
        ("302 Found", b"", errors.MalformedResponse, "HTTP 302"),
        ("200 OK", b"<html>", errors.MalformedResponse, "HTTP 200"),
    ],
)  # fmt: skip
async def test_refusals(status: str, body: bytes, kind: type[errors.ProviderError], words: str) -> None:
    error = await refused(says(answer(status, body)))
    assert type(error) is kind
    assert words in error.message
    assert error.status == int(status[:3])


async def test_when_to_come_back() -> None:
    error = await refused(says(answer("429 Too Many Requests", b"", "Retry-After: 7")))
    assert error.retry_after == 7


WHY = error_body("The model `gpt-9` does not exist", code="model_not_found")
CHUNKED = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("packets", "hang_up"),
    [
        ([answer("404 Not Found", WHY)[:-len(WHY)], WHY], False),
        ([bytes([byte]) for byte in answer("404 Not Found", WHY)], False),
        ([CHUNKED, b"a\r\n" + WHY[:10] + b"\r\n", b"%x\r\n" % len(WHY[10:]) + WHY[10:] + b"\r\n0\r\n\r\n"], False),
        ([b"HTTP/1.1 404 Not Found\r\n\r\n", WHY[:20], WHY[20:]], True),
    ],
    ids=["head and body", "byte by byte", "chunked", "until the end"],
)  # fmt: skip
async def test_the_reason_may_come_in_pieces(packets: list[bytes], hang_up: bool) -> None:
    error = await refused(says(*packets, hang_up=hang_up))
    assert isinstance(error, errors.ModelNotFound)
    assert "`gpt-9` does not exist" in error.message


@pytest.mark.parametrize(
    "packet",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 5000\r\n\r\n{",
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        CHUNKED + b"-5\r\n",
    ],
)
async def test_a_reason_that_never_ends_is_not_waited_for(packet: bytes) -> None:
    error = await refused(says(packet, hang_up=False), timeout=0.2)
    assert isinstance(error, errors.ModelNotFound)
    assert error.status == 404


async def test_a_reason_that_is_too_long_is_not_read() -> None:
    error = await refused(says(b"HTTP/1.1 404 Not Found\r\n\r\n" + b"x" * 2**17, hang_up=False))
    assert isinstance(error, errors.ModelNotFound)


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (b"", errors.ConnectionLost),
        (b"SSH-2.0-OpenSSH\r\n", errors.MalformedResponse),
        (b"x" * 2**17, errors.MalformedResponse),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", errors.MalformedResponse),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         b"Sec-WebSocket-Accept: d3Jvbmc=\r\n\r\n", errors.MalformedResponse),
        (b"HTTP/1.1 101 Switching Protocols\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", errors.MalformedResponse),
    ],
    ids=["nothing", "not HTTP", "too long", "no upgrade", "wrong accept", "long head"],
)  # fmt: skip
async def test_what_is_no_upgrade(packet: bytes, kind: type[errors.ProviderError]) -> None:
    assert type(await refused(says(packet))) is kind


# ---- upgrades


async def test_the_request() -> None:
    seen = asyncio.get_running_loop().create_future()

    async def handler(wire: Wire) -> None:
        seen.set_result(wire.request.decode())

    await refused(handler)
    head = (await seen).split("\r\n")
    assert head[0] == "GET /v1/realtime?model=gpt-realtime HTTP/1.1"
    assert f"Authorization: Bearer {KEY}" in head
    assert sum(line.lower().startswith("host:") for line in head) == 1
    assert not any("Extensions" in line for line in head)


@pytest.mark.parametrize("size", [1, 7, 10**6])
async def test_an_upgrade_in_pieces_of_any_size(size: int) -> None:
    events = frame(json.dumps(session()).encode()) + frame(json.dumps(session("session.updated")).encode())

    async def handler(wire: Wire) -> None:
        whole = wire.upgrade() + events  # a hurried server
        await wire.write(*(whole[at : at + size] for at in range(0, len(whole), size)))
        await wire.gone()

    async with raw_server(handler) as url:
        connection = await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), Heard())
        connection.close()


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 101 Switching", b"HTTP/1.1 500 Oh\r\n\r\n"])
async def test_cancelling_closes_the_socket(after: bytes) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def handler(wire: Wire) -> None:
        await wire.write(after)
        asked.set()
        await wire.gone()
        gone.set()

    async with raw_server(handler) as url:
        opening = asyncio.create_task(OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), Heard()))
        await asked.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with asyncio.timeout(5):
            await gone.wait()


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key, that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_an_unknown_certificate_is_refused(certificate: Path) -> None:
    error = await refused(says(), tls=server_tls(certificate))
    assert isinstance(error, errors.ConnectFailed)
    assert "TLS" in error.message


async def test_a_server_without_tls_is_refused() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("400 Bad Request"))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        with pytest.raises(errors.ConnectFailed):
            await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), Heard())


async def test_a_session_over_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(handshake, "_tls", lambda: trusting)

    async def handler(wire: Wire) -> None:
        await wire.write(wire.upgrade(), frame(json.dumps(session()).encode()))
        await wire.reader.read(1)
        await wire.write(frame(json.dumps(session("session.updated")).encode()))
        await wire.gone()

    async with raw_server(handler, server_tls(certificate)) as url:
        connection = await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), Heard())
        connection.audio(bytes(960))
        connection.close()
