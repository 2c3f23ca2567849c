"""What holds for every set of scores."""

from collections.abc import Sequence
from typing import get_args

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from speko.providers.catalogue import Modality
from speko.routing.declared import DeclaredModel, declared_snapshot
from speko.routing.intent import OptimizeFor
from speko.routing.policy import DEFAULT
from speko.routing.snapshot import ScoreRow, Snapshot, Status
from tests.routing.scores import order, ranked, row, snapshot

NAMES = ["a:x", "a:y", "b:x", "c:x", "d:x", "e:x"]
REGIONS = ["global", "us-east4", "europe-west3"]
LANGUAGES = ["en", "en-US", "de", "*"]
EPSILON = 1e-9

modalities = st.sampled_from(get_args(Modality))
presets = st.sampled_from(get_args(OptimizeFor))
figures = st.none() | st.integers(0, 40).map(lambda n: n / 4) | st.floats(0, 10_000)


@st.composite
def rows(draw: st.DrawFn, modality: Modality) -> ScoreRow:
    """Any row, from few enough names, regions and languages that they meet."""
    made = row(
        draw(st.sampled_from(NAMES)),
        draw(figures),
        draw(figures),
        draw(figures),
        modality=modality,
        language=draw(st.sampled_from(LANGUAGES)),
        region=draw(st.sampled_from(REGIONS)),
        stddev=draw(figures),
        status=draw(st.sampled_from(get_args(Status))),
        streaming=draw(st.booleans()),
        note=draw(st.sampled_from(["", "slow"])),
    )
    # Good rows are rare otherwise, and with them everything that comes after the filters.
    return replace(made, status="production", streaming=True) if draw(st.booleans()) else made


