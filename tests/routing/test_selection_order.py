"""The chain's order: one entry per candidate, near ties, and what decides in the end (contract: routing, 6.1)."""

from msgspec.structs import replace

from speko.routing.policy import DEFAULT, Policy, Weights
from tests.routing.scores import order, providers, ranked, reasons, row, snapshot


def test_of_several_rows_of_a_candidate_the_best_one_stands() -> None:
    run = snapshot(
        row("a", 5, 300, 1, modality="tts", voice="hoarse"),
        row("a", 2, 300, 1, modality="tts", voice="clear"),
        row("b", 3, 300, 1, modality="tts"),
        row("c", 9, 300, 1, modality="tts", voice="one", status="warned", note="clicks"),
        row("c", 9, 300, 1, modality="tts", voice="two", status="provisional"),
    )
    ranking = ranked(run, modality="tts")
    assert [(entry.provider, entry.row.voice) for entry in ranking.entries] == [("a", "clear"), ("b", "")]
    assert reasons(ranking) == {"c": "warned: clicks"}


def test_of_two_rows_of_one_score_the_same_one_stands_in_either_order() -> None:
    rows = [row("a", 5, 300, 1, modality="tts", voice=voice) for voice in ("ann", "ben")]
    chains = [ranked(snapshot(*some), modality="tts").entries for some in (rows, rows[::-1])]
    assert chains[0] == chains[1]
    assert len(chains[0]) == 1


def test_a_refused_row_does_not_hold_back_its_candidates_other_row() -> None:
    run = snapshot(
        row("a", 1, 300, 1, modality="tts", voice="one", status="warned"),
        row("a", 5, 300, 1, modality="tts", voice="two"),
    )
    ranking = ranked(run, modality="tts")
    assert [entry.row.voice for entry in ranking.entries] == ["two"]
    assert ranking.left_out == ()


def test_models_of_a_vendor_are_candidates_of_their_own() -> None:
    assert order(ranked(snapshot(row("a:y", 5), row("a:x", 4)))) == ["a:x", "a:y"]


def weighing(*, quality: float, latency: float, cost: float) -> Policy:
    """The default policy with other weights for balanced speech to text."""
    presets = replace(DEFAULT.stt.presets, balanced=Weights(quality, latency, cost))
    return replace(DEFAULT, stt=replace(DEFAULT.stt, presets=presets))


QUALITY_ALONE = weighing(quality=1, latency=0, cost=0)
# `good` and `bad` span the quality axis in the cases below, so that a point of WER is worth 0.01 of the score.
GOOD, BAD = 0.0, 100.0


def test_near_ties_in_batch_go_to_the_cheaper_one() -> None:
    rows = [("good", GOOD, 3.0), ("dear", 50, 2.0), ("cheap", 50.9, 1.0), ("cheapest", 51.1, 0.5), ("bad", BAD, 0.1)]
    run = snapshot(*(row(name, q, 1, usd) for name, q, usd in rows))
    assert providers(ranked(run, policy=QUALITY_ALONE)) == ["good", "cheap", "dear", "cheapest", "bad"]


def test_near_ties_in_streaming_go_to_the_faster_one() -> None:
    rows = [("good", GOOD, 900, 1), ("slow", 50, 501, 1), ("fast", 51.5, 500, 2), ("bad", BAD, 100, 1)]
    run = snapshot(*(row(name, q, ms, usd, region="us-east4") for name, q, ms, usd in rows))
    policy = weighing(quality=0.5, latency=0.5, cost=0)
    # quality 0.005 a point, latency 0.5/800 a millisecond: good 0.5, slow 0.499375, fast 0.4925, bad 0.5
    assert providers(ranked(run, region="us-east4", policy=policy)) == ["bad", "fast", "slow", "good"]


def test_after_a_fallback_to_batch_rows_the_batch_rule_decides() -> None:
    run = snapshot(row("fast", 50, 499, 2), row("cheap", 50.1, 500, 1.999), row("bad", BAD, 9000, 9))
    assert providers(ranked(run, region="mars")) == ["cheap", "fast", "bad"]


