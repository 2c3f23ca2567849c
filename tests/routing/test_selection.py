"""The one pure function: which row counts, who is refused, how scores are made and ordered."""

import pytest
from msgspec.structs import replace

from speko.providers.catalogue import Modality
from speko.routing.intent import OptimizeFor
from speko.routing.policy import DEFAULT
from speko.routing.ranking import Axis
from tests.routing.scores import providers, ranked, reasons, row, scores, snapshot


def test_the_contracts_check_case() -> None:
    run = snapshot(row("a", 5, 300, 0.010), row("b", 10, 200, 0.005), row("c", 7.5, 400, 0.0075))
    ranking = ranked(run)
    assert providers(ranking) == ["a", "b", "c"]
    assert scores(ranking) == pytest.approx([0.65, 0.50, 0.35], abs=1e-12)
    norms = [tuple(axis.norm for axis in entry.axes) for entry in ranking.entries]
    assert norms == [(1, 0.5, 0), (0, 1, 1), (0.5, 0, pytest.approx(0.5, abs=1e-12))]
    assert ranking.entries[0].axes == (
        Axis("wer_pct", 5, 1.0, 0.5),
        Axis("latency_p50_ms", 300, 0.5, 0.3),
        Axis("usd_per_minute", 0.010, 0.0, 0.2),
    )
    assert ranking.scores_run_id == "run"
    assert not ranking.left_out and not ranking.notes


@pytest.mark.parametrize(
    ("modality", "region", "names"),
    [
        ("stt", "global", ["wer_pct", "latency_p50_ms", "usd_per_minute"]),
        ("stt", "us-east4", ["wer_pct", "ttfp_p50_ms", "usd_per_minute"]),
        ("tts", "global", ["round_trip_cer_pct", "ttfb_p50_ms", "usd_per_minute"]),
        ("tts", "us-east4", ["round_trip_cer_pct", "ttfb_p50_ms", "usd_per_minute"]),
        ("llm", "global", ["quality_score", "ttft_p50_ms", "usd_per_minute"]),
        ("s2s", "us-east4", ["task_success_pct", "tool_call_p50_ms", "usd_per_minute"]),
    ],
)
def test_axes_have_the_names_of_their_modality(modality: Modality, region: str, names: list[str]) -> None:
    run = snapshot(row("a", 60, 1, 1, modality=modality, region=region))
    assert [axis.name for axis in ranked(run, modality=modality, region=region).entries[0].axes] == names


# --- normalisation (section 6) ---


def test_an_axis_on_which_all_are_equal_counts_in_full() -> None:
    assert scores(ranked(snapshot(row("a", 5, 300, 0.01), row("b", 5, 300, 0.01)))) == [1.0, 1.0]


def test_what_was_not_measured_counts_half_and_stretches_no_scale() -> None:
    run = snapshot(row("a", 5, None, 0.01), row("b", 10, 200, 0.02), row("c", 10, 400, 0.02))
    # a: 0.5·1 + 0.3·0.5 + 0.2·1; b: 0.3·1; c: 0
    assert dict(zip(providers(ranked(run)), scores(ranked(run)), strict=True)) == {
        "a": pytest.approx(0.85),
        "b": pytest.approx(0.3),
        "c": 0.0,
    }


def test_one_single_figure_is_best_and_its_lack_is_half() -> None:
    ranking = ranked(snapshot(row("a", None, None, 0.01), row("b", None, None, None)))
    assert scores(ranking) == pytest.approx([0.5 * 0.5 + 0.3 * 0.5 + 0.2 * 1, 0.5])


@pytest.mark.parametrize(("modality", "best"), [("stt", "low"), ("tts", "low"), ("llm", "high"), ("s2s", "high")])
def test_the_direction_of_quality(modality: Modality, best: str) -> None:
    region = "us-east4" if modality == "s2s" else "global"
    run = snapshot(*(row(name, q, 1, 1, modality=modality, region=region) for name, q in (("low", 60), ("high", 70))))
    assert providers(ranked(run, modality=modality, region=region))[0] == best


@pytest.mark.parametrize(
    ("optimize_for", "expected"),
    [
        ("balanced", [0.5, 0.3, 0.2]),
        ("accuracy", [0.8, 0.15, 0.05]),
        ("latency", [0.2, 0.7, 0.1]),
        ("cost", [0.15, 0.15, 0.7]),
    ],
)
def test_each_preset_by_candidates_that_win_one_axis_each(optimize_for: OptimizeFor, expected: list[float]) -> None:
    run = snapshot(row("q", 1, 9, 9), row("ms", 9, 1, 9), row("usd", 9, 9, 1))
    found = ranked(run, optimize_for=optimize_for)
    by_name = {entry.provider: entry.score for entry in found.entries}
    assert [by_name[name] for name in ("q", "ms", "usd")] == pytest.approx(expected, abs=1e-12)


