"""The axes of each modality, and the mode key by which rows are chosen (contract: routing, section 3)."""

from collections.abc import Mapping

from speko.providers.catalogue import Modality
from speko.routing.snapshot import Mode, ScoreRow

QUALITY_METRIC: Mapping[Modality, str] = {
    "stt": "wer_pct",
    "tts": "round_trip_cer_pct",
    "llm": "quality_score",
    "s2s": "task_success_pct",
}
_LATENCY_METRIC: Mapping[Modality, str] = {
    "stt": "ttfp_p50_ms",
    "tts": "ttfb_p50_ms",
    "llm": "ttft_p50_ms",
    "s2s": "tool_call_p50_ms",
}
COST_METRIC = "usd_per_minute"
HIGHER_QUALITY_IS_BETTER = frozenset[Modality]({"llm", "s2s"})
"""Elsewhere quality is an error rate."""

MODES: Mapping[Modality, tuple[Mode, ...]] = {
    "stt": ("batch", "streaming"),
    "tts": ("batch", "streaming"),
    "llm": ("streaming",),
    "s2s": ("realtime",),
}
"""The modes in which a modality is measured."""
LLM_MODE_KEY = "streaming_sse"


def latency_metric(modality: Modality, batch: bool) -> str:
    """The name of the latency axis; a transcript in one piece has no first partial, so it has a name of its own."""
    return "latency_p50_ms" if batch and modality == "stt" else _LATENCY_METRIC[modality]


def mode_key(row: ScoreRow) -> str:
    """`batch`, `streaming.<region>`, `realtime.<region>`, or, for language models, `streaming_sse`."""
    if row.modality == "llm":
        return LLM_MODE_KEY
    return "batch" if row.mode == "batch" else f"{row.mode}.{row.region}"
