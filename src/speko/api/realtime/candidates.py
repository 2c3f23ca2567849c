"""Which engines a session may use, in order. Source: contract, sessions 1.2 and routing 7."""

from typing import TYPE_CHECKING

from speko.api.errors import ApiError
from speko.realtime.spec import SessionSpec
from speko.routing.attempts import Candidate
from speko.routing.intent import AllowList, PipelineConstraints, RoutingIntent

if TYPE_CHECKING:
    from speko.api.gateway import Gateway

DEFAULT_INTENT = RoutingIntent("en")
"""Of a pinned session that names none."""


def candidates_of(gateway: "Gateway", organization_id: str, spec: SessionSpec) -> tuple[Candidate, ...]:
    """The engines, best first; a pinned one alone.

    Raises:
        ApiError: 500 `SESSION_CREATE_FAILED`: there is none. It names the variable to set.
    """
    intent = spec.intent or DEFAULT_INTENT
    constraints = spec.constraints or PipelineConstraints()
    allowed = constraints.allow_list("s2s")
    if spec.provider is not None and spec.model is not None:
        allowed = AllowList(frozenset({(spec.provider.lower(), spec.model)}))
    chain = gateway.router.chain("s2s", intent, allowed, gateway.own_keys(organization_id))
    if chain.candidates:
        return chain.candidates
    reasons = chain.skipped
    hints = "; ".join(dict.fromkeys(skipped.hint for skipped in reasons if skipped.hint))
    raise ApiError(
        500,
        "SESSION_CREATE_FAILED",
        f"No speech-to-speech engine can be used: {hints or 'none is allowed by the constraints'}",
        reason=reasons[0].reason if reasons else "NO_CANDIDATE",
    )
