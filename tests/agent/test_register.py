"""The agent as the catalogue has it, and its processes as a gateway starts them."""

import pytest

from speko.agent import MODEL, VENDOR
from speko.agent.engine import AgentEngine
from speko.providers.registry import Connectors, Registry, Runtime
from speko.providers.s2s import Rates


def test_it_is_a_model_of_the_gateways_own_engines() -> None:
    registry = Registry.load()
    assert registry.model(VENDOR, "s2s", "cascade") == MODEL
    assert registry.model(VENDOR, "llm", "rules") is not None
    registration = registry.get(VENDOR)
    assert registration is not None
    assert registration.missing() is None


async def test_one_pool_per_runtime() -> None:
    connectors = Connectors(Registry.load(), runtime := Runtime(agent_processes=0, agent_sessions=7))
    again, other = Connectors(connectors.registry, runtime), Connectors(connectors.registry, Runtime(agent_processes=0))
    engine = connectors.s2s(VENDOR)
    assert isinstance(engine, AgentEngine)
    assert engine.pool.sessions == 7
    assert again.s2s(VENDOR) is engine
    assert other.s2s(VENDOR) is not engine
    await runtime.close()
    assert Connectors(connectors.registry, runtime).s2s(VENDOR) is not engine
    for each in (runtime, other.runtime):
        await each.close()


async def test_starting_a_gateway_without_agent_processes_starts_none() -> None:
    registration = Registry.load().get(VENDOR)
    assert registration is not None
    assert registration.start is not None
    await registration.start(runtime := Runtime(agent_processes=0))
    await runtime.close()


@pytest.mark.parametrize("rate", [16000, 24000])
def test_what_callers_may_ask_for_is_not_resampled_by_the_gateway(rate: int) -> None:
    assert Rates.of(AgentEngine.capabilities, rate, rate) == Rates(rate, rate)
