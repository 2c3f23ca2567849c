"""Which engines a session may use, in order. Source: contract, sessions 1.2 and routing 7."""

from collections.abc import Sequence

from speko.agent.plan import NoStage, route_stages
from speko.api.errors import ApiError
from speko.api.limiting import affordable_or_refused, spending_refused
from speko.api.parts import Parts
from speko.limits.affordable import on_platform_key
from speko.limits.ceilings import Exceeded
from speko.realtime.spec import SessionSpec
from speko.routing.access import OwnKeys
from speko.routing.attempts import Candidate
from speko.routing.intent import AllowList, PipelineConstraints, RoutingIntent

DEFAULT_INTENT = RoutingIntent("en")
"""Of a pinned session that names none."""


def candidates_of(
    gateway: Parts, organization_id: str, api_key_id: str | None, spec: SessionSpec
) -> tuple[Candidate, ...]:
    """The engines, best first; a pinned one alone.

    Raises:
        ApiError: 500 `SESSION_CREATE_FAILED`: there is none. It names the variable to set. 402 or 429: there are some,
            and the caller's money is used up.
    """
    intent = spec.intent or DEFAULT_INTENT
    constraints = spec.constraints or PipelineConstraints()
    allowed = constraints.allow_list("s2s")
    if spec.provider is not None and spec.model is not None:
        allowed = AllowList(frozenset({(spec.provider.lower(), spec.model)}))
    own_keys = gateway.own_keys(organization_id)
    exceeded = gateway.limits.spending(organization_id, api_key_id)
    limited = gateway.limits.limits_spending(organization_id, api_key_id)
    everybody = gateway.router.chain("s2s", intent, allowed, own_keys)
    chain = affordable_or_refused(gateway.limits, everybody, exceeded, limited=limited)
    is_agent = any(map(_is_agent, chain.candidates))
    unusable = why_no_agent(gateway, own_keys, spec, exceeded, limited=limited) if is_agent else None
    candidates = tuple(c for c in chain.candidates if unusable is None or not _is_agent(c))
    if candidates:
        return candidates
    if exceeded is not None and (
        any(map(on_platform_key, everybody.candidates)) or why_no_agent(gateway, own_keys, spec) is None
    ):
        raise spending_refused(gateway.limits, exceeded)
    told = {skipped.hint: skipped.reason for skipped in chain.skipped if skipped.hint}
    if unusable is not None:
        told[unusable] = "NO_CREDENTIAL"
    raise ApiError(
        500,
        "SESSION_CREATE_FAILED",
        f"No speech-to-speech engine can be used: {'; '.join(told) or 'none is allowed by the constraints'}",
        reason=next(iter(told.values()), "NO_CANDIDATE"),
    )


def with_current_keys(
    gateway: Parts, organization_id: str, api_key_id: str | None, candidates: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """The same engines with the credentials that the organisation has now; without those it has none for any more, or
    no money."""
    own_keys, limits = gateway.own_keys(organization_id), gateway.limits
    exceeded = limits.spending(organization_id, api_key_id)
    limited = limits.limits_spending(organization_id, api_key_id)
    renewed = (gateway.router.renewed(candidate, own_keys) for candidate in candidates)
    return tuple(
        c for c in renewed if c is not None and not (exceeded and on_platform_key(c)) and not (limited and c.unpriced)
    )


def _is_agent(candidate: Candidate) -> bool:
    return candidate.spec is not None and candidate.spec.composite


def why_no_agent(
    gateway: Parts, own_keys: OwnKeys, spec: SessionSpec, exceeded: Exceeded | None = None, *, limited: bool = False
) -> str | None:
    """What keeps the gateway's own agent from serving, for people; None = nothing. `exceeded`: a limit that keeps the
    caller from using platform keys; `limited`: there is one."""
    if not gateway.settings.agent_processes:
        return "the voice agent is off (setting `agent_processes`)"
    try:
        route_stages(gateway.router, own_keys, spec.intent, spec.constraints, exceeded, limited=limited)
    except NoStage as missing:
        return str(missing)
    return None
