"""The gateway's own voice agent: speech to text, a language model and text to speech behind the protocol of a
speech-to-speech engine. It runs in processes of its own, beside the gateway."""

from speko.agent.engine import AgentEngine
from speko.providers.catalogue import Model
from speko.providers.registry import Registry, Runtime

MODEL = Model(modality="s2s", id="cascade", composite=True)
VENDOR = "speko"


def register(registry: Registry) -> None:
    """Adds the agent to the gateway's own engines. Called by the entry point."""
    made: dict[int, tuple[Runtime, AgentEngine]] = {}

    def of(runtime: Runtime) -> AgentEngine:
        """One engine per runtime, so that the processes that are warmed up are those that serve."""
        if id(runtime) not in made:
            made[id(runtime)] = (runtime, AgentEngine.of(runtime))

            async def forget() -> None:
                del made[id(runtime)]

            runtime.on_close(forget)
        return made[id(runtime)][1]

    async def start(runtime: Runtime) -> None:
        await of(runtime).pool.start()

    registry.extend(VENDOR, MODEL, s2s=of, start=start)
