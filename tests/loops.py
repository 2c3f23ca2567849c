"""Event loops that tests run on. Production runs on uvloop alone; most tests on asyncio's own, which says more when
something is wrong. A module asks for others with `LOOPS`."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

Loops = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]
ASYNCIO: Loops = {"asyncio": asyncio.new_event_loop}
UVLOOP: Loops = {"uvloop": uvloop.new_event_loop}
BOTH: Loops = {**ASYNCIO, **UVLOOP}


def of(item: pytest.Item, default: Loops) -> Loops:
    """The loops of a test."""
    module = item.getparent(pytest.Module)
    found: Loops = getattr(module and module.obj, "LOOPS", default)
    return found
