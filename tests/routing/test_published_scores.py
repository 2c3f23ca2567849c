"""The snapshot that comes with the package, and what routing makes of it, against figures worked out by hand."""

import re
from datetime import date

import pytest

from speko.providers.catalogue import Modality
from speko.routing.intent import OptimizeFor
from speko.routing.score_files import packaged_snapshot
from tests.routing.scores import order, ranked, reasons, scores

PUBLISHED = packaged_snapshot("published")


def test_where_it_comes_from() -> None:
    assert PUBLISHED.kind == "measured"
    assert PUBLISHED.date == date(2026, 4, 25)
    assert "MIT" in PUBLISHED.source
    assert len(PUBLISHED.rows) == 89


def test_its_id_changes_with_its_figures_only() -> None:
    """Calls carry this id. When it changes, the figures must have been changed on purpose."""
    assert PUBLISHED.id == "published_2026-04-25_d3831f333288"
    assert re.fullmatch(r"[A-Za-z0-9._-]+", PUBLISHED.id)


def test_speech_to_text_in_global_balanced_worked_out() -> None:
    # WER 3.4..9.6, latency 366..1193 ms, cost 0.0021..0.0060 USD
    wer, ms, usd = 9.6 - 3.4, 1193 - 366, 0.0060 - 0.0021
    ranking = ranked(PUBLISHED)
    assert order(ranking) == [
        "alibaba:qwen3-asr-flash",
        "elevenlabs:scribe_v2_realtime",
        "deepgram:nova-3",
        "elevenlabs:scribe_v1",
        "openai:gpt-4o-mini-transcribe",
        "openai:whisper-1",
    ]
    assert scores(ranking) == pytest.approx(
        [
            0.5 * (9.6 - 3.5) / wer + 0.3 * (1193 - 1021) / ms + 0.2 * 1,
            0.5 * 1 + 0.3 * (1193 - 1071) / ms + 0.2 * (0.0060 - 0.0037) / usd,
            0.5 * (9.6 - 7.8) / wer + 0.3 * 1 + 0.2 * (0.0060 - 0.0043) / usd,
            0.5 * (9.6 - 5.4) / wer + 0.3 * (1193 - 1019) / ms + 0.2 * (0.0060 - 0.0037) / usd,
            0.5 * (9.6 - 8.2) / wer + 0.3 * (1193 - 914) / ms + 0.2 * (0.0060 - 0.0030) / usd,
            0.0,
        ],
        abs=1e-12,
    )
    assert reasons(ranking) == {
        "assemblyai": "provisional",
        "google": "provisional",
        "openai": "warned: truncates 14.6 % of long clips silently",
        "xai": "warned: returns empty text for 24 % of clips (aggressive VAD)",
    }


# Each figure is exact rational arithmetic on the published cells, rounded to six decimals.
CASES: list[tuple[Modality, str, OptimizeFor, list[tuple[str, float]]]] = [
    (
        "stt",
        "us-east4",
        "balanced",
        [
            ("elevenlabs:scribe_v2_realtime", 0.551064),
            ("openai:gpt-4o-mini-transcribe", 0.5),
            ("deepgram:nova-3", 0.248875),
        ],
    ),
    (
        "stt",
        "europe-west3",
        "cost",
        [
            ("openai:gpt-4o-mini-transcribe", 0.85),
            ("elevenlabs:scribe_v2_realtime", 0.328723),
            ("deepgram:nova-3", 0.112398),
        ],
    ),
    (
        "stt",
        "global",
        "latency",
        [
            ("deepgram:nova-3", 0.801654),
            ("alibaba:qwen3-asr-flash", 0.442361),
            ("openai:gpt-4o-mini-transcribe", 0.358239),  # a near tie: cheaper than the next
            ("elevenlabs:scribe_v2_realtime", 0.362239),
            ("elevenlabs:scribe_v1", 0.341738),
            ("openai:whisper-1", 0.0),
        ],
    ),
    (
        "tts",
        "us-east4",
        "balanced",
        [
            ("xai:grok-tts", 0.785010),
            ("elevenlabs:eleven_flash_v2_5", 0.632168),
            ("elevenlabs:eleven_multilingual_v2", 0.587398),
            ("openai:gpt-4o-mini-tts", 0.575149),
            ("alibaba:qwen3-tts-flash", 0.359651),
            ("google:chirp3-hd", 0.314127),
        ],
    ),
    (
        "tts",
        "asia-southeast1",
        "latency",
        [
            ("elevenlabs:eleven_flash_v2_5", 0.859716),
            ("alibaba:qwen3-tts-flash", 0.802719),
            ("elevenlabs:eleven_multilingual_v2", 0.670099),
            ("google:chirp3-hd", 0.638576),
            ("elevenlabs:eleven_v3", 0.391856),
            ("openai:gpt-4o-mini-tts", 0.297992),
            ("xai:grok-tts", 0.292890),
        ],
    ),
    (
        "tts",
        "global",
        "accuracy",
        [
            ("xai:grok-tts", 0.964960),
            ("openai:gpt-4o-mini-tts", 0.895293),
            ("elevenlabs:eleven_multilingual_v2", 0.773663),
            ("elevenlabs:eleven_v3", 0.707410),
            ("elevenlabs:eleven_flash_v2_5", 0.548040),
            ("alibaba:qwen3-tts-flash", 0.177807),
            ("google:chirp3-hd", 0.091197),
        ],
    ),
    (
        "llm",
        "asia-southeast1",
        "balanced",
        [
            ("google:gemini-2.0-flash", 0.832075),
            ("openai:gpt-4o", 0.796329),
            ("openai:gpt-4.1-mini", 0.602735),
            ("google:gemini-1.5-flash", 0.557475),
            ("xai:grok-2", 0.531104),
            ("openai:gpt-4o-mini", 0.477812),
            ("anthropic:claude-3-5-sonnet", 0.452381),
            ("anthropic:claude-3-5-haiku", 0.395572),
        ],
    ),
    (
        "llm",
        "global",
        "accuracy",
        [
            ("openai:gpt-4o", 0.933385),
            ("google:gemini-2.0-flash", 0.733019),
            ("anthropic:claude-3-5-sonnet", 0.723810),
            ("xai:grok-2", 0.508274),
            ("openai:gpt-4.1-mini", 0.438475),
            ("google:gemini-1.5-flash", 0.307309),
            ("anthropic:claude-3-5-haiku", 0.291003),
            ("openai:gpt-4o-mini", 0.189220),
        ],
    ),
    (
        "s2s",
        "global",
        "balanced",
        [
            ("xai:grok-voice-think-fast-1.0", 0.9),
            ("google:gemini-live-2.5-flash-native-audio", 0.353278),
            ("openai:gpt-realtime", 0.133333),
        ],
    ),
    (
        "s2s",
        "asia-southeast1",
        "cost",
        [
            ("google:gemini-live-2.5-flash-native-audio", 1.0),
            ("xai:grok-voice-think-fast-1.0", 0.527775),
            ("openai:gpt-realtime", 0.15),
        ],
    ),
    (
        "s2s",
        "europe-west3",
        "accuracy",
        [("openai:gpt-realtime", 0.8), ("google:gemini-live-2.5-flash-native-audio", 0.2)],
    ),
]


