"""Whom a caller may still have asked when its money is used up: its own keys and what costs nothing."""

from dataclasses import replace

from speko.limits.ceilings import Exceeded
from speko.routing.attempts import Candidate
from speko.routing.router import Chain, Skipped


def affordable(chain: Chain, exceeded: Exceeded | None) -> Chain:
    """The chain without platform keys where a limit keeps the caller from using them; else the chain itself."""
    if exceeded is None:
        return chain
    reason, hint = _WHY["credits" if exceeded.kind == "credits" else "spend"]
    paid = [candidate for candidate in chain.candidates if on_platform_key(candidate)]
    return replace(
        chain,
        candidates=tuple(candidate for candidate in chain.candidates if not on_platform_key(candidate)),
        skipped=(*chain.skipped, *(Skipped(c.provider, c.model, reason, hint) for c in paid)),
    )


def on_platform_key(candidate: Candidate) -> bool:
    """Whether a call of it is the platform's bill. The gateway's own agent is none: its stages are."""
    composite = candidate.spec is not None and candidate.spec.composite
    return candidate.credential.source == "MANAGED" and not candidate.embedded and not composite


_WHY = {
    "credits": ("INSUFFICIENT_CREDITS", "the credit is used up; the organization's own keys go on"),
    "spend": ("LIMIT_REACHED", "the month's spend limit is reached; the organization's own keys go on"),
}