def test_another_policy_weighs_otherwise() -> None:
    run = snapshot(row("good", 1, 900, 1, region="us-east4"), row("fast", 2, 100, 1, region="us-east4"))
    strict = replace(DEFAULT, stt=replace(DEFAULT.stt, max_latency_ms=500))
    assert providers(ranked(run, region="us-east4")) == ["good", "fast"]
    ranking = ranked(run, region="us-east4", policy=strict)
    assert providers(ranking) == ["fast"]
    assert reasons(ranking) == {"good": "ttfp_p50_ms 900 > 500ms cutoff"}


# --- language (1.1) ---


def test_the_exact_tag_goes_before_the_primary_tag_and_both_before_the_star() -> None:
    run = snapshot(
        row("a", 1, language="en"),
        row("a", 2, language="en-US"),
        row("a", 3, language="*"),
        row("b", 4, language="en"),
        row("b", 5, language="*"),
        row("c", 6, language="*"),
        row("d", 7, language="en-GB"),
        row("e", 8, language="de"),
    )
    ranking = ranked(run, language="en-US")
    assert {entry.provider: entry.row.quality for entry in ranking.entries} == {"a": 2, "b": 4, "c": 6}
    assert reasons(ranking) == {"d": "no row for language en-US", "e": "no row for language en-US"}
    assert ranking.notes == ()


def test_a_primary_tag_does_not_match_regional_rows() -> None:
    assert providers(ranked(snapshot(row("a", 1, language="en-US"), row("b", 1)), language="en")) == ["b"]


def test_a_language_without_rows_is_noted() -> None:
    ranking = ranked(snapshot(row("a", 1), row("b", 2)), language="de")
    assert ranking.entries == ()
    assert ranking.scores_run_id is None
    assert ranking.notes == ("stt: no scores for language de",)
    assert [(one.cause, one.mode, one.scores_run_id) for one in ranking.left_out] == [("language", "batch", "run")] * 2


def test_a_language_that_only_excluded_candidates_speak_is_not_noted() -> None:
    assert ranked(snapshot(row("a", 1)), allowed=["b"]).notes == ()


# --- allow-lists (2) ---


def test_the_allow_list_shrinks_the_set_before_scores_are_made() -> None:
    run = snapshot(row("a", 5, 300, 0.010), row("b", 10, 200, 0.005), row("c", 7.5, 400, 0.0075))
    ranking = ranked(run, allowed=["a", "c:m"])
    # Two left: each axis is 1 or 0.
    assert scores(ranking) == [pytest.approx(0.8), pytest.approx(0.2)]
    assert [(one.provider, one.cause, one.reason) for one in ranking.left_out] == [
        ("b", "not_allowed", "not in allowedProviders")
    ]


def test_nothing_allowed_is_no_candidate() -> None:
    ranking = ranked(snapshot(row("a", 5)), allowed=["nobody"], region="us-east4")
    assert not ranking.entries and not ranking.notes
    assert [one.mode for one in ranking.left_out] == ["streaming.us-east4"]


# --- region (4) ---


def test_speech_in_a_region_needs_that_regions_rows() -> None:
    run = snapshot(
        row("both", 5, 300), row("both", 5, 900, region="us-east4"), row("batch", 1, 100), row("far", 1, region="mars")
    )
    ranking = ranked(run, region="us-east4")
    assert [(e.provider, e.row.latency_ms) for e in ranking.entries] == [("both", 900)]
    assert [(one.provider, one.mode, one.cause, one.reason) for one in ranking.left_out] == [
        ("batch", "streaming.us-east4", "no_data", "no data"),
        ("far", "streaming.us-east4", "no_data", "no data"),
    ]


def test_global_means_batch() -> None:
    ranking = ranked(snapshot(row("both", 5, 300), row("both", 5, 900, region="us-east4"), row("s", region="us-east4")))
    assert [(e.provider, e.row.latency_ms) for e in ranking.entries] == [("both", 300)]
    assert [(one.provider, one.mode, one.reason) for one in ranking.left_out] == [("s", "batch", "no data")]


@pytest.mark.parametrize("modality", ["stt", "tts"])
def test_all_fall_back_together_when_nobody_has_the_region(modality: Modality) -> None:
    run = snapshot(
        row("a", 5, 9000, modality=modality),
        row("b", 6, 100, modality=modality),
        row("b", 6, 100, modality=modality, region="us-east4"),
        row("c", 6, 100, modality=modality, region="us-east4"),
    )
    ranking = ranked(run, modality=modality, region="mars")
    assert providers(ranking) == ["a", "b"]
    assert [(one.provider, one.mode, one.reason) for one in ranking.left_out] == [("c", "batch", "no data")]
    assert ranking.notes == (f"{modality}: no figures for region mars in run, those of global are used",)


