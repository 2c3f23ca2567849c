"""A walk over the vendors that this package brings."""

import csv
import re
from importlib.resources import files
from typing import get_args

import msgspec
import pytest
from openai.types.realtime.realtime_audio_config_output import Voice

from speko.providers.catalogue import MODALITIES, Model, Vendor
from speko.providers.catalogue_data import VendorFile, load_vendor_files
from speko.providers.openai_compatible import CONNECTOR, Profiles, register
from speko.providers.openai_compatible.profile import EFFORTS
from speko.providers.registry import Connectors, Registration, Registry, Runtime


def registry() -> Registry:
    made = Registry()
    register(made)
    return made


REGISTRATIONS = list(registry().vendors.values())
FILES = list(load_vendor_files())
MODELS = [(file.vendor, model) for file in FILES for model in file.vendor.models]
TOKEN_PRICES = {
    f"usd_per_1m_{what}_tokens" for what in ("input", "output", "cached", "input_audio", "output_audio", "cached_audio")
}
TAG = re.compile(r"\*|[a-z]{2,3}(-[A-Z]{2})?")


def name(value: object) -> str:
    if isinstance(value, Registration):
        return value.vendor.id
    if isinstance(value, VendorFile):
        return value.vendor.id
    return getattr(value, "id", str(value))


def test_the_vendors_that_others_rely_on_are_there() -> None:
    served = {
        "openai": ("stt", "llm", "tts", "s2s"), "groq": ("stt", "llm", "tts"), "together": ("stt", "llm"),
        "fireworks": ("llm",), "mistral": ("stt", "llm"), "deepseek": ("llm",), "xai": ("llm", "s2s"),
        "cerebras": ("llm",), "openrouter": ("llm",), "ollama": ("llm",), "llamacpp": ("llm",), "vllm": ("stt", "llm"),
        "speaches": ("stt", "tts"),
    }  # fmt: skip
    listed = {"deepgram", "elevenlabs", "alibaba", "google", "assemblyai", "anthropic", "cartesia", "rime", "azure"}
    found = {r.vendor.id: tuple(m for m in MODALITIES if getattr(r, m)) for r in REGISTRATIONS}
    assert found == {**served, **dict.fromkeys(listed, ())}


@pytest.mark.parametrize("registration", REGISTRATIONS, ids=name)
def test_a_vendor_is_sane(registration: Registration) -> None:
    vendor = registration.vendor
    assert re.fullmatch(r"[a-z0-9_-]+", vendor.id)
    assert vendor.name.strip() == vendor.name != ""
    assert not vendor.embedded
    served = registration.stt or registration.llm or registration.tts
    if vendor.needs == "key":
        assert vendor.key_env
    for variable in filter(None, (vendor.key_env, vendor.base_url_env)):
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", variable)
    if served:
        assert vendor.base_url_env
        assert (vendor.base_url is None) == (vendor.needs == "url")
    if vendor.base_url:
        assert re.fullmatch(r"https://[a-z0-9./-]+[^/]", vendor.base_url)
    keys = [(model.modality, model.id) for model in vendor.models]
    assert len(keys) == len(set(keys))
    wire_names = [(model.modality, model.wire_name) for model in vendor.models]
    assert len(wire_names) == len(set(wire_names))


def test_no_two_vendors_share_a_variable() -> None:
    variables = [v for r in REGISTRATIONS for v in (r.vendor.key_env, r.vendor.base_url_env) if v]
    assert len(variables) == len(set(variables))


@pytest.mark.parametrize(("vendor", "model"), MODELS, ids=name)
def test_a_model_is_sane(vendor: Vendor, model: Model) -> None:
    assert model.modality in MODALITIES
    assert model.id == model.id.lower().strip() != ""
    assert model.sent_as != model.id
    assert model.languages
    assert all(TAG.fullmatch(tag) for tag in model.languages)
    assert len(model.languages) == len(set(model.languages))
    if model.price is not None:
        prices = msgspec.to_builtins(model.price)
        assert all(0 <= price < 1000 for price in prices.values())
        per_unit = {"stt": "usd_per_minute", "tts": "usd_per_1m_characters"}
        if model.modality == "s2s":
            assert set(prices) in ({"usd_per_minute"}, TOKEN_PRICES)
        elif prices and model.modality in per_unit:
            assert set(prices) == {per_unit[model.modality]}
        elif prices:
            assert {"usd_per_1m_input_tokens", "usd_per_1m_output_tokens"} <= set(prices)
            assert not any("audio" in price for price in prices)
            cached = model.price.usd_per_1m_cached_tokens
            assert cached is None or cached <= (model.price.usd_per_1m_input_tokens or 0)
    voices = [voice.id for voice in model.voices]
    assert len(voices) == len(set(voices))
    assert not voices or model.modality in ("tts", "s2s")
    assert model.default_voice is None or model.default_voice in voices


@pytest.mark.parametrize("registration", REGISTRATIONS, ids=name)
def test_an_engine_that_is_served_names_its_voices(registration: Registration) -> None:
    """A routed session gives a voice only to the vendor that has it; without a list it would get any."""
    spoken = [model for model in registration.vendor.models if model.modality == "s2s"]
    assert registration.s2s is None or all(model.voices for model in spoken)
    if registration.vendor.id == "openai":
        official = {voice for part in get_args(Voice) for voice in get_args(part)}
        assert {frozenset(voice.id for voice in model.voices) for model in spoken} == {frozenset(official)}


@pytest.mark.parametrize("file", FILES, ids=name)
def test_facts_for_connectors_are_known_ones(file: VendorFile) -> None:
    if file.connector is None:
        assert not (file.serves or file.profile or file.model_profiles)
        return
    assert file.connector == CONNECTOR
    profiles = Profiles(file.profile, file.model_profiles)
    for model in file.vendor.models:
        profile = profiles.get(model.modality, model.wire_name)
        assert list(profile.efforts) == sorted(profile.efforts, key=EFFORTS.index)
        if model.modality == "llm":
            assert model.reasoning == bool(profile.efforts)
        if model.modality == "tts" and "tts" in file.serves:
            assert model.default_voice
        if profile.stream_transcript:
            assert model.modality == "stt"
            assert model.streaming


def test_a_vendor_with_realtime_models_has_an_engine_for_them() -> None:
    for registration in REGISTRATIONS:
        if registration.s2s is None:
            continue
        engine = registration.s2s(Runtime())
        assert any(model.modality == "s2s" for model in registration.vendor.models)
        assert 24000 in engine.capabilities.input_rates
        assert 24000 in engine.capabilities.output_rates
        assert engine.capabilities.tools
        assert not engine.capabilities.owns_turns


def test_every_scored_vendor_and_model_is_in_the_catalogue() -> None:
    scores = (files("speko.routing") / "data" / "published.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(scores.splitlines()))
    assert len(rows) > 50
    known = registry()
    for row in rows:
        model = known.model(row["vendor"], row["modality"], row["model"])  # type: ignore[arg-type]
        assert model is not None, row
        assert model.streaming or row["mode"] != "streaming", row


async def test_every_connector_can_be_made() -> None:
    runtime = Runtime()
    connectors = Connectors(registry(), runtime)
    for registration in REGISTRATIONS:
        if registration.stt:
            assert connectors.stt(registration.vendor.id).capabilities.batch
        if registration.tts:
            assert connectors.tts(registration.vendor.id).capabilities.streaming
        if registration.llm:
            assert connectors.llm(registration.vendor.id).capabilities.tools
    await runtime.close()


def test_the_entry_point_leads_here() -> None:
    assert set(registry().vendors) <= set(Registry.load().vendors)
