"""A gateway that serves from a thread, for clients that block."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from msgspec import structs

from speko.providers.registry import Registry
from speko.settings import ProviderSettings
from speko.simulators.openai import OpenAISimulator
from speko.simulators.script import RealtimeScript, Script
from tests.api.running import Running, running

T = TypeVar("T")
QUICK = Script(
    text="one two", transcript="one two", audio_ms=40, first_byte=0.0, realtime=RealtimeScript(answers=("one",), pace=0)
)


class Beside:
    """The gateway, from outside its thread."""

    def __init__(self, running: Running, loop: asyncio.AbstractEventLoop) -> None:
        self.running = running
        self.url = running.url
        self.key = running.key
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs something in the loop of the gateway."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


def two_vendors() -> Registry:
    """Two that can be simulated, and no others: nothing that a test sends may reach a real vendor."""
    openai = Registry.load().vendors["openai"]
    twin = structs.replace(openai.vendor, id="twin", name="Twin", key_env="TWIN_API_KEY", base_url_env="TWIN_BASE_URL")
    registry = Registry()
    registry.add(openai)
    registry.add(replace(openai, vendor=twin))
    return registry


@contextmanager
def beside(folder: Path, **settings: Any) -> Iterator[Beside]:
    """Serves with two simulated vendors that answer at once."""
    started: threading.Event = threading.Event()
    found: list[Beside] = []
    failures: list[BaseException] = []
    over: list[asyncio.Event] = []

    async def serve() -> None:
        async with OpenAISimulator(script=QUICK) as one, OpenAISimulator(script=QUICK) as other:
            providers = {
                vendor: ProviderSettings(api_key=f"key-of-{vendor}", base_url=simulator.base_url)
                for vendor, simulator in (("openai", one), ("twin", other))
            }
            chosen = {"embedded": "never", "providers": providers, **settings}
            async with running(folder, two_vendors(), **chosen) as gateway:
                over.append(asyncio.Event())
                found.append(Beside(gateway, asyncio.get_running_loop()))
                started.set()
                await over[0].wait()

    def work() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # told by the thread of the test
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=work, name="gateway")
    thread.start()
    started.wait(30)
    try:
        if found:
            yield found[0]
    finally:
        if found:
            found[0]._loop.call_soon_threadsafe(over[0].set)
        thread.join(30)
        if failures:
            raise failures[0]
