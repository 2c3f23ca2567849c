"""The bridge's timer, when what it waits for is due at once: uvloop then gives a handle that knows no time."""

import asyncio
import time
from collections.abc import Callable

import pytest
import uvloop

from speko.realtime.bridge import Bridge
from speko.realtime.session import SessionConfig
from tests.realtime.engines import FakeEngines, FakeLink, Witness, chain_of

Factory = Callable[[], asyncio.AbstractEventLoop]


async def a_session_that_is_over_at_once() -> tuple[FakeLink, Witness]:
    """And a frame that comes before the timer has run."""
    link, witness = FakeLink(), Witness()
    config = SessionConfig(input_rate=24000, output_rate=24000, expires_at=time.monotonic())
    bridge = Bridge(config, chain_of(FakeEngines(), "a/one"), witness)
    bridge.attach(link)
    bridge.on_text(b'{"t":"control","action":"clear"}')
    async with asyncio.timeout(20):
        while witness.end is None:  # noqa: ASYNC110 - the loop itself is what is waited for
            await asyncio.sleep(0)
    return link, witness


@pytest.mark.parametrize("factory", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def test_what_is_due_at_once_is_no_mistake(factory: Factory) -> None:
    with asyncio.Runner(loop_factory=factory) as runner:
        link, witness = runner.run(a_session_that_is_over_at_once())
    assert witness.end == ("ended", "expired")
    assert link.closed == (1000, "expired")
