import shutil

import pytest

from speko.providers.embedded import presence, register
from speko.providers.registry import Connectors, Registry, Runtime


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    register(registry)
    return registry


def test_four_vendors_that_say_what_they_are(registry: Registry) -> None:
    assert {(v.vendor.id, m.modality, m.id) for v in registry.vendors.values() for m in v.vendor.models} == {
        ("pocketsphinx", "stt", "en-us"),
        ("flite", "tts", "flite"),
        ("espeak", "tts", "espeak-ng"),
        ("speko", "llm", "rules"),
    }
    assert all(v.vendor.embedded and v.vendor.needs == "program" for v in registry.vendors.values())


def test_the_entry_point_leads_here() -> None:
    assert {"pocketsphinx", "flite", "espeak", "speko"} <= set(Registry.load().vendors)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(presence, "find_spec", lambda name: None)
    registry = Registry()
    register(registry)
    missing = {vendor_id: registration.missing() for vendor_id, registration in registry.vendors.items()}
    assert missing["flite"] == "flite (Debian package flite)"
    assert missing["espeak"] == "espeak-ng (Debian package espeak-ng)"
    assert missing["pocketsphinx"] is not None
    assert "speko[server]" in missing["pocketsphinx"]
    assert missing["speko"] is None


async def test_starting_without_the_package_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "find_spec", lambda name: None)
    registry, runtime = Registry(), Runtime()
    register(registry)
    start = registry.vendors["pocketsphinx"].start
    assert start is not None
    await start(runtime)
    await runtime.close()


async def test_one_recogniser_per_runtime(registry: Registry) -> None:
    first, second = Runtime(), Runtime()
    mine = Connectors(registry, first).stt("pocketsphinx")
    assert Connectors(registry, first).stt("pocketsphinx") is mine
    assert Connectors(registry, second).stt("pocketsphinx") is not mine
    await first.close()
    assert Connectors(registry, first).stt("pocketsphinx") is not mine
    await first.close()
    await second.close()
