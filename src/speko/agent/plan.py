"""Whom the agent of one session may call: made by the gateway, which alone routes and holds keys, and sent to the agent
process when the session opens."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from msgspec import Struct

from speko.agent.context import TurnOptions
from speko.agent.reports import HealthReport, apply_health
from speko.limits.affordable import affordable
from speko.limits.ceilings import Exceeded
from speko.providers.catalogue import Modality
from speko.providers.registry import Registry
from speko.routing.access import OwnKeys
from speko.routing.attempts import Candidate, Deadlines
from speko.routing.health import Health
from speko.routing.intent import OptimizeFor, PipelineConstraints, RoutingIntent
from speko.routing.ledger import Ledger
from speko.routing.router import Chain, Router

STAGES: Final[tuple[Modality, ...]] = ("stt", "llm", "tts")
_ENGLISH = RoutingIntent("en")
_NO_CONSTRAINTS = PipelineConstraints()


class NoStage(Exception):
    """A stage of the agent has nobody to call. The hint says what to set, for people."""

    def __init__(self, modality: Modality, hint: str) -> None:
        super().__init__(f"the voice agent has no {modality.upper()}: {hint}")
        self.modality = modality
        self.hint = hint


class OpenBreaker(Struct, frozen=True):
    """A vendor's model that shall rest, or one credential there (`credential_id`)."""

    provider: str
    model: str
    credential_id: str | None
    seconds: float


class SessionPlan(Struct, frozen=True, kw_only=True):
    """The part of a plan that goes to the agent process. It holds keys, so its repr is short."""

    organization_id: str
    session_id: str
    request_id: str
    language: str
    """BCP-47."""
    optimize_for: OptimizeFor
    candidates: dict[Modality, tuple[Candidate, ...]]
    """For `stt`, `llm` and `tts`: best first. Without the catalogue's rows, which the process has itself."""
    deadlines: Deadlines
    turns: TurnOptions
    api_key_id: str | None = None
    traceparent: str | None = None

    def __repr__(self) -> str:
        return f"SessionPlan(session_id={self.session_id!r})"

    def known_to(self, registry: Registry) -> dict[Modality, tuple[Candidate, ...]]:
        """The candidates with the rows of a catalogue; without those that it has no connector for."""
        return {modality: tuple(_known(registry, chain)) for modality, chain in self.candidates.items()}


@dataclass(frozen=True, slots=True, repr=False)
class AgentPlan:
    """What `S2sRequest.plan` is for the gateway's own agent."""

    session: SessionPlan
    ledger: Ledger
    """Takes the rows of what the agent called. It may get some after the session's end."""
    on_health: Callable[[HealthReport], None]
    """Hears how the agent's calls went."""
    breakers: Callable[[], tuple[OpenBreaker, ...]]
    """Those of the candidates that are open now."""


def make_plan(
    router: Router,
    own_keys: OwnKeys,
    intent: RoutingIntent | None,
    constraints: PipelineConstraints | None,
    *,
    organization_id: str,
    session_id: str,
    request_id: str,
    ledger: Ledger,
    deadlines: Deadlines | None = None,
    turns: TurnOptions | None = None,
    api_key_id: str | None = None,
    traceparent: str | None = None,
    exceeded: Exceeded | None = None,
    limited: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> AgentPlan:
    """Routes each stage of the agent, so that intent, constraints and the setting `embedded` hold in each.

    Without an intent (a pinned engine needs none) the language is English. The agent's attempts and usage are booked in
    `ledger`; `exceeded` is a limit that keeps the caller from using platform keys, `limited` whether there is one at
    all; `clock` is that of the router's breakers, in seconds.

    Raises:
        NoStage: nobody can be called for one of them.
    """
    wanted = intent or _ENGLISH
    candidates = route_stages(router, own_keys, wanted, constraints, exceeded, limited=limited)
    everyone = [candidate for chain in candidates.values() for candidate in chain]
    session = SessionPlan(
        organization_id=organization_id,
        session_id=session_id,
        request_id=request_id,
        language=wanted.language,
        optimize_for=wanted.optimize_for,
        candidates=candidates,
        deadlines=deadlines or Deadlines(),
        turns=turns or TurnOptions(),
        api_key_id=api_key_id,
        traceparent=traceparent,
    )
    return AgentPlan(
        session=session,
        ledger=ledger,
        on_health=lambda report: apply_health(router.health, report, clock()),
        breakers=lambda: tuple(_open_breakers(router.health, everyone, clock())),
    )


def route_stages(
    router: Router,
    own_keys: OwnKeys,
    intent: RoutingIntent | None,
    constraints: PipelineConstraints | None,
    exceeded: Exceeded | None = None,
    *,
    limited: bool = False,
) -> dict[Modality, tuple[Candidate, ...]]:
    """Whom the agent may call in each stage, best first, without the catalogue's rows.

    Raises:
        NoStage: nobody can be called for one of them.
    """
    wanted, allowed = intent or _ENGLISH, constraints or _NO_CONSTRAINTS
    candidates = {}
    for modality in STAGES:
        chain = router.chain(modality, wanted, allowed.allow_list(modality), own_keys)
        chain = affordable(chain, exceeded, limited=limited)
        if not chain.candidates:
            raise NoStage(modality, _hint(chain, wanted.language))
        candidates[modality] = tuple(replace(candidate, spec=None) for candidate in chain.candidates)
    return candidates


def _hint(chain: Chain, language: str) -> str:
    # First what somebody can do something about.
    skipped = sorted(chain.skipped, key=lambda one: one.reason in ("NO_CONNECTOR", "EMBEDDED_NOT_NEEDED"))
    hints = dict.fromkeys(one.hint for one in skipped if one.hint)
    return "; ".join(list(hints)[:3]) or f"no provider is known for {language}"


def _open_breakers(health: Health, candidates: list[Candidate], now: float) -> Iterator[OpenBreaker]:
    seen = set()
    for candidate in candidates:
        for credential_id in (None, candidate.credential_id):
            key = (candidate.provider, candidate.model, credential_id)
            seconds = health.rest_of(*key, now)
            if seconds and key not in seen:
                seen.add(key)
                yield OpenBreaker(*key, seconds)


def _known(registry: Registry, chain: tuple[Candidate, ...]) -> Iterator[Candidate]:
    for candidate in chain:
        registration = registry.get(candidate.provider)
        if registration is not None and getattr(registration, candidate.modality) is not None:
            spec = registry.model(candidate.provider, candidate.modality, candidate.model)
            yield replace(candidate, spec=spec)