@st.composite
def plain_rows(draw: st.DrawFn, modality: Modality, least: int = 1) -> list[ScoreRow]:
    """One row for each of some candidates, all of them through every filter."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=least))
    region = "us-east4" if modality == "s2s" else "global"
    quality = st.none() | st.floats(50, 100)
    return [row(n, draw(quality), draw(figures), draw(figures), modality=modality, region=region) for n in names]


def passing(candidates: Sequence[ScoreRow]) -> Sequence[ScoreRow]:
    """Latencies within the cut-off, so that only scores decide."""
    return [replace(one, latency_ms=min(one.latency_ms, 5000)) if one.latency_ms else one for one in candidates]


def scored(found: Snapshot, modality: Modality, optimize_for: OptimizeFor = "balanced") -> dict[str, float]:
    entries = ranked(found, modality=modality, optimize_for=optimize_for).entries
    return {f"{entry.provider}:{entry.model}": entry.score for entry in entries if entry.score is not None}


@given(st.data(), modalities, presets, st.sampled_from([*REGIONS, "mars"]), st.sampled_from(["en", "en-US", "fr"]))
def test_the_order_of_rows_changes_nothing(
    data: st.DataObject, modality: Modality, optimize_for: OptimizeFor, region: str, language: str
) -> None:
    given_rows = data.draw(st.lists(rows(modality), max_size=12))
    shuffled = data.draw(st.permutations(given_rows))
    results = [
        ranked(snapshot(*some), modality=modality, language=language, region=region, optimize_for=optimize_for)
        for some in (given_rows, shuffled)
    ]
    assert results[0] == results[1]


@given(st.data(), modalities, presets, st.sampled_from([*REGIONS, "mars"]))
def test_every_candidate_is_ranked_or_left_out_exactly_once(
    data: st.DataObject, modality: Modality, optimize_for: OptimizeFor, region: str
) -> None:
    first, second, last = (data.draw(st.lists(rows(modality), max_size=8)) for _ in range(3))
    declared = data.draw(st.lists(st.sampled_from(NAMES), unique=True))
    usable = [
        DeclaredModel(modality, name[0], name[2], tuple(data.draw(st.lists(st.sampled_from(LANGUAGES), min_size=1))))
        for name in declared
    ]
    ranking = ranked(
        snapshot(*first, name="own"),
        snapshot(*second, name="published"),
        declared_snapshot(usable),
        snapshot(*last, name="embedded"),
        declared_snapshot(usable, "declared-embedded"),
        modality=modality,
        region=region,
        optimize_for=optimize_for,
        allowed=data.draw(st.lists(st.sampled_from(["a", "a:y", "b:x", "nobody"]), max_size=3)),
    )
    seen = order(ranking) + [f"{one.provider}:{one.model}" for one in ranking.left_out]
    known = {f"{one.provider}:{one.model}" for one in [*first, *second, *last]} | set(declared)
    assert sorted(seen) == sorted(known)


@given(st.data(), modalities, presets)
def test_scores_and_norms_stay_between_0_and_1_and_follow_the_formula(
    data: st.DataObject, modality: Modality, optimize_for: OptimizeFor
) -> None:
    run = snapshot(*data.draw(st.lists(rows(modality), max_size=12)))
    for entry in ranked(run, modality=modality, region="us-east4", optimize_for=optimize_for).entries:
        assert entry.score is not None
        assert -EPSILON <= entry.score <= 1 + EPSILON
        assert all(0 <= axis.norm <= 1 for axis in entry.axes)
        quality, latency, cost = (axis.weight * axis.norm for axis in entry.axes)
        assert entry.score == quality + latency + cost


@given(st.data(), modalities, presets)
def test_nobody_is_overtaken_by_more_than_the_margin(
    data: st.DataObject, modality: Modality, optimize_for: OptimizeFor
) -> None:
    run = snapshot(*data.draw(st.lists(rows(modality), max_size=12)))
    found = ranked(run, modality=modality, region="us-east4", optimize_for=optimize_for)
    values = [entry.score for entry in found.entries if entry.score is not None]
    margin = DEFAULT.of(modality).tie_margin
    for place, value in enumerate(values):
        assert value >= max(values[place:]) - margin - 2 * EPSILON


@given(st.data(), modalities, presets)
def test_an_allow_list_keeps_its_own_and_only_them(
    data: st.DataObject, modality: Modality, optimize_for: OptimizeFor
) -> None:
    """In a region that needs no fallback; elsewhere a pinned vendor may come in through its global rows."""
    run = snapshot(*data.draw(st.lists(rows(modality), max_size=12)))
    allowed = data.draw(st.lists(st.sampled_from(["a", "a:y", "b:x", "c", "nobody"]), min_size=1))
    region = "us-east4" if modality == "s2s" else "global"
    free = ranked(run, modality=modality, region=region, optimize_for=optimize_for)
    bound = ranked(run, modality=modality, region=region, optimize_for=optimize_for, allowed=allowed)
    admitted = {name for name in order(free) if name in allowed or name[0] in allowed}
    assert set(order(bound)) == admitted


@given(st.data(), modalities, presets)
def test_taking_away_who_sets_no_extreme_leaves_the_other_scores(
    data: st.DataObject, modality: Modality, optimize_for: OptimizeFor
) -> None:
    candidates = passing(data.draw(plain_rows(modality, least=3)))
    gone, *others = candidates

    def inner(figure: float | None, rest: Sequence[float | None]) -> bool:
        known = [one for one in rest if one is not None]
        return figure is None or (bool(known) and min(known) <= figure <= max(known))

    assume(inner(gone.quality, [one.quality for one in others]))
    assume(inner(gone.latency_ms, [one.latency_ms for one in others]))
    assume(inner(gone.cost_per_minute, [one.cost_per_minute for one in others]))
    before = scored(snapshot(*candidates), modality, optimize_for)
    after = scored(snapshot(*others), modality, optimize_for)
    assert {name: before[name] for name in after} == after


@given(st.data(), modalities, presets, st.floats(0, 1))
def test_who_gets_faster_gains_on_everybody(
    data: st.DataObject, modality: Modality, optimize_for: OptimizeFor, share: float
) -> None:
    first, *others = passing(data.draw(plain_rows(modality, least=2)))
    assume(first.latency_ms is not None)
    assert first.latency_ms is not None
    faster = replace(first, latency_ms=first.latency_ms * share)
    before = scored(snapshot(first, *others), modality, optimize_for)
    after = scored(snapshot(faster, *others), modality, optimize_for)
    name = f"{first.provider}:{first.model}"
    for other in before:
        assert after[name] - after[other] >= before[name] - before[other] - EPSILON


@given(st.data(), presets)
def test_who_gets_better_loses_no_place_where_there_are_no_ties(data: st.DataObject, optimize_for: OptimizeFor) -> None:
    first, *others = data.draw(plain_rows("llm", least=2))
    assume(first.quality is not None)
    assert first.quality is not None
    better = replace(first, quality=first.quality + data.draw(st.floats(0, 50)))
    name = f"{first.provider}:{first.model}"
    places = [
        order(ranked(snapshot(one, *others), modality="llm", optimize_for=optimize_for)).index(name)
        for one in (first, better)
    ]
    # A gain too small for the mantissa may round either way, and only then.
    gained = scored(snapshot(better, *others), "llm", optimize_for)
    lost_to_rounding = any(abs(gained[name] - value) < EPSILON for other, value in gained.items() if other != name)
    assert places[1] <= places[0] or lost_to_rounding


@given(st.data(), modalities)
def test_the_same_question_has_the_same_answer(data: st.DataObject, modality: Modality) -> None:
    run = snapshot(*data.draw(st.lists(rows(modality), max_size=8)))
    assert ranked(run, modality=modality) == ranked(run, modality=modality)
