"""How vendors differ."""

import msgspec
import pytest

from speko.providers.llm import ReasoningEffort
from speko.providers.openai_compatible.profile import EFFORTS, Profile, Profiles


@pytest.mark.parametrize(
    ("known", "wish", "sent"),
    [
        ((), "high", None),
        (EFFORTS, "xhigh", "xhigh"),
        (("low", "medium", "high"), "none", "low"),
        (("low", "medium", "high"), "xhigh", "high"),
        (("low", "high"), "medium", "low"),
        (("none", "high"), "low", "none"),
        (("none", "low"), "minimal", "none"),
    ],
)
def test_the_nearest_effort(
    known: tuple[ReasoningEffort, ...], wish: ReasoningEffort, sent: ReasoningEffort | None
) -> None:
    assert Profile(efforts=known).nearest_effort(wish) == sent


def test_a_models_facts_come_on_top_of_its_vendors() -> None:
    profiles = Profiles({"pcm_rate": 48000, "temperature": False}, {("llm", "big"): {"temperature": True}})
    assert profiles.get("llm", "big") == Profile(pcm_rate=48000, temperature=True)
    assert profiles.get("tts", "big") == Profile(pcm_rate=48000, temperature=False)
    assert profiles.get("llm", "unheard of") == Profile(pcm_rate=48000, temperature=False)


def test_a_fact_that_no_connector_knows_is_a_mistake() -> None:
    with pytest.raises(msgspec.ValidationError):
        Profiles({"streem_usage": True})
