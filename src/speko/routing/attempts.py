"""Which candidate is tried next, for how long, and when to stop: the failover logic as a state machine without I/O.

Times are seconds of a monotonic clock that the caller passes in. `dispatch.py` is the shell around it that talks to
vendors. Source: contract, routing 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from speko.providers.call import Credential
from speko.providers.catalogue import Modality, Model
from speko.providers.errors import Blame, DeadlineExceeded, EmptyResult, ProviderError
from speko.routing.health import Health

_MOST_ATTEMPTS = 16
"""Vendor calls that one call of ours may cause."""
_LEAST = 0.5
"""Seconds below which asking a vendor is no use."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One vendor and model that can be asked now."""

    modality: Modality
    provider: str
    model: str
    """Row id of the scores."""
    wire_model: str
    """What the vendor calls it."""
    credential: Credential
    credential_id: str
    """Tells keys apart without showing them: `platform` or the id of the organisation's own key."""
    spec: Model | None = None
    """The catalogue's row, None for a model that the catalogue lacks."""
    embedded: bool = False
    unpriced: bool = False
    """On a platform key, for a price that nobody knows: a model that the catalogue lacks or has no price of, and that
    the operator does not offer by name."""
    scores_run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. `budget` is all that may pass before our own first byte, over all candidates."""

    connect: float = 3.0
    first_byte: float = 8.0
    gap: float = 10.0
    total: float = 120.0
    budget: float = 25.0

    def for_audio(self, seconds: float) -> "Deadlines":
        """Deadlines for an input of that many seconds of audio, which has to be listened to first.

        Recordings over a minute also lengthen the budget and the total by half of what is over it, so that two
        candidates still fit.
        """
        over = max(0.0, seconds - 60.0) / 2
        return Deadlines(
            connect=self.connect,
            first_byte=self.first_byte + 0.25 * seconds,
            gap=self.gap,
            total=self.total + over,
            budget=self.budget + over,
        )


@dataclass(slots=True)
class Attempt:
    """One candidate being tried. `first_byte_by` is a point in time, `connect_within` a duration."""

    candidate: Candidate
    position: int
    started: float
    connect_within: float
    first_byte_by: float
    cut_short: bool = False
    """The budget left it less time than it is due, so a missed deadline says nothing about it."""
    hedge: bool = False
    """It was asked beside another one that was slow, and not because that one had failed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A candidate that was tried and failed."""

    candidate: Candidate
    error: ProviderError


@dataclass(slots=True)
class Attempts:
    """The chain of one call.

    `next` hands out candidates, and `hedge` a second one beside the one that is being tried. Each is reported back
    exactly once: by `failed` before any of its output left us (then `next` may be asked again, once nothing else is
    being tried), or else by `succeeded`, `broke` or `cancelled`.
    """

    candidates: Sequence[Candidate]
    health: Health
    deadlines: Deadlines
    started: float
    failures: list[Failure] = field(default_factory=list)
    caller_error: ProviderError | None = None
    refused_by: Candidate | None = None
    """Who found the caller's content at fault."""
    silent: Candidate | None = None
    """The last candidate that listened to everything and heard nothing (speech to text)."""
    trying: list[Attempt] = field(default_factory=list)
    """What is being tried and was not reported back yet: at most two."""
    _pending: list[Candidate] = field(init=False)
    _position: int = 0

    def __post_init__(self) -> None:
        self._pending = list(self.candidates)

    @property
    def budget_by(self) -> float:
        """When our own first byte has to be out."""
        return self.started + min(self.deadlines.budget, self.deadlines.total)

    def next(self, now: float) -> Attempt | None:
        """The next candidate, or None when the call has failed.

        Candidates whose breaker is open come last, not never: when nothing else is left, an attempt that is likely
        to fail is better than none.
        """
        if not self._pending or not self._may_ask(now):
            return None
        return self._begin(next((c for c in self._pending if self._allowed(c, now)), self._pending[0]), now)

    def hedge(self, now: float) -> Attempt | None:
        """The runner-up, to be asked beside the one candidate that is being tried and is slow; None = there is nobody
        to ask.

        It is of another vendor, since what slows one model down often slows its neighbours, too. A breaker has to be
        closed: the one probe of a vendor in trouble is too good for a race that may cancel it. An embedded engine is
        faster than any vendor and answers worse, so it never races one.
        """
        if len(self.trying) != 1 or not self._may_ask(now):
            return None
        tried = self.trying[0].candidate
        for candidate in self._pending:
            if candidate.provider != tried.provider and not candidate.embedded and self._healthy(candidate, now):
                return self._begin(candidate, now, hedge=True)
        return None

    def _may_ask(self, now: float) -> bool:
        return not self.caller_error and self.budget_by - now >= _LEAST and self._position < _MOST_ATTEMPTS

    def _begin(self, candidate: Candidate, now: float, *, hedge: bool = False) -> Attempt:
        left = self.budget_by - now
        self._pending.remove(candidate)
        if left / 2 < _LEAST:
            self._pending.clear()  # nobody could answer in what would be left after this one
        # A slow candidate must leave time for the runner-up, since callers give up soon after the budget.
        within = min(self.deadlines.first_byte, left / 2 if self._pending else left)
        connect_within = min(self.deadlines.connect, within)
        cut_short = within < self.deadlines.first_byte
        attempt = Attempt(candidate, self._position, now, connect_within, now + within, cut_short, hedge)
        self._position += 1
        self.trying.append(attempt)
        self.health.begin(candidate.provider, candidate.model, candidate.credential_id, now)
        return attempt

    def failed(self, attempt: Attempt, error: ProviderError, now: float) -> None:
        """The candidate failed before anything of it reached the caller: decides what becomes of the others."""
        candidate = attempt.candidate
        self._report(attempt, error, now)
        if not error.retryable:
            self.caller_error, self.refused_by = error, candidate
            return
        self.failures.append(Failure(candidate, error))
        same = [c for c in self._pending if c.provider == candidate.provider]
        others = [c for c in self._pending if c.provider != candidate.provider]
        if error.blame is Blame.CREDENTIAL:
            self._pending = others
        elif error.blame is Blame.VENDOR:
            self._pending = others + same
        if isinstance(error, EmptyResult) and candidate.modality == "stt":
            # Silence is mostly silence: one second opinion, not a tour of all vendors. It may be on its way already.
            self._pending = self._pending[: 1 if self.silent is None and not self.trying else 0]
            self.silent = candidate

    def succeeded(self, attempt: Attempt) -> None:
        """The candidate served the whole answer. Its first byte alone proves nothing: a vendor that always stalls
        after it must still open its breaker."""
        self.trying.remove(attempt)
        candidate = attempt.candidate
        self.health.succeeded(candidate.provider, candidate.model, candidate.credential_id, attempt.started)

    def broke(self, attempt: Attempt, error: ProviderError, now: float) -> None:
        """The candidate failed after its first output: too late for another one."""
        self._report(attempt, error, now)

    def cancelled(self, attempt: Attempt) -> None:
        """The caller left, or another candidate was faster: this says nothing about the candidate."""
        self.trying.remove(attempt)
        self._release(attempt)

    def _release(self, attempt: Attempt) -> None:
        candidate = attempt.candidate
        self.health.released(candidate.provider, candidate.model, candidate.credential_id, attempt.started)

    def _report(self, attempt: Attempt, error: ProviderError, now: float) -> None:
        self.trying.remove(attempt)
        if isinstance(error, DeadlineExceeded) and (error.stage == "total" or attempt.cut_short):
            self._release(attempt)  # it was our time that ran out
            return
        candidate = attempt.candidate
        self.health.failed(
            candidate.provider, candidate.model, candidate.credential_id, error, began=attempt.started, now=now
        )

    def _allowed(self, candidate: Candidate, now: float) -> bool:
        return self.health.allows(candidate.provider, candidate.model, candidate.credential_id, now)

    def _healthy(self, candidate: Candidate, now: float) -> bool:
        return self.health.closed(candidate.provider, candidate.model, candidate.credential_id, now)