def test_a_tie_exactly_as_wide_as_the_margin_is_one() -> None:
    # 0.62 − 0.61 is 0.01 on paper, and a little more or less in floats.
    for better in range(2, 99):
        rows = [("good", GOOD, 2.0), ("dear", better, 2.0), ("cheap", better + 1, 1.0), ("bad", BAD, 2.0)]
        chain = providers(ranked(snapshot(*(row(name, q, 1, usd) for name, q, usd in rows)), policy=QUALITY_ALONE))
        assert chain.index("cheap") < chain.index("dear"), better


def test_groups_are_made_by_their_leader_and_do_not_chain() -> None:
    # b is near a, c is near b and not near a.
    rows = [("a", 0.0, 3.0), ("b", 0.6, 2.0), ("c", 1.2, 1.0), ("z", BAD, 3.0)]
    run = snapshot(*(row(name, q, 1, usd) for name, q, usd in rows))
    assert providers(ranked(run, policy=QUALITY_ALONE)) == ["b", "a", "c", "z"]


def test_what_was_not_measured_loses_a_tie() -> None:
    for first, second in (("a", "b"), ("b", "a")):
        run = snapshot(row(first, 5, 300, region="us-east4"), row(second, 5, region="us-east4"))
        assert providers(ranked(run, region="us-east4", policy=QUALITY_ALONE)) == [first, second]


def test_speech_to_speech_ties_go_to_the_faster_and_then_to_the_steadier_one() -> None:
    rows = [
        row("best", 100, 1000, 1, modality="s2s", region="us-east4", stddev=900),
        row("shaky", 99, 1000, 1, modality="s2s", region="us-east4", stddev=500),
        row("steady", 98, 1000, 1, modality="s2s", region="us-east4", stddev=100),
        row("unknown", 97.5, 1000, 1, modality="s2s", region="us-east4"),
        row("last", 50, 1000, 1, modality="s2s", region="us-east4", stddev=1),
    ]
    # 0.4 per 50 points of success: best 1.0, shaky 0.992, steady 0.984, unknown 0.98, last 0.6
    ranking = ranked(snapshot(*rows), modality="s2s", region="us-east4")
    assert providers(ranking) == ["steady", "shaky", "best", "unknown", "last"]
    faster = replace(rows[3], latency_ms=999.0)
    slowest = row("slowest", 50, 5000, 1, modality="s2s", region="us-east4")
    ranking = ranked(snapshot(*rows[:3], faster, rows[4], slowest), modality="s2s", region="us-east4")
    assert providers(ranking)[:4] == ["unknown", "steady", "shaky", "best"]


def test_language_models_have_no_near_ties() -> None:
    rows = [("a", 50.0, 8.9), ("b", 50.9, 9.0), ("c", 100, 10.0), ("d", 0, 0.0)]
    run = snapshot(*(row(name, q, ms, 1, modality="llm") for name, q, ms in rows))
    # 0.8 per 100 points, 0.15 per 10 ms, 0.05 for the cost: c 0.85, b 0.4722, a 0.4665, d 0.2
    assert providers(ranked(run, modality="llm", optimize_for="accuracy")) == ["c", "b", "a", "d"]


def test_full_ties_go_by_vendor_and_model() -> None:
    names = ["b:x", "a:y", "a:x", "c:a"]
    for modality in ("stt", "llm"):
        run = snapshot(*(row(name, 5, 300, 1, modality=modality) for name in names))
        assert order(ranked(run, modality=modality)) == ["a:x", "a:y", "b:x", "c:a"]


def test_equal_on_the_tie_rule_the_score_decides() -> None:
    run = snapshot(row("b", 50, 1, 1), row("a", 50.1, 1, 1), row("good", GOOD, 1, 2), row("bad", BAD, 1, 1))
    assert providers(ranked(run)).index("b") < providers(ranked(run)).index("a")
