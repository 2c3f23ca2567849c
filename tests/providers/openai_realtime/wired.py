"""An open session whose server's end is raw, for tests."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from speko.providers.openai_realtime import OpenAIRealtime
from speko.providers.openai_realtime.connection import Connection
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.raw import Wire, frame, raw_server
from tests.providers.openai_realtime.vendor import OPENAI, Heard, call, request, vendor

BEGINNING = frame(json.dumps(e.session()).encode()) + frame(json.dumps(e.session("session.updated")).encode())


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Wire, Connection, Heard]]:
    """A session that is set up, of which the server's end is raw."""
    wires: asyncio.Queue[Wire] = asyncio.Queue()
    over = asyncio.Event()

    async def handler(wire: Wire) -> None:
        await wire.write(wire.upgrade() + BEGINNING)
        wires.put_nowait(wire)
        await over.wait()

    heard = Heard()
    async with raw_server(handler) as url:
        opened = await OpenAIRealtime(vendor(url), OPENAI).connect(request(), call(), heard)
        try:
            yield await wires.get(), opened, heard
        finally:
            opened.close()
            over.set()


def text(event: e.Event) -> bytes:
    return json.dumps(event).encode()


async def settled() -> None:
    """Lets what is over be collected: futures complain only then."""
    for _ in range(3):
        await asyncio.sleep(0.01)
        gc.collect()
