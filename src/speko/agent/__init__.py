"""The gateway's own voice agent: speech to text, a language model and text to speech behind the protocol of a
speech-to-speech engine. It runs in processes of its own, beside the gateway."""

from speko.providers.catalogue import Model
from speko.providers.registry import Registry

MODEL = Model(modality="s2s", id="cascade", composite=True)
VENDOR = "speko"


def register(registry: Registry) -> None:
    """Adds the agent to the gateway's own engines. Called by the entry point."""
    registry.extend(VENDOR, MODEL)
