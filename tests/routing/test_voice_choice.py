"""Which voice and model each candidate speaks with."""

import pytest

from speko.providers.call import Credential
from speko.providers.catalogue import Model, Vendor, Voice
from speko.providers.registry import Registration, Registry
from speko.routing.attempts import Candidate
from speko.routing.voice_choice import choose_voice, override_model


def speaker(name: str, *, default: str | None = None, sent_as: str | None = None) -> Model:
    """A model with the voices `<name>-a` and `<name>-b`."""
    voices = (Voice(f"{name}-a", "A"), Voice(f"{name}-b", "B"))
    return Model(modality="tts", id=name, voices=voices, default_voice=default, sent_as=sent_as)


REGISTRY = Registry()
REGISTRY.add(
    Registration(
        Vendor(
            id="alpha",
            name="Alpha",
            models=(
                Model(modality="llm", id="chat"),
                speaker("plain"),
                speaker("good", default="good-a", sent_as="good-2"),
            ),
        )
    )
)
REGISTRY.add(Registration(Vendor(id="beta", name="Beta", models=(speaker("other", default="other-b"),))))
REGISTRY.add(Registration(Vendor(id="mute", name="Mute", models=(Model(modality="tts", id="hum"),))))


def candidate(name: str) -> Candidate:
    vendor, model = name.split("/")
    spec = REGISTRY.model(vendor, "tts", model)
    return Candidate("tts", vendor, model, spec.wire_name if spec else model, Credential(), "c", spec,
                     scores_run_id="run")  # fmt: skip


def names(chain: tuple[Candidate, ...]) -> list[str]:
    return [f"{c.provider}/{c.model}" for c in chain]


@pytest.mark.parametrize(
    ("name", "wanted", "primary", "voice"),
    [
        ("alpha/good", None, True, "good-a"),
        ("alpha/good", "", True, "good-a"),
        ("alpha/good", "good-b", True, "good-b"),
        ("alpha/good", "good-b", False, "good-b"),
        ("alpha/good", "plain-b", True, "plain-b"),  # voices are the vendor's, whichever model lists them
        ("beta/other", "good-b", True, "other-b"),  # somebody else's voice
        ("beta/other", "good-b", False, "other-b"),
        ("alpha/good", "cloned-123", True, "cloned-123"),  # nobody's voice is the primary's own
        ("beta/other", "cloned-123", False, "other-b"),
        ("alpha/plain", None, True, ""),  # the engine's own default
        ("alpha/brand-new", None, True, "good-a"),  # not in the catalogue: the vendor's other models know
        ("alpha/brand-new", "good-b", True, "good-b"),
        ("mute/hum", None, True, ""),
        ("mute/new", None, True, ""),
    ],
)
def test_the_voice(name: str, wanted: str | None, primary: bool, voice: str) -> None:
    assert choose_voice(REGISTRY, candidate(name), wanted, primary=primary) == voice


CHAIN = (candidate("alpha/good"), candidate("alpha/plain"), candidate("beta/other"))


@pytest.mark.parametrize(
    ("wanted", "chain"),
    [
        ("plain", ["alpha/plain", "beta/other"]),  # not tried twice
        ("alpha:plain", ["alpha/plain", "beta/other"]),
        ("ALPHA:plain", ["alpha/plain", "beta/other"]),
        ("good", ["alpha/good", "alpha/plain", "beta/other"]),
        ("alpha:good", ["alpha/good", "alpha/plain", "beta/other"]),
        ("brand-new", ["alpha/brand-new", "alpha/plain", "beta/other"]),
        ("beta:other", ["alpha/good", "alpha/plain", "beta/other"]),  # meant for a vendor that is not the primary
        ("llama3:8b", ["alpha/llama3:8b", "alpha/plain", "beta/other"]),  # a name with a colon of its own
        ("alpha:a:b", ["alpha/a:b", "alpha/plain", "beta/other"]),
    ],
)
def test_the_model(wanted: str, chain: list[str]) -> None:
    assert names(override_model(REGISTRY, CHAIN, wanted)) == chain


def test_another_model_is_priced_and_named_as_itself_and_has_no_score() -> None:
    changed = override_model(REGISTRY, (candidate("alpha/plain"), *CHAIN[2:]), "good")[0]
    assert (changed.model, changed.wire_model, changed.scores_run_id) == ("good", "good-2", None)
    assert changed.spec is REGISTRY.model("alpha", "tts", "good")
    unknown = override_model(REGISTRY, CHAIN, "brand-new")[0]
    assert (unknown.wire_model, unknown.spec, unknown.scores_run_id) == ("brand-new", None, None)


def test_the_primarys_own_model_keeps_its_score() -> None:
    assert override_model(REGISTRY, CHAIN, "good")[0].scores_run_id == "run"


def test_a_chat_model_of_the_same_name_is_not_meant() -> None:
    assert override_model(REGISTRY, CHAIN, "chat")[0].spec is None


def test_an_empty_chain_stays_empty() -> None:
    assert override_model(REGISTRY, (), "good") == ()
