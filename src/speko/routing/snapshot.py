"""Scores. One snapshot holds the figures of one harness and is never mixed with another's."""

from datetime import date
from typing import Literal

from msgspec import Struct

from speko.providers.catalogue import Modality

Status = Literal["production", "warned", "provisional"]
Mode = Literal["batch", "streaming", "realtime"]


class ScoreRow(Struct, frozen=True, kw_only=True):
    """One measurement. An axis that was not measured is None."""

    modality: Modality
    provider: str
    model: str
    language: str
    """BCP-47 tag, or `*`."""
    region: str
    """`global` or a measured region."""
    mode: Mode
    quality: float | None
    """STT: WER %, TTS: round-trip CER %, LLM: quality score, S2S: task success %."""
    latency_ms: float | None
    """p50 of the modality's own latency."""
    cost_per_minute: float | None
    """USD."""
    latency_stddev_ms: float | None = None
    status: Status = "production"
    streaming: bool = True
    """The engine has a streaming (S2S: realtime) protocol."""
    note: str = ""
    voice: str = ""
    """The voice that was measured (TTS)."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """The rows of one harness, or, with `kind` `declared`, rows in a given order that nobody has measured."""

    id: str
    kind: Literal["measured", "declared"]
    title: str
    source: str
    date: date | None
    rows: tuple[ScoreRow, ...]
