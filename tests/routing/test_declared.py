"""Models that are usable and unmeasured: what their snapshot holds, and when they join the chain."""

import re

import pytest

from speko.providers.catalogue import Modality, speaks
from speko.routing.declared import DeclaredModel, declared_snapshot
from speko.routing.snapshot import Snapshot
from tests.routing.scores import providers, ranked, reasons, row, scores, snapshot

STT = [
    DeclaredModel("stt", "configured", "m", ("*",)),
    DeclaredModel("stt", "own", "m", ("en", "de")),
    DeclaredModel("stt", "catalogue", "m", ("en-US", "fr")),
]


def declared(*names: str, languages: tuple[str, ...] = ("en",), name: str = "declared") -> Snapshot:
    return declared_snapshot([DeclaredModel("stt", one, "m", languages) for one in names], name)


def test_the_order_given_is_the_order_of_the_chain() -> None:
    layer = declared_snapshot(STT)
    ranking = ranked(layer, language="en-US")
    assert providers(ranking) == ["configured", "own", "catalogue"]
    assert scores(ranking) == [None, None, None]
    assert {entry.scores_run_id for entry in ranking.entries} == {layer.id}
    assert [(entry.axes, entry.reason) for entry in ranking.entries] == [((), "no row")] * 3
    assert ranking.scores_run_id == layer.id


@pytest.mark.parametrize("tag", ["en", "en-US", "en-GB", "de", "de-AT", "fr", "fr-CA", "es"])
def test_the_language_is_matched_as_the_catalogue_declares_it(tag: str) -> None:
    ranking = ranked(declared_snapshot(STT), language=tag)
    assert set(providers(ranking)) == {one.provider for one in STT if speaks(one.languages, tag)}
    assert reasons(ranking) == {
        one.provider: f"does not declare language {tag}" for one in STT if not speaks(one.languages, tag)
    }
    assert ranking.notes == ()


def test_the_allow_list_holds_here_too() -> None:
    ranking = ranked(declared_snapshot(STT), language="en", allowed=["own:m"])
    assert providers(ranking) == ["own"]
    assert reasons(ranking)["configured"] == "not in allowedProviders"


def test_measured_candidates_come_first_and_are_not_repeated() -> None:
    ranking = ranked(snapshot(row("scored", 90)), declared("fresh", "scored"))
    assert providers(ranking) == ["scored", "fresh"]
    assert ranking.left_out == ()


@pytest.mark.parametrize(
    ("measured", "joins", "reason"),
    [
        (row("a", 5, language="fr"), True, "no row for language en"),
        (row("a", 5), True, "no data"),
        (row("a", 5, region="us-east4", status="provisional"), True, "provisional"),
        (row("a", 5, region="us-east4", status="warned", note="bad"), False, "warned: bad"),
        (row("a", 5, 3001, region="us-east4"), False, "ttfp_p50_ms 3001 > 3000ms cutoff"),
        (row("a", 5, region="us-east4", streaming=False), False, "no streaming endpoint"),
    ],
)
def test_what_was_not_scored_joins_and_what_was_refused_does_not(measured: object, joins: bool, reason: str) -> None:
    assert isinstance(measured, type(row("x")))
    run = snapshot(measured, row("scored", 5, region="us-east4"))
    ranking = ranked(run, declared("a"), region="us-east4")
    if joins:
        assert providers(ranking) == ["scored", "a"]
        assert ranking.entries[1].reason == reason
        assert ranking.left_out == ()
    else:
        assert providers(ranking) == ["scored"]
        assert reasons(ranking) == {"a": reason}


def test_one_warned_voice_keeps_a_candidate_out_although_another_is_provisional() -> None:
    run = snapshot(row("a", voice="x", status="provisional"), row("a", voice="y", status="warned", note="bad"))
    assert ranked(run, declared("a")).entries == ()