def test_one_candidate_in_the_region_keeps_the_others_from_falling_back_even_if_it_is_refused() -> None:
    run = snapshot(row("a", 5, 300), row("slow", 5, 3001, region="us-east4"))
    ranking = ranked(run, region="us-east4")
    assert ranking.entries == ()
    assert reasons(ranking) == {"a": "no data", "slow": "ttfp_p50_ms 3001 > 3000ms cutoff"}


def test_the_fallback_looks_at_allowed_candidates_only() -> None:
    run = snapshot(row("a", 5, 300), row("regional", 5, 300, region="us-east4"))
    assert providers(ranked(run, region="us-east4", allowed=["a"])) == ["a"]


def test_the_fallback_looks_at_candidates_of_the_language_only() -> None:
    run = snapshot(row("a", 5, 300, language="de"), row("regional", 5, 300, region="us-east4"))
    assert providers(ranked(run, region="us-east4", language="de")) == ["a"]


def test_no_rows_to_fall_back_on() -> None:
    ranking = ranked(snapshot(row("a", 5, 300, region="us-east4")), region="mars")
    assert not ranking.entries and not ranking.notes
    assert reasons(ranking) == {"a": "no data"}


def test_language_models_ignore_the_region() -> None:
    run = snapshot(row("a", 60, 300, modality="llm"), row("b", 50, 300, modality="llm", region="us-east4"))
    ranking = ranked(run, modality="llm", region="mars")
    assert providers(ranking) == ["a", "b"]
    assert ranking.notes == ()
    assert [one.mode for one in ranked(run, modality="llm", allowed=["a"]).left_out] == ["streaming_sse"]


def test_speech_to_speech_without_a_region_is_that_of_us_east4() -> None:
    run = snapshot(
        row("a", 90, 1000, modality="s2s", region="us-east4"), row("b", 90, 900, modality="s2s", region="europe-west3")
    )
    ranking = ranked(run, modality="s2s")
    assert providers(ranking) == ["a"]
    assert ranking.notes == ("s2s: no figures for region global in run, those of us-east4 are used",)
    assert [(one.provider, one.mode, one.reason) for one in ranking.left_out] == [("b", "realtime.us-east4", "no data")]


def test_speech_to_speech_in_a_region() -> None:
    run = snapshot(
        row("a", 90, 1000, modality="s2s", region="us-east4"), row("b", 90, 900, modality="s2s", region="europe-west3")
    )
    ranking = ranked(run, modality="s2s", region="europe-west3")
    assert providers(ranking) == ["b"]
    assert ranking.notes == ()
    fallen = ranked(run, modality="s2s", region="mars")
    assert providers(fallen) == ["a"]
    assert fallen.notes == ("s2s: no figures for region mars in run, those of us-east4 are used",)


# --- hard filters (5) ---


@pytest.mark.parametrize("modality", ["stt", "tts", "llm", "s2s"])
def test_only_production_rows_are_ranked(modality: Modality) -> None:
    region = "us-east4" if modality == "s2s" else "global"
    run = snapshot(
        row("ok", 60, 1, 1, modality=modality, region=region),
        row("warned", 99, 1, 1, modality=modality, region=region, status="warned", note="loses words"),
        row("unexplained", 99, 1, 1, modality=modality, region=region, status="warned"),
        row("new", 99, 1, 1, modality=modality, region=region, status="provisional", note="soon"),
    )
    ranking = ranked(run, modality=modality, region=region)
    assert providers(ranking) == ["ok"]
    assert reasons(ranking) == {"warned": "warned: loses words", "unexplained": "warned", "new": "provisional"}


@pytest.mark.parametrize(
    ("modality", "limit", "reason"),
    [
        ("stt", 3000, "ttfp_p50_ms 3000.5 > 3000ms cutoff"),
        ("tts", 1500, "streaming TTFB 1500.5ms > cutoff 1500ms"),
        ("s2s", 6000, "tool_call_p50_ms 6000.5 > 6000ms cutoff"),
    ],
)
def test_the_latency_cutoff_passes_what_equals_it_and_what_was_not_measured(
    modality: Modality, limit: float, reason: str
) -> None:
    run = snapshot(
        row("equal", 60, limit, modality=modality, region="us-east4"),
        row("above", 60, limit + 0.5, modality=modality, region="us-east4"),
        row("unknown", 60, None, modality=modality, region="us-east4"),
    )
    ranking = ranked(run, modality=modality, region="us-east4")
    assert sorted(providers(ranking)) == ["equal", "unknown"]
    assert [(one.provider, one.cause, one.reason) for one in ranking.left_out] == [("above", "cutoff", reason)]


