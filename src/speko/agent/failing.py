"""What people are told when nobody could serve a stage: names and causes, never a vendor's own text, which may quote
what was said."""

from speko.providers.errors import ProviderError
from speko.routing.dispatch import CallerFault, NoAnswer


def complaint(stage: str, failure: NoAnswer | CallerFault | ProviderError) -> str:
    """One line about a stage that failed."""
    if isinstance(failure, CallerFault):
        causes = [f"{failure.candidate.provider}: {failure.error.cause}"]
    elif isinstance(failure, NoAnswer):
        causes = [f"{failed.candidate.provider}: {failed.error.cause}" for failed in failure.failures]
    else:
        causes = [failure.cause]
    return f"{stage} failed ({', '.join(causes) or 'no candidate'})"
