"""From an intent to the candidates that can be called: who is in the chain, who is skipped, and why."""

import pytest

from speko.providers.catalogue import Model, Vendor
from speko.providers.registry import Registration
from speko.routing.access import EmbeddedMode, PlatformAccess
from speko.routing.intent import RoutingIntent
from speko.routing.router import Chain
from tests.routing.routers import KEY, NOTHING, Own, Setup, allow, chain, names, skipped
from tests.routing.scores import OPEN, row, snapshot

# Embedded engines.


@pytest.mark.parametrize(
    ("mode", "key", "expected", "reason"),
    [
        ("auto", True, ["cloud:m"], "EMBEDDED_NOT_NEEDED"),
        ("auto", False, ["engine:m"], None),
        ("always", True, ["cloud:m", "engine:m"], None),
        ("always", False, ["engine:m"], None),
        ("never", True, ["cloud:m"], "EMBEDDED_OFF"),
        ("never", False, [], "EMBEDDED_OFF"),
    ],
)
def test_when_embedded_engines_serve(mode: EmbeddedMode, key: bool, expected: list[str], reason: str | None) -> None:
    setup = Setup().vendor("cloud", platform=KEY if key else NOTHING).engine("engine")
    own = snapshot(row("engine", 5, modality="tts"), name="embedded")
    found = chain(setup.router(embedded=mode, embedded_snapshots=[own]))
    assert names(found) == expected
    assert skipped(found).get("engine") == reason
    assert [c.embedded for c in found.candidates] == [name.startswith("engine") for name in expected]


def test_an_engine_comes_last_however_well_it_scores() -> None:
    setup = Setup().engine("engine").vendor("cloud").vendor("fresh")
    scored = snapshot(row("engine", 0.1, 1, 0, modality="tts"), row("cloud", 90, 999, 9, modality="tts"))
    assert names(chain(setup.router(scored, embedded="always"))) == ["cloud:m", "fresh:m", "engine:m"]


def test_an_engine_that_is_not_needed_says_so_and_stays_in_the_ranking() -> None:
    found = chain(Setup().vendor("cloud").engine("engine").router())
    (left,) = found.skipped
    assert (left.provider, left.model, left.reason) == ("engine", "m", "EMBEDDED_NOT_NEEDED")
    assert "embedded" in (left.hint or "")
    assert [e.provider for e in found.ranking.entries] == ["cloud", "engine"]


def test_whether_an_engine_is_needed_is_asked_per_modality() -> None:
    setup = Setup().vendor("cloud", modality="stt").engine("engine")
    assert names(chain(setup.router())) == ["engine:m"], "a recogniser with a key is no voice"


def test_an_engine_for_a_language_that_nobody_measured_it_in() -> None:
    """German without any key: the measured engine speaks English alone, the other one declares German."""
    setup = Setup().vendor("cloud", platform=NOTHING).engine("flitelike", "en").engine("espeaklike", "en", "de")
    measured = snapshot(
        row("flitelike", 5, modality="tts", language="en"),
        row("espeaklike", 50, modality="tts", language="en"),
        name="embedded",
    )
    router = setup.router(embedded_snapshots=[measured])
    assert names(chain(router, "en")) == ["flitelike:m", "espeaklike:m"]
    german = chain(router, "de")
    assert names(german) == ["espeaklike:m"]
    assert (german.candidates[0].scores_run_id or "").startswith("declared-embedded_")
    assert skipped(german) == {}, "what nobody measured is declared only where it is usable"
    assert names(chain(router, "de-AT")) == ["espeaklike:m"]


def test_measured_engines_come_before_those_that_only_declare_the_language() -> None:
    setup = Setup().engine("declares").engine("measured")
    router = setup.router(embedded_snapshots=[snapshot(row("measured", 5, modality="tts"), name="embedded")])
    assert names(chain(router)) == ["measured:m", "declares:m"]


# Who is skipped.


def test_unusable_candidates_are_skipped_with_a_hint_and_not_counted() -> None:
    setup = (
        Setup()
        .vendor("keyless", platform=NOTHING)
        .vendor("urlless", platform=NOTHING, needs="url", base_url_env="URLLESS_URL")
        .vendor("listed", connector=False)
        .vendor("usable")
    )
    scored = snapshot(
        *(
            row(name, quality, modality="tts")
            for quality, name in enumerate(["keyless", "urlless", "listed", "foreign"])
        ),
        row("usable", 99, modality="tts"),
    )
    found = chain(setup.router(scored))
    assert names(found) == ["usable:m"]
    assert skipped(found) == {
        "keyless": "NO_CREDENTIAL",
        "urlless": "NO_BASE_URL",
        "listed": "NO_CONNECTOR",
        "foreign": "UNKNOWN_PROVIDER",
    }
    hints = {s.provider: s.hint or "" for s in found.skipped}
    assert "KEYLESS_API_KEY" in hints["keyless"]
    assert "URLLESS_URL" in hints["urlless"]
    assert "Listed" in hints["listed"]
    assert [e.provider for e in found.ranking.entries][:4] == ["keyless", "urlless", "listed", "foreign"]