@pytest.mark.parametrize(("modality", "region", "optimize_for", "expected"), CASES)
def test_the_composites(
    modality: Modality, region: str, optimize_for: OptimizeFor, expected: list[tuple[str, float]]
) -> None:
    ranking = ranked(PUBLISHED, modality=modality, language="en-US", region=region, optimize_for=optimize_for)
    assert order(ranking) == [name for name, _ in expected]
    assert scores(ranking) == pytest.approx([score for _, score in expected], abs=6e-7)
    assert ranking.scores_run_id == PUBLISHED.id


def test_the_cutoffs_on_published_figures() -> None:
    stt = {one.model: (one.mode, one.reason) for one in ranked(PUBLISHED, region="us-east4").left_out}
    assert stt["qwen3-asr-flash"] == ("streaming.us-east4", "ttfp_p50_ms 6535 > 3000ms cutoff")
    assert stt["whisper-1"] == ("streaming.us-east4", "no data")
    tts = {one.model: one.reason for one in ranked(PUBLISHED, modality="tts", region="us-east4").left_out}
    assert tts["eleven_v3"] == "streaming TTFB 1563ms > cutoff 1500ms"
    assert tts["gemini-3.1-flash-tts-preview"] == "no data"
    batch = {one.model: one.reason for one in ranked(PUBLISHED, modality="tts").left_out}
    assert batch["gemini-3.1-flash-tts-preview"] == "warned: preview tier, anomalously slow first byte"


def test_an_engine_without_a_price_gets_half_of_the_cost_axis() -> None:
    best = ranked(PUBLISHED, modality="s2s", region="us-east4").entries[0]
    assert (best.provider, [axis.raw for axis in best.axes]) == ("xai", [95, 1319, None])
    assert [axis.norm for axis in best.axes] == [1, 1, 0.5]


def test_an_unmeasured_region_is_as_global_with_a_note() -> None:
    unknown, plain = ranked(PUBLISHED, region="us-west9"), ranked(PUBLISHED)
    assert unknown.entries == plain.entries
    assert unknown.notes == (f"stt: no figures for region us-west9 in {PUBLISHED.id}, those of global are used",)


def test_a_pinned_vendor_measured_in_batch_only_still_routes_in_a_region() -> None:
    ranking = ranked(PUBLISHED, region="us-east4", allowed=["openai:whisper-1"])
    assert [(entry.model, entry.score) for entry in ranking.entries] == [("whisper-1", 1.0)]


def test_a_region_with_one_engine_missing() -> None:
    ranking = ranked(PUBLISHED, modality="s2s", region="europe-west3")
    assert reasons(ranking) == {"xai": "no data"}


@pytest.mark.parametrize("modality", ["stt", "llm", "tts", "s2s"])
def test_no_other_language_was_measured(modality: Modality) -> None:
    ranking = ranked(PUBLISHED, modality=modality, language="de")
    assert ranking.entries == ()
    assert ranking.notes == (f"{modality}: no scores for language de",)