def test_an_allow_list_keeps_it_out_of_both() -> None:
    ranking = ranked(snapshot(row("a", 5)), declared("a"), allowed=["b"])
    assert ranking.entries == ()
    assert [(one.provider, one.scores_run_id) for one in ranking.left_out] == [("a", "run")]


def test_any_earlier_snapshot_can_refuse() -> None:
    own = snapshot(row("a", status="warned", note="bad"), name="own")
    published = snapshot(row("b", 5), name="published")
    assert providers(ranked(own, published, declared("a", "b", "c"))) == ["b", "c"]


def test_a_later_snapshot_does_not_repeat_what_was_declared() -> None:
    ranking = ranked(declared("a"), snapshot(row("a", 5), row("b", 5), name="embedded"))
    assert [(e.provider, e.scores_run_id[:8]) for e in ranking.entries] == [("a", "declared"), ("b", "embedded")]
    assert ranking.left_out == ()


def test_a_later_snapshot_decides_about_what_is_not_a_member() -> None:
    ranking = ranked(declared("a", languages=("fr",)), snapshot(row("a", 5), row("b", 6), name="embedded"))
    assert [(e.provider, e.scores_run_id) for e in ranking.entries] == [("a", "embedded"), ("b", "embedded")]
    assert ranking.left_out == ()
    refused = ranked(declared("a", languages=("fr",)), snapshot(row("a", 5, status="warned"), name="embedded"))
    assert [(one.provider, one.scores_run_id) for one in refused.left_out] == [("a", "embedded")]


def test_an_embedded_engine_serves_a_language_nobody_measured_it_in() -> None:
    embedded = snapshot(row("espeak", 30, modality="tts"), row("flite", 20, modality="tts"), name="embedded")
    engines = declared_snapshot(
        [DeclaredModel("tts", "espeak", "m", ("en", "de")), DeclaredModel("tts", "flite", "m", ("en",))],
        "declared-embedded",
    )
    english = ranked(declared_snapshot([]), embedded, engines, modality="tts", language="en")
    assert providers(english) == ["flite", "espeak"]
    german = ranked(declared_snapshot([]), embedded, engines, modality="tts", language="de")
    assert providers(german) == ["espeak"]
    assert german.scores_run_id == engines.id
    assert german.entries[0].reason == "no row for language de"
    assert reasons(german) == {"flite": "no row for language de"}


@pytest.mark.parametrize(("modality", "mode"), [("stt", "batch"), ("tts", "batch"), ("llm", "streaming_sse")])
def test_who_is_left_out_shows_the_mode_that_was_asked_for(modality: Modality, mode: str) -> None:
    layer = declared_snapshot([DeclaredModel(modality, "a", "m", ("fr",))])
    assert [one.mode for one in ranked(layer, modality=modality).left_out] == [mode]


def test_modalities_stay_apart() -> None:
    layer = declared_snapshot([DeclaredModel("stt", "a", "m", ("*",)), DeclaredModel("s2s", "b", "m", ("*",))])
    assert providers(ranked(layer)) == ["a"]
    assert providers(ranked(layer, modality="s2s")) == ["b"]


def test_the_id_is_a_hash_of_the_entries() -> None:
    first = declared("a", "b")
    assert re.fullmatch(r"declared_[0-9a-f]{12}", first.id)
    assert declared("a", "b").id == first.id
    others = [declared("b", "a"), declared("a"), declared(), declared("a", "b", languages=("de",))]
    assert len({first.id, *(one.id for one in others)}) == 5
    assert declared("a", name="declared-embedded").id.startswith("declared-embedded_")


def test_a_model_named_twice_keeps_its_first_place() -> None:
    twice = declared_snapshot([STT[0], STT[1], DeclaredModel("stt", "configured", "m", ("de",))])
    assert twice == declared_snapshot([STT[0], STT[1]])


def test_a_declared_snapshot_says_what_it_is() -> None:
    layer = declared("a")
    assert (layer.kind, layer.date) == ("declared", None)
    assert all(r.quality is r.latency_ms is r.cost_per_minute is None for r in layer.rows)
