"""Whom a caller may still have asked when its money is used up: its own keys and what costs nothing."""

from dataclasses import replace

from speko.limits.ceilings import Exceeded
from speko.routing.attempts import Candidate
from speko.routing.router import Chain, Skipped


def affordable(chain: Chain, exceeded: Exceeded | None, *, limited: bool) -> Chain:
    """The chain without platform keys where a limit keeps the caller from using them (`exceeded`). Where what the
    caller spends is `limited` at all, without models whose price is not known: they would spend, and it would show
    nowhere."""
    if exceeded is None:
        return _priced(chain) if limited else chain
    reason, hint = _WHY["credits" if exceeded.kind == "credits" else "spend"]
    paid = [candidate for candidate in chain.candidates if on_platform_key(candidate)]
    return replace(
        chain,
        candidates=tuple(candidate for candidate in chain.candidates if not on_platform_key(candidate)),
        skipped=(*chain.skipped, *(Skipped(c.provider, c.model, reason, hint) for c in paid)),
    )


def _priced(chain: Chain) -> Chain:
    unpriced = [candidate for candidate in chain.candidates if candidate.unpriced]
    if not unpriced:
        return chain
    return replace(
        chain,
        candidates=tuple(candidate for candidate in chain.candidates if not candidate.unpriced),
        skipped=(*chain.skipped, *(Skipped(c.provider, c.model, "PRICE_UNKNOWN", _NO_PRICE) for c in unpriced)),
    )


def on_platform_key(candidate: Candidate) -> bool:
    """Whether a call of it is the platform's bill. The gateway's own agent is none: its stages are."""
    composite = candidate.spec is not None and candidate.spec.composite
    return candidate.credential.source == "MANAGED" and not candidate.embedded and not composite


_NO_PRICE = (
    "its price is not known, and spending is limited: the organization's own keys go on, and models that the gateway's "
    "configuration names (setting `providers.<vendor>.models`)"
)
_WHY = {
    "credits": ("INSUFFICIENT_CREDITS", "the credit is used up; the organization's own keys go on"),
    "spend": ("LIMIT_REACHED", "the month's spend limit is reached; the organization's own keys go on"),
}
