"""What a caller wants: language, region, what to optimise for, and which vendors are allowed."""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from speko.providers.catalogue import Modality

OptimizeFor = Literal["balanced", "accuracy", "latency", "cost"]
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?\Z")


class InvalidIntent(ValueError):
    """The intent or the constraints cannot be read. The message is for people."""


def normalize_language(tag: str) -> str:
    """`en_us` to `en-US`; raises InvalidIntent for anything but `xx`, `xxx`, `xx-YY`, `xxx-YY`."""
    match = _TAG.match(tag.strip())
    if match is None:
        raise InvalidIntent(f"language must be a BCP-47 tag like 'en' or 'en-US', not {tag[:40]!r}")
    primary, region = match.groups()
    return primary.lower() + (f"-{region.upper()}" if region else "")


class RoutingIntent(Struct, frozen=True, rename="camel"):
    """The wire's routing intent. Unknown members are ignored."""

    language: str
    region: str = "global"
    optimize_for: OptimizeFor = "balanced"

    def __post_init__(self) -> None:
        force_setattr(self, "language", normalize_language(self.language))


Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
"""A vendor or model as callers write it. No control characters: it travels in response headers."""
Entries = Annotated[tuple[Name, ...], Meta(max_length=64)]
"""Allow-list of one layer. Each entry may cost a vendor call, so there is a limit."""


class AllowedProviders(Struct, frozen=True):
    """Allow-lists as callers write them: `vendor` or `vendor:model`; empty = no constraint on that layer."""

    stt: Entries | None = None
    llm: Entries | None = None
    tts: Entries | None = None
    s2s: Entries | None = None


class PipelineConstraints(Struct, frozen=True, rename="camel"):
    """The wire's constraints."""

    allowed_providers: AllowedProviders | None = None

    def allow_list(self, modality: Modality) -> "AllowList":
        """The constraint on one layer."""
        return AllowList.of(getattr(self.allowed_providers, modality, None) or ())


class AllowList(Struct, frozen=True):
    """The constraint on one layer, split at the first colon. Empty = everything is allowed."""

    entries: frozenset[tuple[str, str | None]] = frozenset()

    def admits(self, vendor: str, model: str) -> bool:
        """Whether a candidate is within the constraint."""
        return not self.entries or (vendor, None) in self.entries or (vendor, model) in self.entries

    def pinned_models(self, vendor: str) -> tuple[str, ...]:
        """Models of a vendor that are named one by one, sorted."""
        return tuple(sorted(m for v, m in self.entries if v == vendor and m))

    @classmethod
    def of(cls, entries: tuple[str, ...]) -> "AllowList":
        """Reads the wire's form; the vendor is compared without case, the model exactly."""
        pairs = set()
        for entry in entries:
            vendor, colon, model = entry.partition(":")
            pairs.add((vendor.strip().lower(), model.strip() if colon else None))
        return cls(frozenset(pairs))