@pytest.mark.parametrize("modality", ["stt", "tts", "llm"])
def test_no_latency_cutoff_outside_streaming_speech(modality: Modality) -> None:
    assert providers(ranked(snapshot(row("slow", 5, 60_000, modality=modality)), modality=modality)) == ["slow"]


def test_the_floor_of_task_success() -> None:
    run = snapshot(
        row("equal", 50, 1, modality="s2s", region="us-east4"),
        row("below", 49.9, 1, modality="s2s", region="us-east4"),
        row("unknown", None, 1, modality="s2s", region="us-east4"),
    )
    ranking = ranked(run, modality="s2s", region="us-east4")
    assert sorted(providers(ranking)) == ["equal", "unknown"]
    assert reasons(ranking) == {"below": "task_success_pct 49.9 < 50 floor"}


@pytest.mark.parametrize(
    ("modality", "reason"),
    [("stt", "no streaming endpoint"), ("tts", "no streaming endpoint"), ("s2s", "no realtime endpoint")],
)
def test_live_modes_need_the_protocol(modality: Modality, reason: str) -> None:
    ranking = ranked(
        snapshot(row("a", 60, 1, modality=modality, region="us-east4", streaming=False)),
        modality=modality,
        region="us-east4",
    )
    assert ranking.entries == ()
    assert [(one.cause, one.reason) for one in ranking.left_out] == [("no_protocol", reason)]


@pytest.mark.parametrize("modality", ["stt", "tts", "llm"])
def test_batch_and_language_models_do_not(modality: Modality) -> None:
    assert providers(ranked(snapshot(row("a", 5, 1, modality=modality, streaming=False)), modality=modality)) == ["a"]


def test_who_is_refused_stretches_no_scale() -> None:
    run = snapshot(row("a", 5, 300), row("b", 6, 300), row("worst", 50, 9000, 9, status="warned"))
    assert scores(ranked(run)) == pytest.approx([0.5 + 0.3 + 0.1, 0.3 + 0.1])


# --- several snapshots ---


def test_the_chain_is_the_rankings_one_after_the_other() -> None:
    own = snapshot(row("a", 90, 9000), row("b", 95, 9000), name="own")
    published = snapshot(row("c", 1, 1), row("d", 2, 1), name="published")
    ranking = ranked(own, published)
    assert [(e.provider, e.scores_run_id) for e in ranking.entries] == [
        ("a", "own"),
        ("b", "own"),
        ("c", "published"),
        ("d", "published"),
    ]
    assert ranking.scores_run_id == "own"
    assert scores(ranking) == pytest.approx([0.9 + 0.1 - 0.1, 0.4, 0.9, 0.4])


def test_a_candidate_belongs_to_the_first_snapshot_that_holds_it() -> None:
    own = snapshot(
        row("a", 90), row("filtered", 90, status="warned", note="bad"), row("other", language="de"), name="own"
    )
    published = snapshot(row("a", 1), row("filtered", 1), row("other", 1), row("c", 2), name="published")
    ranking = ranked(own, published)
    assert [(e.provider, e.scores_run_id) for e in ranking.entries] == [("a", "own"), ("c", "published")]
    assert [(one.provider, one.scores_run_id) for one in ranking.left_out] == [("filtered", "own"), ("other", "own")]


def test_a_snapshot_holds_per_modality() -> None:
    own = snapshot(row("a", 60, modality="llm"), name="own")
    published = snapshot(row("a", 1), name="published")
    assert ranked(own, published).scores_run_id == "published"


def test_scales_do_not_cross_snapshots_and_decided_candidates_do_not_stretch_them() -> None:
    own = snapshot(row("a", 50, 1, 1), name="own")
    published = snapshot(row("a", 100, 1, 1), row("b", 5, 1, 1), row("c", 10, 1, 1), name="published")
    assert scores(ranked(own, published)) == pytest.approx([1.0, 1.0, 0.5])


def test_each_snapshot_falls_back_on_its_own() -> None:
    own = snapshot(row("a", 5, 300), name="own")
    published = snapshot(row("b", 5, 300, region="us-east4"), row("c", 5, 300), name="published")
    ranking = ranked(own, published, region="us-east4")
    assert [(e.provider, e.row.mode) for e in ranking.entries] == [("a", "batch"), ("b", "streaming")]
    assert reasons(ranking) == {"c": "no data"}
    assert ranking.notes == ("stt: no figures for region us-east4 in own, those of global are used",)


def test_nothing_at_all() -> None:
    for snapshots in ([], [snapshot()], [snapshot(row("a", 1, modality="llm"))]):
        ranking = ranked(*snapshots)
        assert not ranking.entries and not ranking.left_out and not ranking.notes
        assert ranking.scores_run_id is None
