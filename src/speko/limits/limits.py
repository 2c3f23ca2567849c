"""Everything that is limited, asked at once and answered from memory."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from speko.limits.ceilings import CeilingTable, Exceeded, Kind, Override
from speko.limits.concurrency import HOLD, Concurrency
from speko.limits.request_rates import RequestRates
from speko.limits.spend import Spend, month_end
from speko.routing.ledger import UsageRow

EndReason = Literal["limit_reached", "insufficient_credits"]
_TRY_AGAIN = 5.0
"""Seconds: nobody knows when a session ends, or a credit comes."""


class Limits:
    """The limits of one process.

    Args:
        ceilings: what may be used at most.
        enforce_credits: whether a credit that is used up keeps platform keys from being used.
        several: whether other processes serve the same callers: a session may be claimed elsewhere than created.
        clock: monotonic seconds.
        now: the time, in UTC.
        end_session: ends a live session; called from within `booked`, `enforce` and `replace`, so it must only take
            note.
        refused: hears of each request, session and call that a limit refuses, and of each session that it ends.
    """

    def __init__(
        self,
        ceilings: CeilingTable,
        *,
        enforce_credits: bool,
        several: bool,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        end_session: Callable[[str, EndReason], None],
        refused: Callable[[Kind], None],
    ) -> None:
        self.ceilings = ceilings
        self.enforces_credits = enforce_credits
        self._several = several
        self.rates = RequestRates()
        self.sessions = Concurrency()
        self.spend = Spend(now())
        self._clock = clock
        self._now = now
        self._end_session = end_session
        self.refused = refused
        """To be called by whoever refuses a call for `spending`: what is on own keys goes on."""
        self._credit: Mapping[str, int] = {}
        self._live: dict[str, tuple[str, str | None]] = {}
        """Live sessions, and whose they are."""
        self._spending: dict[str, dict[str | None, set[str]]] = {}
        """Those that have cost something, by organisation and key."""

    def replace(self, overrides: Mapping[str, Override], credit: Mapping[str, int]) -> None:
        """Takes over what is stored: limits by subject, and by organisation what was ever credited, in micro-USD."""
        self.ceilings.replace(overrides)
        self._credit = credit
        self.enforce()

    # ---- requests

    def request(self, organization_id: str, key_id: str) -> Exceeded | None:
        """Counts a request, unless a limit is in its way."""
        if not self.ceilings.any_requests:
            return None
        now = self._clock()
        of_key = self.ceilings.key(key_id).requests_per_minute
        of_organization = self.ceilings.organization(organization_id).requests_per_minute
        if of_key is not None and (wait := self.rates.wait(key_id, of_key, now)):
            return self._refusing(Exceeded("requests", "key", of_key, wait))
        if of_organization is not None and (wait := self.rates.wait(organization_id, of_organization, now)):
            return self._refusing(Exceeded("requests", "organization", of_organization, wait))
        if of_key is not None:
            self.rates.take(key_id, of_key, now)
        if of_organization is not None:
            self.rates.take(organization_id, of_organization, now)
        return None

    # ---- sessions

    def hold_session(self, session_id: str, organization_id: str, key_id: str | None) -> Exceeded | None:
        """A session is being created: it gets a place for a minute, unless there is none."""
        exceeded = self._no_place(organization_id, key_id)
        if exceeded is None:
            self.sessions.hold(session_id, _subjects(organization_id, key_id), self._clock())
        return exceeded

    def begin_session(
        self, session_id: str, organization_id: str, key_id: str | None, created_at: datetime
    ) -> Exceeded | None:
        """A session is claimed by a socket: its place lasts now, unless it has lapsed and there is none any more. A
        session that is refused here is over."""
        now, counted = self._clock(), self._has_place(session_id, created_at)
        exceeded = self._no_place(organization_id, key_id, counted=counted)
        if exceeded is None or counted:
            self.sessions.begin(session_id, _subjects(organization_id, key_id), counted=counted, now=now)
        if exceeded is None:
            self._live[session_id] = (organization_id, key_id)
        else:
            self.sessions.end(session_id)  # its place, here or in the process that made it, is another's
        return exceeded

    def abandon_session(self, session_id: str, organization_id: str, key_id: str | None, created_at: datetime) -> None:
        """A session that no socket has claimed is gone: its place is free, wherever it was made."""
        now = self._clock()
        if not self._has_place(session_id, created_at):
            return
        for _, subject, ceilings in self.ceilings.subjects(organization_id, key_id):
            if ceilings.concurrent_sessions is not None:
                self.sessions.full(subject, ceilings.concurrent_sessions, now)  # so that the others are told
        self.sessions.begin(session_id, _subjects(organization_id, key_id), counted=True, now=now)
        self.sessions.end(session_id)

    def _has_place(self, session_id: str, created_at: datetime) -> bool:
        # Where another process may have created it: what is young has a place there.
        young = self._several and (self._now() - created_at).total_seconds() < HOLD
        return young or self.sessions.holds(session_id, self._clock())

    def end_session(self, session_id: str) -> None:
        """A session is over, or was not created after all. Idempotent."""
        self.sessions.end(session_id)
        self._spends_no_more(session_id)

    def _no_place(self, organization_id: str, key_id: str | None, *, counted: bool = False) -> Exceeded | None:
        now = self._clock()
        for scope, subject, ceilings in self.ceilings.subjects(organization_id, key_id):
            most = ceilings.concurrent_sessions
            if most is None:
                continue
            if self.sessions.crowded(subject, most) if counted else self.sessions.full(subject, most, now):
                return self._refusing(Exceeded("sessions", scope, most, _TRY_AGAIN))
        return None

    def _refusing(self, exceeded: Exceeded) -> Exceeded:
        self.refused(exceeded.kind)
        return exceeded

    # ---- money

    def spending(self, organization_id: str, key_id: str | None) -> Exceeded | None:
        """What keeps a caller from using platform keys, or None."""
        if self.enforces_credits and self.balance(organization_id) <= 0:
            return Exceeded("credits", "organization", 0, _TRY_AGAIN)
        if not self.ceilings.any_spend:
            return None
        now = self._now()
        spent = self.spend.monthly(now)
        for scope, subject, ceilings in self.ceilings.subjects(organization_id, key_id):
            most = ceilings.monthly_spend_micro_usd
            if most is not None and spent.of(subject) >= most:
                return Exceeded("spend", scope, most, (month_end(now) - now).total_seconds())
        return None

    def limits_spending(self, organization_id: str, key_id: str | None) -> bool:
        """Whether what a caller spends is limited at all."""
        if self.enforces_credits:
            return True
        return self.ceilings.any_spend and any(
            ceilings.monthly_spend_micro_usd is not None
            for _, _, ceilings in self.ceilings.subjects(organization_id, key_id)
        )

    def balance(self, organization_id: str) -> int:
        """What is left of an organisation's credit, in micro-USD. True only where credits are enforced."""
        return self._credit.get(organization_id, 0) - self.spend.ever(organization_id)

    def booked(self, row: UsageRow) -> None:
        """A call was served. Ends the live session that it was for when a limit is passed with it, and every other
        that spends the same money."""
        if not row.cost_micro_usd:
            return
        self.spend.add(row.organization_id, row.api_key_id, row.cost_micro_usd, row.created_at)
        if row.session_id is not None and (whose := self._live.get(row.session_id)):
            organization_id, key_id = whose
            self._spending.setdefault(organization_id, {}).setdefault(key_id, set()).add(row.session_id)
        if row.organization_id in self._spending:
            self._enforce_on(row.organization_id)

    def enforce(self) -> None:
        """Ends the live sessions that spend what is used up; for when others have spent it."""
        for organization_id in list(self._spending):
            self._enforce_on(organization_id)

    def _enforce_on(self, organization_id: str) -> None:
        for key_id, sessions in list(self._spending[organization_id].items()):
            exceeded = self.spending(organization_id, key_id)
            if exceeded is None:
                continue
            for session_id in list(sessions):
                self._spends_no_more(session_id)
                self.refused(exceeded.kind)
                self._end_session(session_id, "insufficient_credits" if exceeded.kind == "credits" else "limit_reached")

    def _spends_no_more(self, session_id: str) -> None:
        """Nothing ends it for money any more."""
        organization_id, key_id = self._live.pop(session_id, ("", None))
        by_key = self._spending.get(organization_id, {})
        sessions = by_key.get(key_id, set())
        sessions.discard(session_id)
        if not sessions:
            by_key.pop(key_id, None)
        if not by_key:
            self._spending.pop(organization_id, None)


def _subjects(organization_id: str, key_id: str | None) -> tuple[str, ...]:
    return (organization_id,) if key_id is None else (key_id, organization_id)
