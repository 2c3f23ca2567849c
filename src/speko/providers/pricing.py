"""What an attempt cost at the vendor, estimated from the catalogue's price and the usage."""

from speko.providers.call import Usage
from speko.providers.catalogue import Price


def estimate_micro_usd(price: Price | None, usage: Usage) -> int:
    """Cost in micro-USD, rounded half up; 0 where the price is unknown.

    USD per million units and micro-USD per unit are the same number, so tokens and characters multiply directly.
    """
    if price is None:
        return 0
    total = _input(price, usage) + _output(price, usage)
    total += (price.usd_per_1m_characters or 0.0) * usage.characters
    total += (price.usd_per_minute or 0.0) * 1e6 * usage.audio_ms / 60_000
    return int(total + 0.5)


def _input(price: Price, usage: Usage) -> float:
    audio = cached_audio = 0
    if price.usd_per_1m_input_audio_tokens is not None:
        audio = min(usage.input_audio_tokens, usage.input_tokens)
        cached_audio = min(usage.cached_audio_tokens, usage.cached_tokens)
    return _tokens(
        usage.input_tokens - audio,
        usage.cached_tokens - cached_audio,
        price.usd_per_1m_input_tokens,
        price.usd_per_1m_cached_tokens,
    ) + _tokens(audio, cached_audio, price.usd_per_1m_input_audio_tokens, price.usd_per_1m_cached_audio_tokens)


def _output(price: Price, usage: Usage) -> float:
    audio = 0
    if price.usd_per_1m_output_audio_tokens is not None:
        audio = min(usage.output_audio_tokens, usage.output_tokens)
    return (price.usd_per_1m_output_tokens or 0.0) * (usage.output_tokens - audio) + (
        price.usd_per_1m_output_audio_tokens or 0.0
    ) * audio


def _tokens(sent: int, cached: int, price: float | None, cached_price: float | None) -> float:
    cached = min(cached, sent)  # a report that contradicts itself is no refund
    if cached_price is None:
        cached_price = price
    return (price or 0.0) * (sent - cached) + (cached_price or 0.0) * cached
