"""What an attempt cost at the vendor, estimated from the catalogue's price and the usage."""

from speko.providers.call import Usage
from speko.providers.catalogue import Price


def estimate_micro_usd(price: Price | None, usage: Usage) -> int:
    """Cost in micro-USD, rounded half up; 0 where the price is unknown.

    USD per million units and micro-USD per unit are the same number, so tokens and characters multiply directly.
    """
    if price is None:
        return 0
    fresh_tokens = usage.input_tokens
    total = 0.0
    if price.usd_per_1m_cached_tokens is not None:
        cached_tokens = min(usage.cached_tokens, usage.input_tokens)  # a report that contradicts itself is no refund
        fresh_tokens -= cached_tokens
        total += price.usd_per_1m_cached_tokens * cached_tokens
    total += (price.usd_per_1m_input_tokens or 0.0) * fresh_tokens
    total += (price.usd_per_1m_output_tokens or 0.0) * usage.output_tokens
    total += (price.usd_per_1m_characters or 0.0) * usage.characters
    total += (price.usd_per_minute or 0.0) * 1e6 * usage.audio_ms / 60_000
    return int(total + 0.5)
