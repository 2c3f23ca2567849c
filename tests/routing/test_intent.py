"""Reading an intent and its constraints."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.routing.intent import (
    AllowedProviders,
    AllowList,
    InvalidIntent,
    PipelineConstraints,
    RoutingIntent,
    normalize_language,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" en ", "en"),
        ("en-us", "en-US"),
        ("en_US", "en-US"),
        ("EN_us\n", "en-US"),
        ("pt-BR", "pt-BR"),
        ("fil", "fil"),
        ("FIL-ph", "fil-PH"),
        ("yue-HK", "yue-HK"),
    ],
)
def test_language_tags_are_normalised(written: str, read: str) -> None:
    assert normalize_language(written) == read
    assert RoutingIntent(written).language == read


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "e", "engl", "en-", "en_", "-US", "en-U", "en-USA", "en-419", "zh-Hans", "en-US-x", "en--US"),
        *("en US", "*", "e1", "é", "en\x00", "de-ß", "ſe", "en-uſ", "multi"),
    ],
)
def test_what_is_no_tag_is_refused(written: str) -> None:
    with pytest.raises(InvalidIntent):
        normalize_language(written)


@given(st.text(max_size=8) | st.from_regex(r"\A\s?[a-zA-Z]{1,4}([-_][a-zA-Z]{0,3})?\s?\Z"))
def test_normal_form_is_stable_and_plain(written: str) -> None:
    try:
        normal = normalize_language(written)
    except InvalidIntent:
        return
    primary, dash, region = normal.partition("-")
    assert primary.isascii() and primary.isalpha() and primary.islower() and len(primary) in (2, 3)
    assert bool(dash) == bool(region)
    assert not region or (region.isascii() and region.isalpha() and region.isupper() and len(region) == 2)
    assert normalize_language(normal) == normal
    assert normal.casefold() == written.strip().replace("_", "-").casefold()


def test_a_long_tag_is_not_echoed_in_full() -> None:
    with pytest.raises(InvalidIntent) as caught:
        normalize_language("x" * 10_000)
    assert len(str(caught.value)) < 200


def test_intent_from_json_has_defaults_and_ignores_old_members() -> None:
    intent = msgspec.json.decode(b'{"language": "de_de", "vertical": "healthcare"}', type=RoutingIntent)
    assert intent == RoutingIntent("de-DE", "global", "balanced")


def test_intent_from_json_in_full() -> None:
    text = b'{"language": "en", "region": "us-east4", "optimizeFor": "latency"}'
    assert msgspec.json.decode(text, type=RoutingIntent) == RoutingIntent("en", "us-east4", "latency")


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b'{"language": null}',
        b'{"language": 7}',
        b'{"language": "english"}',
        b'{"language": "en", "optimizeFor": "quality"}',
        b'{"language": "en", "region": 1}',
        b"[]",
    ],
)
def test_wrong_intents_are_refused(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=RoutingIntent)


def test_any_region_is_accepted() -> None:
    assert RoutingIntent("en", "mars-north1").region == "mars-north1"


def test_an_empty_allow_list_admits_everything() -> None:
    assert AllowList().admits("anybody", "anything")
    assert AllowList.of(()).admits("anybody", "anything")


def test_a_vendor_alone_admits_all_its_models() -> None:
    allowed = AllowList.of(("deepgram",))
    assert allowed.admits("deepgram", "nova-3")
    assert allowed.admits("deepgram", "nova-2")
    assert not allowed.admits("openai", "nova-3")


def test_a_model_is_what_follows_the_first_colon() -> None:
    allowed = AllowList.of(("ollama:llama3:8b",))
    assert allowed.admits("ollama", "llama3:8b")
    assert not allowed.admits("ollama", "llama3")
    assert not allowed.admits("ollama:llama3", "8b")


def test_vendors_are_compared_without_case_and_models_with() -> None:
    allowed = AllowList.of((" DeepGram:Nova-3 ",))
    assert allowed.admits("deepgram", "Nova-3")
    assert not allowed.admits("deepgram", "nova-3")


def test_both_forms_may_be_mixed() -> None:
    allowed = AllowList.of(("openai", "deepgram:nova-3"))
    assert allowed.admits("openai", "whisper-1")
    assert allowed.admits("deepgram", "nova-3")
    assert not allowed.admits("deepgram", "nova-2")


@pytest.mark.parametrize("entry", ["", ":", "deepgram:", ":nova-3", "nobody"])
def test_an_entry_that_matches_nothing_still_constrains(entry: str) -> None:
    assert not AllowList.of((entry,)).admits("deepgram", "nova-3")


def test_pinned_models_are_those_named_one_by_one() -> None:
    allowed = AllowList.of(("openai:b", "OpenAI:a", "openai", "groq:c"))
    assert allowed.pinned_models("openai") == ("a", "b")
    assert allowed.pinned_models("groq") == ("c",)
    assert allowed.pinned_models("xai") == ()


@given(st.text(alphabet="abAB-_. ", min_size=1), st.text(alphabet="abAB:-/"))
def test_an_entry_admits_its_own_model(vendor: str, model: str) -> None:
    allowed = AllowList.of((f"{vendor}:{model}",))
    assert allowed.admits(vendor.strip().lower(), model.strip())
    assert allowed.entries == {(vendor.strip().lower(), model.strip())}


def test_there_is_one_allow_list_per_layer() -> None:
    constraints = PipelineConstraints(AllowedProviders(stt=("deepgram",), s2s=("openai:gpt-realtime",)))
    assert constraints.allow_list("stt") == AllowList.of(("deepgram",))
    assert constraints.allow_list("s2s") == AllowList.of(("openai:gpt-realtime",))
    assert constraints.allow_list("llm") == constraints.allow_list("tts") == AllowList()


def test_null_is_no_constraint() -> None:
    for text in (b"{}", b'{"allowedProviders": null}', b'{"allowedProviders": {"stt": null}}'):
        assert msgspec.json.decode(text, type=PipelineConstraints).allow_list("stt") == AllowList()


@pytest.mark.parametrize("entries", [["x"] * 65, ["x" * 201], [""], ["a\nb"], ["a\x00"]])
def test_entries_are_bounded_and_printable(entries: list[str]) -> None:
    text = msgspec.json.encode({"allowedProviders": {"stt": entries}})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=PipelineConstraints)


def test_constraints_come_in_camel_case() -> None:
    text = b'{"allowedProviders": {"tts": ["openai"], "stt": []}}'
    constraints = msgspec.json.decode(text, type=PipelineConstraints)
    assert constraints == PipelineConstraints(AllowedProviders(tts=("openai",), stt=()))


@pytest.mark.parametrize(
    "text",
    [b'{"allowedProviders": []}', b'{"allowedProviders": {"stt": "openai"}}', b'{"allowedProviders": {"stt": [1]}}'],
)
def test_constraints_of_a_wrong_type_are_refused(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=PipelineConstraints)
