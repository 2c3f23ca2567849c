"""The sink of an engine to which nobody listens any more."""

from speko.providers.errors import ProviderError
from speko.providers.s2s import EngineEvent


class Silence:
    """Takes everything and does nothing."""

    def audio(self, response: str, pcm: bytes) -> None:
        """Nothing."""

    def event(self, event: EngineEvent) -> None:
        """Nothing."""

    def lost(self, error: ProviderError) -> None:
        """Nothing."""

    def pause(self) -> None:
        """Nothing."""

    def resume(self) -> None:
        """Nothing."""
