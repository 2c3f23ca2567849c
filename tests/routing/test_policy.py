"""Weights, filters and margins as data."""

from typing import get_args

import msgspec
import pytest

from speko.providers.catalogue import Modality
from speko.routing.intent import OptimizeFor
from speko.routing.policy import DEFAULT, ModalityPolicy, Policy, Presets, Weights

SPEECH_AND_LANGUAGE = {
    "balanced": (0.5, 0.3, 0.2),
    "accuracy": (0.8, 0.15, 0.05),
    "latency": (0.2, 0.7, 0.1),
    "cost": (0.15, 0.15, 0.7),
}


@pytest.mark.parametrize("modality", get_args(Modality))
@pytest.mark.parametrize("preset", get_args(OptimizeFor))
def test_default_weights(modality: Modality, preset: OptimizeFor) -> None:
    expected = SPEECH_AND_LANGUAGE[preset]
    if modality == "s2s" and preset == "balanced":
        expected = (0.4, 0.4, 0.2)
    assert DEFAULT.of(modality).presets.of(preset) == Weights(*expected)


def test_default_filters_and_margins() -> None:
    found = {m: (p.max_latency_ms, p.min_quality, p.tie_margin) for m in get_args(Modality) if (p := DEFAULT.of(m))}
    assert found == {
        "stt": (3000, None, 0.01),
        "tts": (1500, None, 0.01),
        "llm": (None, None, 0),
        "s2s": (6000, 50, 0.02),
    }


@pytest.mark.parametrize("weights", [(0.5, 0.5, 0.1), (0.5, 0.3, 0.1), (1.2, -0.2, 0.0), (float("nan"), 0.5, 0.5)])
def test_weights_that_leave_the_range_are_refused(weights: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="1 in sum"):
        Weights(*weights)


def test_a_policy_is_data() -> None:
    slow = msgspec.structs.replace(DEFAULT, stt=msgspec.structs.replace(DEFAULT.stt, max_latency_ms=9000))
    text = msgspec.json.encode(slow)
    assert msgspec.json.decode(text, type=Policy) == slow != DEFAULT


def test_misspelt_members_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"max_latency": 900}, ModalityPolicy)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"fast": {"quality": 1, "latency": 0, "cost": 0}}, Presets)
