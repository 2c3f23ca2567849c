from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from speko.providers.call import Call
from speko.providers.catalogue import Model, Vendor
from speko.providers.llm import ChatMessage, LlmCapabilities, LlmEvent, LlmRequest, TextDelta
from speko.providers.registry import Connectors, Registration, Registry, Runtime
from speko.simulators.engines import RESPONDER, Engines

REQUEST = LlmRequest(model="x", messages=(ChatMessage("user", "hello"),))


class Echo:
    capabilities = LlmCapabilities(tools=False)

    async def complete(self, request: LlmRequest, call: Call) -> AsyncIterator[Sequence[LlmEvent]]:
        yield [TextDelta(f"{request.model}: "), TextDelta(request.messages[-1].content)]


class Installed:
    """What is installed, and what happened to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[str] = []
        self.missing: str | None = None
        model = Model(modality="llm", id="rules")
        self.registration = Registration(
            Vendor(id=RESPONDER, name="Responder", needs="program", models=(model,)),
            llm=lambda _: Echo(),
            missing=lambda: self.missing,
            start=self._start,
        )
        monkeypatch.setattr(Registry, "load", self._load)

    async def _start(self, runtime: Runtime) -> None:
        self.events.append("start")

        async def close() -> None:
            self.events.append("close")

        runtime.on_close(close)

    def _load(self) -> Registry:
        self.events.append("load")
        registry = Registry()
        registry.add(self.registration)
        return registry


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    return Installed(monkeypatch)


async def test_engines_are_loaded_and_started_once_and_closed(installed: Installed) -> None:
    engines = Engines()
    assert installed.events == []
    for _ in range(2):
        assert await engines.think(REQUEST) == ("rules: hello", [])
    assert installed.events == ["load", "start"]
    await engines.close()
    await engines.close()
    assert installed.events == ["load", "start", "close"]


async def test_a_missing_engine_is_none_until_it_is_there(installed: Installed) -> None:
    installed.missing = "not installed"
    engines = Engines()
    assert await engines.think(REQUEST) is None
    installed.missing = None
    assert await engines.think(REQUEST) is not None
    assert await engines.speak("hello", None, 24000) is None
    await engines.close()


async def test_engines_of_others_are_neither_started_nor_closed(installed: Installed) -> None:
    registry = Registry()
    registry.add(installed.registration)
    runtime = Runtime()
    engines = Engines(Connectors(registry, runtime))
    assert await engines.think(REQUEST) == ("rules: hello", [])
    await engines.close()
    assert await engines.think(REQUEST) == ("rules: hello", [])
    assert installed.events == []


async def test_an_engine_without_a_connector_is_missing(installed: Installed) -> None:
    installed.registration = replace(installed.registration, llm=None)
    engines = Engines()
    assert await engines.think(REQUEST) is None
    await engines.close()


async def test_no_engines() -> None:
    assert await Engines.none().think(REQUEST) is None
    assert await Engines.none().speak("hello", None, 24000) is None
