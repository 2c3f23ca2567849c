"""What `speko doctor` finds."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

LAYERS = {"stt": "speech to text", "llm": "language model", "tts": "text to speech"}
"""What a gateway has to serve."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. It never holds a secret: keys are named by their variables."""

    state: Literal["ok", "missing", "note"]
    subject: str
    detail: str
    fix: str | None = None
    """What to type."""

    @property
    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def no_layers() -> dict[str, list[str]]:
    """Nobody for any layer."""
    return {layer: [] for layer in LAYERS}
