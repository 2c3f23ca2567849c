"""How the OpenAI-compatible vendors differ from OpenAI and from each other, as data."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from speko.providers.catalogue import Modality
from speko.providers.llm import ReasoningEffort
from speko.providers.openai_realtime.facts import RealtimeFacts

EFFORTS: tuple[ReasoningEffort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh")


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the connectors have to know about one model. The defaults are what most vendors do."""

    stream_usage: bool = True
    """Takes `stream_options.include_usage`; the others report usage unasked."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True
    """Takes a temperature; where not, the caller's is dropped."""
    efforts: tuple[ReasoningEffort, ...] = ()
    """The reasoning efforts it knows. Empty = it does not reason, and none is sent."""
    tool_call_ids: Literal["any", "nine"] = "any"
    """`nine`: ids of tool calls must be nine letters or digits (Mistral)."""

    stream_transcript: bool = False
    """Streams its transcript as events."""
    transcript_format: str = "json"
    """`response_format` of a transcription; empty = the vendor has no such parameter."""
    keywords: Literal["prompt", "list", "none"] = "prompt"
    """How it is biased towards words: by the prompt, by a list of its own, or not at all."""

    speech_format: Literal["pcm", "wav"] = "pcm"
    pcm_rate: int = 24000
    """Hz of its raw PCM, which carries no header that would tell."""
    speech_characters: int = 4096
    """Characters that it speaks in one request; longer texts are sent in pieces."""
    instructions: bool = False
    """Takes a speaking style."""

    key_check: Literal["models", "key", "none"] = "models"
    """What tells whether a key is good: the list of models; a path `/key`, because the list is there for everybody; or
    nothing but a call."""

    realtime: RealtimeFacts = RealtimeFacts()
    """How the vendor speaks the Realtime protocol; the same for all its models."""

    def nearest_effort(self, wish: ReasoningEffort) -> ReasoningEffort | None:
        """The effort the model knows that is nearest to the wish, the lower one of two; None if it does not reason."""
        at = EFFORTS.index(wish)
        return min(self.efforts, key=lambda effort: abs(EFFORTS.index(effort) - at), default=None)


class Profiles:
    """The profiles of one vendor."""

    def __init__(
        self, vendor: Mapping[str, Any], models: Mapping[tuple[Modality, str], Mapping[str, Any]] | None = None
    ) -> None:
        """Reads what a vendor's file says (see `catalogue_data.py`).

        Raises:
            msgspec.ValidationError: a fact that no connector knows.
        """
        self.vendor = msgspec.convert(vendor, Profile)
        """What holds for all models without a profile of their own."""
        self._models = {key: msgspec.convert({**vendor, **facts}, Profile) for key, facts in (models or {}).items()}

    def get(self, modality: Modality, wire_name: str) -> Profile:
        """The profile of a model, by the name that is sent to the vendor. A model without one of its own, as one that
        the catalogue lacks, gets the vendor's."""
        return self._models.get((modality, wire_name), self.vendor)
