"""Event loops that tests run on. Production runs on uvloop alone; the rest of the tests on asyncio's own."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop

ASYNCIO: Mapping[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
BOTH: Mapping[str, Callable[[], asyncio.AbstractEventLoop]] = {**ASYNCIO, "uvloop": uvloop.new_event_loop}