def test_a_skip_changes_nothing_about_the_scores_of_the_others() -> None:
    scored = snapshot(row("a", 1, modality="tts"), row("b", 5, modality="tts"), row("c", 9, modality="tts"))
    with_key = chain(Setup().vendor("a").vendor("b").vendor("c").router(scored))
    without = chain(Setup().vendor("a", platform=NOTHING).vendor("b").vendor("c").router(scored))
    assert names(without) == ["b:m", "c:m"]
    assert [e.score for e in without.ranking.entries] == [e.score for e in with_key.ranking.entries]


def test_a_pinned_vendor_without_a_connector_is_named() -> None:
    setup = Setup().vendor("listed", connector=False).vendor("usable")
    found = chain(setup.router(), allowed=allow("listed", "nobody:x"))
    assert found.candidates == ()
    assert {(s.provider, s.model, s.reason) for s in found.skipped} == {
        ("listed", "*", "NO_CONNECTOR"),
        ("nobody", "x", "UNKNOWN_PROVIDER"),
    }


def test_the_organisations_key_goes_before_the_platforms() -> None:
    router = Setup().vendor("both", base_url="http://vendor/v1").router()
    platforms, own = chain(router).candidates[0], chain(router, own_keys={"both": Own("byok_1")}).candidates[0]
    assert (platforms.credential.api_key, platforms.credential.source) == ("platform-key", "MANAGED")
    assert (own.credential.api_key, own.credential.source) == ("own-key", "BYOK")
    assert (platforms.credential_id, own.credential_id) == ("platform", "byok_1")


# Models nobody measured.


def test_the_order_of_what_nobody_measured() -> None:
    """Configuration file, then own keys by the time they were stored, then catalogue."""
    setup = Setup().vendor("catalogue").vendor("own2").vendor("own1")
    for name in ("file1", "file2"):
        setup.vendor(name, platform=PlatformAccess("k", models=(("tts", "extra"),)))
    own_keys = {"own1": Own("byok_1"), "own2": Own("byok_2"), "file2": Own("byok_3")}
    found = chain(setup.router(), own_keys=own_keys)
    assert names(found) == ["file1:extra", "file1:m", "file2:extra", "file2:m", "own1:m", "own2:m", "catalogue:m"]
    assert {e.score for e in found.ranking.entries} == {None}


def test_configured_models_belong_to_their_modality() -> None:
    setup = Setup().vendor("file", platform=PlatformAccess("k", models=(("llm", "talker"), ("tts", "speaker"))))
    assert names(chain(setup.router())) == ["file:speaker", "file:m"]
    assert names(chain(setup.router(), modality="llm")) == []


def test_only_usable_vendors_are_declared() -> None:
    setup = Setup().vendor("keyless", platform=NOTHING).vendor("usable")
    found = chain(setup.router())
    assert [e.provider for e in found.ranking.entries] == ["usable"]


def test_measured_ones_come_before_all_of_them() -> None:
    setup = Setup().vendor("fresh").vendor("scored", models=("m", "new"))
    found = chain(setup.router(snapshot(row("scored", 50, modality="tts"))))
    assert names(found) == ["scored:m", "fresh:m", "scored:new"]
    assert [c.scores_run_id == "run" for c in found.candidates] == [True, False, False]


def test_a_pinned_model_that_nobody_knows_is_passed_through_unpriced() -> None:
    setup = Setup().vendor("openly").vendor("other")
    found = chain(setup.router(snapshot(row("openly", 5, modality="tts"))), allowed=allow("OpenLy:brand/new:1"))
    (candidate,) = found.candidates
    assert (candidate.provider, candidate.model, candidate.wire_model) == ("openly", "brand/new:1", "brand/new:1")
    assert candidate.spec is None
    assert found.ranking.entries[0].score is None


def test_a_pin_of_a_vendor_that_cannot_be_called_is_explained() -> None:
    found = chain(Setup().vendor("keyless", platform=NOTHING).router(), allowed=allow("keyless:new"))
    assert found.candidates == ()
    assert skipped(found) == {"keyless": "NO_CREDENTIAL"}


