import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.simulators.openai.realtime.items import Item, Part
from speko.simulators.openai.realtime.usage import (
    Cache,
    Tokens,
    audio_tokens,
    item_tokens,
    transcription_usage,
    usage,
)

PARTS = st.lists(st.tuples(st.integers(0, 3), st.builds(Tokens, st.integers(0, 200), st.integers(0, 200))), max_size=6)


@pytest.mark.parametrize(("ms", "user", "assistant"), [(0, 0, 0), (1, 1, 1), (100, 1, 2), (1010, 11, 21)])
def test_sound_is_ten_tokens_a_second_of_the_user_and_twenty_of_the_assistant(
    ms: float, user: int, assistant: int
) -> None:
    assert audio_tokens(ms, of_user=True) == user
    assert audio_tokens(ms, of_user=False) == assistant


def test_the_transcript_of_the_user_costs_nothing_and_that_of_the_assistant_does() -> None:
    spoken = Item("u", "message", "user", parts=[Part("input_audio", "a" * 40)], audio_ms=1000)
    answered = Item("a", "message", "assistant", parts=[Part("output_audio", "a" * 40)], audio_ms=1000)
    assert (item_tokens(spoken), item_tokens(answered)) == (Tokens(2, 10), Tokens(12, 20))
    typed = Item("t", "message", "user", parts=[Part("input_text", "a" * 40)])
    assert item_tokens(typed) == Tokens(12, 0)


@given(PARTS, PARTS)
def test_only_what_was_known_is_cached(first: list[tuple[object, Tokens]], second: list[tuple[object, Tokens]]) -> None:
    cache = Cache()
    assert cache.take(first) == Tokens(0, 0)
    cached = cache.take(second)
    assert sum(cached) % 64 == 0
    assert min(cached) >= 0
    for index in (0, 1):
        assert cached[index] <= sum(tokens[index] for _, tokens in second)
    again = cache.take(second)
    total = sum(sum(tokens) for _, tokens in second)
    assert sum(again) == total - total % 64


def test_a_change_at_the_beginning_leaves_nothing_in_the_cache() -> None:
    cache = Cache()
    parts: list[tuple[object, Tokens]] = [("a", Tokens(64, 0)), ("b", Tokens(0, 64))]
    cache.take(parts)
    assert cache.take([("x", Tokens(64, 0)), parts[1]]) == Tokens(0, 0)


def test_the_parts_add_up() -> None:
    told = usage(Tokens(100, 28), Tokens(64, 0), Tokens(5, 20))
    assert (told["input_tokens"], told["output_tokens"], told["total_tokens"]) == (128, 25, 153)
    assert told["input_token_details"]["cached_tokens"] == 64


def test_transcripts_are_paid_by_the_second_or_by_tokens() -> None:
    assert transcription_usage("whisper-1", 1500, "hello") == {"type": "duration", "seconds": 2}
    assert transcription_usage("gpt-4o-transcribe", 1500, "hello")["total_tokens"] == 15 + 2
