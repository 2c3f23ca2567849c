"""Vendors that nobody can get through to: addresses at which the connection itself fails."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

UNKNOWN_NAME = "http://vendor.invalid/v1"
"""A name that no resolver has: the top-level domain is reserved for that (RFC 6761)."""


@asynccontextmanager
async def closed_port() -> AsyncIterator[str]:
    """A port that is bound and does not listen: connections are refused."""
    server = await asyncio.start_server(_nobody, "127.0.0.1", 0, start_serving=False)
    sock = server.sockets[0]
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/v1"
    finally:
        server.close()


@asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """A port that accepts connections and says nothing, so that TLS never gets to its end."""
    async with _served(_listening_for_ever, None) as port:
        yield f"https://127.0.0.1:{port}/v1"


@asynccontextmanager
async def wrong_certificate(folder: Path) -> AsyncIterator[str]:
    """A TLS server whose certificate is its own word alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = folder / "certificate.pem"
    file.write_bytes(_certificate("somebody.else.invalid"))
    context.load_cert_chain(file)
    async with _served(_nobody, context) as port:
        yield f"https://127.0.0.1:{port}/v1"


@asynccontextmanager
async def _served(
    answer: "asyncio.streams._ClientConnectedCallback", context: ssl.SSLContext | None
) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _nobody(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _listening_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while await reader.read(65536):
            pass
    writer.close()


def _certificate(name: str) -> bytes:
    """A key and a certificate that it has signed itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem + made.public_bytes(serialization.Encoding.PEM)
