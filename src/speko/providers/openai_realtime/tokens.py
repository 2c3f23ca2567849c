"""What a response used, as the server counts it."""

import logging

from msgspec.structs import astuple

from speko.providers.call import Usage, believable
from speko.providers.openai_realtime.server_events import Tokens
from speko.providers.s2s import ResponseUsage

log = logging.getLogger(__name__)


def counted(usage: Usage, response_id: str, tokens: Tokens) -> ResponseUsage:
    """Counts a response's tokens to those of the session, and returns them. What is absent is 0, and so is all of a
    report that cannot be true."""
    heard, spoken = tokens.input_token_details, tokens.output_token_details
    cached = heard.cached_tokens_details if heard else None
    report = ResponseUsage(
        response_id,
        input_tokens=tokens.input_tokens or 0,
        output_tokens=tokens.output_tokens or 0,
        input_audio_tokens=(heard and heard.audio_tokens) or 0,
        output_audio_tokens=(spoken and spoken.audio_tokens) or 0,
        cached_tokens=(heard and heard.cached_tokens) or 0,
        cached_audio_tokens=(cached and cached.audio_tokens) or 0,
    )
    _, *counts = astuple(report)
    if not believable(*counts):
        log.warning("a vendor's report of tokens cannot be true, and is left out")
        return ResponseUsage(response_id)
    usage.input_tokens += report.input_tokens
    usage.output_tokens += report.output_tokens
    usage.input_audio_tokens += report.input_audio_tokens
    usage.output_audio_tokens += report.output_audio_tokens
    usage.cached_tokens += report.cached_tokens
    usage.cached_audio_tokens += report.cached_audio_tokens
    return report
