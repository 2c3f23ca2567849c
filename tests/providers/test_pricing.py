"""Estimated cost, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.call import Usage
from speko.providers.catalogue import Price
from speko.providers.pricing import estimate_micro_usd

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
                    usd_per_1m_output_tokens=RATES, usd_per_1m_cached_tokens=RATES),
    usage=st.builds(Usage, audio_ms=COUNTS, characters=COUNTS, input_tokens=COUNTS, output_tokens=COUNTS,
                    cached_tokens=COUNTS),
)  # fmt: skip
def test_a_cost_is_a_whole_number_and_never_negative(price: Price, usage: Usage) -> None:
    cost = estimate_micro_usd(price, usage)
    assert isinstance(cost, int)
    assert cost >= 0
