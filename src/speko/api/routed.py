"""One routed call as an ASGI application: ask the candidates, hold the headers back until one has produced something,
stream it, book it, and end everything when the caller leaves. Source: contract, routing 8 and 9.
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import Any, Generic, TypeVar

from litestar import Request
from litestar.types import Message, Receive, Scope, Send

from speko.api.context import context_of
from speko.api.errors import ApiError, invalid
from speko.api.gateway import gateway_of
from speko.api.leaving import Leaving
from speko.api.limiting import affordable_or_refused
from speko.api.openai.shape import is_door
from speko.providers.call import Call
from speko.providers.catalogue import Modality
from speko.routing.attempts import Attempts, Candidate, Failure
from speko.routing.dispatch import CallerFault, CallerStalled, Dispatch, NoAnswer, Served, cause_of
from speko.routing.hedging import Hedging
from speko.routing.intent import PipelineConstraints, RoutingIntent
from speko.routing.metering import CallInfo, Meter
from speko.routing.openings import openings, told
from speko.routing.router import Skipped

_NO_CONSTRAINTS = PipelineConstraints()
_SESSION_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
E = TypeVar("E")


class RoutedCall(ABC, Generic[E]):
    """Base of the three one-shot endpoints; they say how a candidate is called and how its output is written."""

    endpoint: str
    modality: Modality
    failed_code: str
    invalid_code = "VALIDATION_ERROR"
    """Code of a 400 when a vendor refuses the caller's content."""
    whole = False
    """The answer leaves in one piece, so a candidate that breaks off may still be replaced."""

    def __init__(
        self, request: Request[Any, Any, Any], intent: RoutingIntent, constraints: PipelineConstraints | None
    ) -> None:
        self.gateway = gateway_of(request.app)
        self.intent = intent
        self._by_door = is_door(request.scope["path"])
        context = context_of(request)
        self.info = CallInfo(
            self.endpoint,
            context.request_id,
            context.organization_id,
            api_key_id=context.api_key_id,
            traceparent=context.traceparent,
            named_session_id=_named_session(request.scope),
        )
        self._allowed = (constraints or _NO_CONSTRAINTS).allow_list(self.modality)
        own_keys = self.gateway.own_keys(context.organization_id)
        chain = self.gateway.router.chain(self.modality, intent, self._allowed, own_keys)
        limits, caller = self.gateway.limits, (context.organization_id, context.api_key_id)
        self.chain = affordable_or_refused(
            limits, chain, limits.spending(*caller), limited=limits.limits_spending(*caller)
        )
        self.candidates = self.chain.candidates

    @abstractmethod
    def open(self, candidate: Candidate, call: Call) -> AsyncIterator[Sequence[E]]:
        """Calls one candidate."""

    @abstractmethod
    def useful(self, batch: Sequence[E]) -> bool:
        """Whether a batch holds something worth sending headers for."""

    @abstractmethod
    async def respond(self, served: Served[E], send: Send) -> None:
        """Writes the answer. Raises nothing of the provider's: after the headers it ends the body in its own way."""

    def audio_seconds(self) -> float:
        """Length of the audio that has to be heard first."""
        return 0.0

    def size(self) -> float:
        """How much there is to take in before anything can be said: seconds of audio, or characters."""
        return self.audio_seconds()

    def chosen(self, refused: Failure) -> str | None:
        """The member of the request, empty for its whole body, by which the caller chose what a candidate could not do;
        None = the failure is not the caller's doing."""
        return None

    async def respond_to_silence(self, dispatch: Dispatch[E], send: Send) -> bool:
        """Answers when every candidate finished without output; False = that is a failure like any other."""
        return False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        gateway = self.gateway
        deadlines = gateway.deadlines.for_audio(self.audio_seconds())
        attempts = Attempts(self.candidates, gateway.router.health, deadlines, gateway.now())
        hedging = None if gateway.usual is None else Hedging(gateway.usual, self.size())
        meter = Meter(self.info, gateway.ledger)
        dispatch = Dispatch(attempts, self.open, self.useful, meter, whole=self.whole, hedging=hedging)
        try:
            with gateway.in_flight.here():
                async with Leaving(receive):
                    await self._answer(dispatch, send)
        finally:
            self.release()

    async def _answer(self, dispatch: Dispatch[E], send: Send) -> None:
        try:
            served = await dispatch.first()
        except NoAnswer as failure:
            if not await self.respond_to_silence(dispatch, send):
                raise self._total_failure(failure) from None
            return
        except CallerFault as fault:
            text = f"{fault.candidate.provider} refused the request: {fault.error.message}"
            raise invalid(text, code=self.invalid_code) from None
        if served.candidate.embedded:
            self.gateway.embedded_serves(self.endpoint, served.candidate.provider)

        async def deliver(message: Message) -> None:
            await served.deliver(send(message))

        cause = "crash"
        try:
            await self.respond(served, deliver)
        except asyncio.CancelledError as cancellation:
            cause = cause_of(cancellation)
            raise
        except CallerStalled:
            cause = "caller_stalled"  # the body stays without an end, so the server cuts the connection
        finally:
            await served.close(cause)

    def release(self) -> None:
        """Frees what the call holds beside the vendor's stream."""

    def headers(self, candidate: Candidate, failover_count: int) -> list[tuple[bytes, bytes]]:
        """The `X-Speko-…` headers of an answer."""
        headers = [
            (b"x-speko-provider", candidate.provider.encode()),
            (b"x-speko-model", candidate.model.encode("latin-1", "replace")),
            (b"x-speko-failover-count", str(failover_count).encode()),
        ]
        if candidate.scores_run_id is not None:
            headers.append((b"x-speko-scores-run-id", candidate.scores_run_id.encode()))
        if candidate.embedded:
            headers.append((b"x-speko-embedded", b"true"))
        return headers

    def _total_failure(self, failure: NoAnswer) -> ApiError:
        errors = [
            {"provider": f.candidate.provider, "model": f.candidate.model, "message": f.error.message}
            for f in failure.failures
        ]
        if errors:
            total: dict[str, Any] = {"reason": "ALL_PROVIDERS_FAILED", "errors": errors}
            chosen = [self.chosen(f) for f in failure.failures]
            if None in chosen:
                return ApiError(500, self.failed_code, "Every provider failed", **total)
            # Nobody is in trouble, and the same request would be refused again.
            text = "; ".join(dict.fromkeys(f"{error['provider']}: {error['message']}" for error in errors))
            issues = [{"path": path, "message": "cannot be served"} for path in dict.fromkeys(chosen)]
            return ApiError(400, self.invalid_code, f"Nobody can do what was asked: {text}", issues=issues, **total)
        return self._no_candidate()

    def _no_candidate(self) -> ApiError:
        skipped: Sequence[Skipped] = self.chain.skipped
        text = f"No provider can serve {self.modality} for {self.intent.language}"
        hints = "; ".join(sorted({s.hint for s in skipped if s.hint})[:3])
        if not hints and not self.candidates:
            own_keys = self.gateway.own_keys(self.info.organization_id)
            might = openings(self.gateway.router, self.modality, self.intent, self._allowed, own_keys)
            hints, skipped = told(might), (*skipped, *might)
        if hints:
            text += f": {hints}"
        if self._by_door and not self.candidates:
            # That API's clients repeat a 5xx by themselves, and what is not configured will not be a moment later.
            return ApiError(404, "MODEL_NOT_FOUND", text, issues=[{"path": "model", "message": "is not usable"}])
        errors = [
            {"provider": s.provider, "model": s.model, "message": s.hint or s.reason, "reason": s.reason}
            for s in skipped
        ]
        reason = "NO_CONNECTOR" if errors and all(s.reason == "NO_CONNECTOR" for s in skipped) else "NO_CANDIDATE"
        return ApiError(500, self.failed_code, text, reason=reason, errors=errors)


def _named_session(scope: Scope) -> str | None:
    """The session that the caller says the call belongs to. Whether there is one is seen when it is booked."""
    for name, value in scope["headers"]:
        if name == b"x-session-id":
            named = value.strip().lower()
            return named.decode() if _SESSION_ID.fullmatch(named) else None
    return None
