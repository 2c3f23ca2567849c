"""Snapshots of models that are usable and that nobody has measured (contract: routing, section 2)."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from msgspec import Struct

from speko.providers.catalogue import Modality
from speko.routing.snapshot import Mode, ScoreRow, Snapshot

_MODE: Mapping[Modality, Mode] = {"stt": "batch", "tts": "batch", "llm": "streaming", "s2s": "realtime"}


class DeclaredModel(Struct, frozen=True):
    """A usable model and the languages its vendor declares."""

    modality: Modality
    provider: str
    """Lower case, as in the catalogue."""
    model: str
    languages: tuple[str, ...]
    """BCP-47 tags; a primary tag covers its regions, `*` covers everything."""


def declared_snapshot(candidates: Sequence[DeclaredModel], name: str = "declared") -> Snapshot:
    """The snapshot of one organisation's usable models, in the order given.

    The caller orders them (configuration file, own keys by the time they were stored, catalogue) and leaves out what
    is not usable; credentials enter here and nowhere else. Which of them join the chain depends on the query and on
    the snapshots before this one, so `rank` decides that. Embedded engines go into a second one, after their own
    scores, so that they serve languages nobody measured them in without overtaking those scores.

    A model that is named twice keeps its first place. The id is `<name>_<12 hex digits>`, a hash of the entries in
    their order.
    """
    entries: dict[tuple[Modality, str, str], DeclaredModel] = {}
    for candidate in candidates:
        entries.setdefault((candidate.modality, candidate.provider, candidate.model), candidate)
    ordered = list(entries.values())
    text = json.dumps([[c.modality, c.provider, c.model, *c.languages] for c in ordered])
    return Snapshot(
        id=f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}",
        kind="declared",
        title="Declared by the vendors, not measured",
        source="catalogue and configuration",
        date=None,
        rows=tuple(_row(candidate, language) for candidate in ordered for language in candidate.languages),
    )


def _row(candidate: DeclaredModel, language: str) -> ScoreRow:
    return ScoreRow(
        modality=candidate.modality,
        provider=candidate.provider,
        model=candidate.model,
        language=language,
        region="global",
        mode=_MODE[candidate.modality],
        quality=None,
        latency_ms=None,
        cost_per_minute=None,
    )
