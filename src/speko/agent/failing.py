"""When a stage has failed, and what people are told of it."""

from dataclasses import replace

from speko.providers.errors import ProviderError
from speko.routing.attempts import Deadlines
from speko.routing.dispatch import CallerFault, NoAnswer

_NOBODY_WAITS_LONGER = 8.0
"""Seconds: the relay takes an agent for lost that has been silent for 10."""


def spoken(deadlines: Deadlines) -> Deadlines:
    """The deadlines of one stage while somebody listens. A candidate that is not the last one gets half of what is
    left."""
    most = _NOBODY_WAITS_LONGER
    return replace(deadlines, gap=min(deadlines.gap, most), budget=min(deadlines.budget, most))


def complaint(stage: str, failure: NoAnswer | CallerFault | ProviderError) -> str:
    """One line about a stage that failed: names and causes, never a vendor's own text, which may quote somebody."""
    if isinstance(failure, CallerFault):
        causes = [f"{failure.candidate.provider}: {failure.error.cause}"]
    elif isinstance(failure, NoAnswer):
        causes = [f"{failed.candidate.provider}: {failed.error.cause}" for failed in failure.failures]
    else:
        causes = [failure.cause]
    return f"{stage} failed ({', '.join(causes) or 'no candidate'})"
