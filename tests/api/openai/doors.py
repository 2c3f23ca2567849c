"""A gateway with scripted vendors, and the unmodified client of OpenAI's API in front of it."""

import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai

from tests.api.running import NO_TLS, Running, running
from tests.api.vendors import Scripted, registry_of


@asynccontextmanager
async def doors(
    data: Path, *scripts: Scripted, key: str | None = None, **settings: Any
) -> AsyncIterator[tuple[openai.AsyncOpenAI, Running]]:
    """The client never repeats a call by itself, so that a test sees each answer."""
    names = () if "providers" in settings else tuple(script.vendor_id for script in scripts)
    async with running(data, registry_of(*scripts), keys=names, **settings) as gateway:
        http = openai.DefaultAsyncHttpxClient(trust_env=False, verify=NO_TLS, timeout=30)
        async with openai.AsyncOpenAI(
            base_url=f"{gateway.url}/v1", api_key=key or gateway.key, max_retries=0, http_client=http
        ) as client:
            yield client, gateway


def wav(milliseconds: int = 500, sample_rate: int = 16000) -> bytes:
    """Silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes(bytes(2 * sample_rate * milliseconds // 1000))
    return file.getvalue()
