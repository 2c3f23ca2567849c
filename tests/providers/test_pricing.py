"""Estimated cost, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from speko.providers.call import Usage
from speko.providers.catalogue import Price
from speko.providers.pricing import estimate_micro_usd

VOICE = Price(
    usd_per_1m_input_tokens=4,
    usd_per_1m_output_tokens=16,
    usd_per_1m_cached_tokens=0.5,
    usd_per_1m_input_audio_tokens=32,
    usd_per_1m_output_audio_tokens=64,
    usd_per_1m_cached_audio_tokens=0.25,
)
CHAT = Price(usd_per_1m_input_tokens=2.5, usd_per_1m_output_tokens=10, usd_per_1m_cached_tokens=1.25)


@pytest.mark.parametrize(
    ("price", "usage", "micro_usd"),
    [
        (Price(usd_per_minute=0.006), Usage(audio_ms=60_000), 6_000),
        (Price(usd_per_minute=0.006), Usage(audio_ms=500), 50),
        (Price(usd_per_1m_characters=15), Usage(characters=1_000), 15_000),
        (Price(usd_per_1m_input_tokens=2.5, usd_per_1m_output_tokens=10), Usage(input_tokens=1000, output_tokens=500),
         7_500),
        (CHAT, Usage(input_tokens=1000, cached_tokens=400, output_tokens=500), 7_000),
        (Price(usd_per_1m_input_tokens=2.5), Usage(input_tokens=1000, cached_tokens=400), 2_500),
        (Price(usd_per_minute=0.015, usd_per_1m_input_tokens=0.6), Usage(audio_ms=60_000, input_tokens=1000), 15_600),
    ],
    ids=["minute", "half a second", "characters", "tokens", "cached", "cached without a price", "speech by tokens"],
)  # fmt: skip
def test_by_hand(price: Price, usage: Usage, micro_usd: int) -> None:
    assert estimate_micro_usd(price, usage) == micro_usd


@pytest.mark.parametrize(
    ("tokens", "micro_usd"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)], ids=["0.5", "1.0", "1.5", "2.0", "2.5"]
)
def test_halves_are_rounded_up(tokens: int, micro_usd: int) -> None:
    assert estimate_micro_usd(Price(usd_per_1m_input_tokens=0.5), Usage(input_tokens=tokens)) == micro_usd


@pytest.mark.parametrize(
    ("usage", "micro_usd"),
    [
        (Usage(input_tokens=100), 400),
        (Usage(input_tokens=100, input_audio_tokens=100), 3_200),
        (Usage(input_tokens=100, input_audio_tokens=60), 40 * 4 + 60 * 32),
        (Usage(output_tokens=100, output_audio_tokens=75), 25 * 16 + 75 * 64),
        (Usage(input_tokens=100, input_audio_tokens=60, cached_tokens=48, cached_audio_tokens=40),
         32 * 4 + 8 * 0.5 + 20 * 32 + 40 * 0.25),
        (Usage(input_tokens=100, input_audio_tokens=60, cached_tokens=20), 20 * 4 + 20 * 0.5 + 60 * 32),
    ],
    ids=["text", "audio", "both", "spoken", "both cached", "only text cached"],
)  # fmt: skip
def test_audio_tokens_have_their_own_prices(usage: Usage, micro_usd: int) -> None:
    assert estimate_micro_usd(VOICE, usage) == micro_usd


def test_audio_tokens_without_a_price_of_their_own_are_tokens() -> None:
    usage = Usage(input_tokens=1000, input_audio_tokens=600, cached_tokens=400, cached_audio_tokens=300,
                  output_tokens=500, output_audio_tokens=400)  # fmt: skip
    assert estimate_micro_usd(CHAT, usage) == 7_000
    without_cached = structs.replace(VOICE, usd_per_1m_cached_tokens=None, usd_per_1m_cached_audio_tokens=None)
    assert estimate_micro_usd(without_cached, usage) == 400 * 4 + 600 * 32 + 100 * 16 + 400 * 64


def test_parts_that_are_more_than_the_whole_are_the_whole() -> None:
    usage = Usage(input_tokens=10, input_audio_tokens=50, cached_tokens=90, cached_audio_tokens=80,
                  output_tokens=10, output_audio_tokens=90)  # fmt: skip
    assert estimate_micro_usd(VOICE, usage) == int(10 * 0.25 + 10 * 64 + 0.5)


@given(
    usage=st.builds(Usage, input_tokens=st.integers(0, 10**6), output_tokens=st.integers(0, 10**6)),
    share=st.floats(0, 1),
    cached=st.floats(0, 1),
)
def test_a_conversation_costs_what_its_two_directions_cost(usage: Usage, share: float, cached: float) -> None:
    usage.input_audio_tokens = int(usage.input_tokens * share)
    usage.output_audio_tokens = int(usage.output_tokens * share)
    usage.cached_tokens = int(usage.input_tokens * cached)
    usage.cached_audio_tokens = int(usage.input_audio_tokens * cached)
    heard = structs.replace(usage, output_tokens=0, output_audio_tokens=0)
    spoken = Usage(output_tokens=usage.output_tokens, output_audio_tokens=usage.output_audio_tokens)
    parts = estimate_micro_usd(VOICE, heard) + estimate_micro_usd(VOICE, spoken)
    assert abs(parts - estimate_micro_usd(VOICE, usage)) <= 1


def test_an_unknown_price_is_nothing() -> None:
    usage = Usage(audio_ms=60_000, characters=100, input_tokens=100, output_tokens=100)
    assert estimate_micro_usd(None, usage) == 0
    assert estimate_micro_usd(Price(), usage) == 0


def test_a_free_price_is_nothing() -> None:
    assert estimate_micro_usd(Price(usd_per_minute=0.0), Usage(audio_ms=60_000)) == 0


def test_more_cached_than_sent_is_never_a_refund() -> None:
    assert estimate_micro_usd(CHAT, Usage(input_tokens=100, cached_tokens=1000)) == 125


COUNTS = st.integers(0, 10**9)
RATES = st.none() | st.floats(0, 1000)


@given(
    price=st.builds(Price, usd_per_minute=RATES, usd_per_1m_characters=RATES, usd_per_1m_input_tokens=RATES,
                    usd_per_1m_output_tokens=RATES, usd_per_1m_cached_tokens=RATES,
                    usd_per_1m_input_audio_tokens=RATES, usd_per_1m_output_audio_tokens=RATES,
                    usd_per_1m_cached_audio_tokens=RATES),
    usage=st.builds(Usage, audio_ms=COUNTS, characters=COUNTS, input_tokens=COUNTS, output_tokens=COUNTS,
                    cached_tokens=COUNTS, input_audio_tokens=COUNTS, output_audio_tokens=COUNTS,
                    cached_audio_tokens=COUNTS),
)  # fmt: skip
def test_a_cost_is_a_whole_number_and_never_negative(price: Price, usage: Usage) -> None:
    cost = estimate_micro_usd(price, usage)
    assert isinstance(cost, int)
    assert cost >= 0