def test_the_name_that_is_sent_is_the_catalogues() -> None:
    setup = Setup()
    setup.registry.add(
        Registration(
            Vendor(id="v", name="V", models=(Model(modality="tts", id="row", sent_as="wire"),)),
            tts=lambda runtime: None,  # type: ignore[arg-type,return-value]
        )
    )
    setup.platform["v"] = KEY
    (candidate,) = chain(setup.router()).candidates
    assert (candidate.model, candidate.wire_model) == ("row", "wire")
    assert candidate.spec is not None


# The cache.


def test_the_same_question_is_answered_from_the_cache() -> None:
    router = Setup().vendor("a").router()
    assert chain(router) is chain(router)
    assert chain(router) is not chain(router, "de")
    assert chain(router) is not chain(router, allowed=allow("a"))
    assert chain(router) is not chain(router, modality="stt")


def test_a_key_that_changes_is_seen_at_once() -> None:
    router = Setup().vendor("a", platform=NOTHING).vendor("b", platform=NOTHING).router()
    assert names(chain(router)) == []
    first = chain(router, own_keys={"a": Own("byok_1", "one")})
    second = chain(router, own_keys={"a": Own("byok_2", "two")})
    assert [c.credential.api_key for c in (*first.candidates, *second.candidates)] == ["one", "two"]
    assert names(chain(router)) == [], "and gone when it is removed"
    keys = {"a": Own("byok_2"), "b": Own("byok_3")}
    assert names(chain(router, own_keys=keys)) == ["a:m", "b:m"]
    assert names(chain(router, own_keys=dict(reversed(keys.items())))) == ["b:m", "a:m"], "the order counts, too"


def test_a_program_that_comes_and_goes_is_seen_at_once() -> None:
    setup = Setup().engine("engine")
    router, program = setup.router(), setup.programs["engine"]
    assert names(chain(router)) == ["engine:m"]
    program.installed = False
    assert names(chain(router)) == []
    program.installed = True
    assert names(chain(router)) == ["engine:m"]


def test_a_missing_program_is_named_where_the_engine_is_scored() -> None:
    setup = Setup().engine("engine")
    setup.programs["engine"].installed = False
    found = chain(setup.router(embedded_snapshots=[snapshot(row("engine", 5, modality="tts"), name="embedded")]))
    assert [(s.reason, s.hint) for s in found.skipped] == [("NO_PROGRAM", "not found: the program")]


def test_the_cache_is_bounded_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.routing.router._CACHED_CHAINS", 3)
    router = Setup().vendor("a").router()
    regions = [f"region-{number}" for number in range(5)]

    def ask(region: str) -> Chain:
        return router.chain("tts", RoutingIntent("en", region), OPEN, {})

    kept = ask(regions[0])
    for region in regions[1:]:
        assert ask(regions[0]) is kept, "what is asked for often stays"
        ask(region)
    assert len(router._chains) == 3


def test_long_texts_of_callers_are_not_kept() -> None:
    router = Setup().vendor("a").router()
    long = RoutingIntent("en", "x" * 2000)
    assert router.chain("tts", long, OPEN, {}) is not router.chain("tts", long, OPEN, {})
    pins = allow(*(f"a:{'x' * 90}{number}" for number in range(20)))
    assert chain(router, allowed=pins) is not chain(router, allowed=pins)
    assert len(router._chains) == 0


def test_preview_and_call_agree_in_all_orders_of_asking() -> None:
    """Both ask `chain`; a second router that has never been asked says the same."""
    setup = Setup().vendor("a").vendor("b", platform=NOTHING).engine("engine")
    scored = snapshot(row("b", 1, modality="tts"), row("a", 9, modality="tts"))
    router = setup.router(scored)
    for language in ("en", "de", "en"):
        fresh = setup.router(scored)
        assert chain(router, language) == chain(fresh, language)


def test_what_some_snapshot_has_figures_for() -> None:
    setup = Setup().vendor("a")
    figures = snapshot(
        row("a:x", 1, modality="tts"),
        row("a:y", 1, modality="tts", status="provisional"),
        row("a:z", 1, modality="tts", status="warned"),
        row("a:w", 1),
    )
    router = setup.router(figures, embedded_snapshots=[snapshot(row("e", 1, modality="tts"), name="embedded")])
    assert router.scored_models("tts") == {("a", "x"), ("a", "z"), ("e", "m")}
