"""What keeps a caller from being served, and which live sessions end when money runs out."""

from datetime import UTC, datetime

import pytest

from speko.limits.affordable import affordable, on_platform_key
from speko.limits.ceilings import Ceilings, CeilingTable, Exceeded, Kind, Override
from speko.limits.concurrency import HOLD
from speko.limits.limits import EndReason, Limits
from speko.limits.spend import month_start
from speko.providers.call import Credential
from speko.routing.attempts import Candidate
from speko.routing.intent import RoutingIntent
from speko.routing.ledger import UsageRow
from speko.routing.ranking import Ranking
from speko.routing.router import Chain
from tests.limits.clocks import Clock
from tests.limits.sets import Sets

NOBODY = Ceilings()


class Desk:
    """Limits on a clock, and the sessions that they ended."""

    def __init__(
        self, key: Ceilings = NOBODY, organization: Ceilings = NOBODY, *, credits: bool = False, several: bool = False
    ) -> None:
        self.clock = Clock()
        self.ended: list[tuple[str, EndReason]] = []
        self.refused: list[Kind] = []
        self.limits = Limits(
            CeilingTable(key, organization),
            enforce_credits=credits,
            several=several,
            clock=self.clock,
            now=self.clock.now,
            end_session=lambda session_id, reason: self.ended.append((session_id, reason)),
            refused=self.refused.append,
        )

    def book(self, cost: int, key: str | None = "key_1", session: str | None = None, organization: str = "org") -> None:
        self.limits.booked(
            UsageRow(
                id="use_1",
                request_id="req_1",
                organization_id=organization,
                session_id=session,
                provider="a",
                model="m",
                type="llm",
                metric="llm_tokens",
                quantity=1,
                key_source="MANAGED",
                charge_kind="add_on",
                cost_micro_usd=cost,
                audio_ms=0,
                estimated=False,
                created_at=self.clock.now(),
                api_key_id=key,
            )
        )


def test_overrides_stand_over_defaults_and_zero_is_no_limit() -> None:
    defaults = Ceilings(60, 2, 1000)
    assert Override().over(defaults) == defaults
    assert Override(0, None, 5).over(defaults) == Ceilings(None, 2, 5)
    table = CeilingTable(defaults, NOBODY)
    table.replace({"key_1": Override(0), "org": Override(concurrent_sessions=7)})
    assert table.key("key_1") == Ceilings(None, 2, 1000)
    assert table.key("key_2") == defaults
    assert table.organization("org") == Ceilings(None, 7, None)
    assert [scope for scope, _, _ in table.subjects("org", None)] == ["organization"]
    assert (table.any_requests, table.any_spend) == (True, True)
    assert not CeilingTable(NOBODY, NOBODY).any_requests


def test_a_request_that_one_limit_refuses_costs_the_other_nothing() -> None:
    desk = Desk(Ceilings(1), Ceilings(2))
    assert desk.limits.request("org", "key_1") is None
    refused = desk.limits.request("org", "key_1")
    assert refused == Exceeded("requests", "key", 1, 60.0)
    assert desk.limits.request("org", "key_2") is None
    refused = desk.limits.request("org", "key_3")
    assert refused is not None
    assert (refused.scope, refused.most) == ("organization", 2)
    assert desk.refused == ["requests", "requests"]


def test_nobody_is_counted_where_nobody_is_limited() -> None:
    desk = Desk()
    assert all(desk.limits.request("org", "key_1") is None for _ in range(1000))
    assert not desk.limits.rates._buckets


def test_sessions_are_counted_at_creation_and_again_at_the_claim() -> None:
    desk = Desk(organization=Ceilings(concurrent_sessions=1))
    created = desk.clock.now()
    assert desk.limits.hold_session("a", "org", "key_1") is None
    assert desk.limits.hold_session("b", "org", "key_2") is not None
    assert desk.limits.begin_session("a", "org", "key_1", created) is None
    desk.limits.end_session("a")
    assert desk.limits.hold_session("c", "org", "key_1") is None
    desk.clock.seconds += HOLD + 1
    assert desk.limits.hold_session("d", "org", None) is None
    late = desk.limits.begin_session("c", "org", "key_1", created)
    assert late is not None
    assert (late.kind, late.scope, late.most) == ("sessions", "organization", 1)
    assert desk.refused == ["sessions", "sessions"]


def test_a_young_session_has_a_place_in_the_process_that_made_it() -> None:
    alone, several = Desk(Ceilings(None, 1)), Desk(Ceilings(None, 1), several=True)
    for desk, code in ((alone, "sessions"), (several, None)):
        desk.limits.hold_session("a", "org", "key_1")
        found = desk.limits.begin_session("made elsewhere", "org", "key_1", desk.clock.now())
        assert (found.kind if found else None) == code


def test_of_two_that_got_the_last_place_one_is_served() -> None:
    sets = Sets()
    one, other = (Desk(Ceilings(None, 1), several=True) for _ in range(2))
    for desk, session in ((one, "a"), (other, "b")):
        assert desk.limits.hold_session(session, "org", "key_1") is None
    for desk in (one, other, one):
        sets.run(desk.limits.sessions, desk.clock())
    created = one.clock.now()
    refused = other.limits.begin_session("a", "org", "key_1", created)  # claimed where it was not made
    assert refused is not None
    assert refused.kind == "sessions"
    for desk in (other, one):
        sets.run(desk.limits.sessions, desk.clock())
    assert other.limits.begin_session("b", "org", "key_1", created) is None


def test_an_abandoned_session_gives_its_place_back_wherever_it_was_made() -> None:
    sets = Sets()
    one, other = (Desk(Ceilings(None, 1), several=True) for _ in range(2))
    assert one.limits.hold_session("a", "org", "key_1") is None
    for desk in (one, other, one):
        sets.run(desk.limits.sessions, desk.clock())
    assert one.limits.hold_session("b", "org", "key_1") is not None
    other.limits.abandon_session("a", "org", "key_1", one.clock.now())
    for desk in (other, one):
        sets.run(desk.limits.sessions, desk.clock())
    assert one.limits.hold_session("b", "org", "key_1") is None


def test_spend_of_a_month() -> None:
    desk = Desk(Ceilings(None, None, 100), Ceilings(None, None, 150))
    desk.book(0)
    desk.book(99)
    assert desk.limits.spending("org", "key_1") is None
    desk.book(1)
    reached = desk.limits.spending("org", "key_1")
    assert reached is not None
    assert (reached.kind, reached.scope, reached.most) == ("spend", "key", 100)
    april = datetime(2026, 4, 1, tzinfo=UTC)
    assert reached.retry_after == (april - desk.clock.now()).total_seconds()
    assert desk.limits.spending("org", "key_2") is None
    desk.book(50, key=None)
    found = [desk.limits.spending("org", key) for key in ("key_2", None)]
    assert [reached.scope if reached else None for reached in found] == ["organization", "organization"]
    desk.clock.seconds += reached.retry_after
    assert desk.limits.spending("org", "key_1") is None, "a new month"


def test_sessions_that_spend_what_is_used_up_end() -> None:
    desk = Desk(organization=Ceilings(None, None, 100))
    for session in ("spends", "spends too", "costs nothing", "elsewhere"):
        desk.limits.begin_session(session, "org 2" if session == "elsewhere" else "org", "key_1", desk.clock.now())
    desk.book(10, session="spends")
    desk.book(10, session="elsewhere", organization="org 2")
    desk.book(0, session="costs nothing")
    desk.book(89, session="spends too")
    assert desk.ended == []
    desk.book(1)  # a call outside of any session
    assert sorted(desk.ended) == [("spends", "limit_reached"), ("spends too", "limit_reached")]
    desk.book(1, session="costs nothing")
    assert desk.ended[2:] == [("costs nothing", "limit_reached")], "now it does"
    desk.book(1, session="spends")
    assert len(desk.ended) == 3, "each once"
    assert desk.refused == ["spend"] * 3
    desk.limits.end_session("spends")
    assert list(desk.limits._spending) == ["org 2"], "nothing is kept of what has ended"


def test_what_others_spent_ends_sessions_too() -> None:
    desk = Desk(Ceilings(None, None, 100))
    desk.limits.begin_session("a", "org", "key_1", desk.clock.now())
    desk.book(60, session="a")
    desk.limits.spend.read(month_start(desk.clock.now()), {"org": 99, "key_1": 99}, {})
    desk.limits.enforce()
    assert desk.ended == []
    desk.limits.spend.read(month_start(desk.clock.now()), {"org": 100, "key_1": 100}, {})
    desk.limits.enforce()
    assert desk.ended == [("a", "limit_reached")]


def test_credit() -> None:
    desk = Desk(credits=True)
    assert desk.limits.spending("org", "key_1") == Exceeded("credits", "organization", 0, 5.0)
    desk.limits.replace({}, {"org": 30})
    desk.limits.begin_session("a", "org", "key_1", desk.clock.now())
    desk.book(29, session="a")
    assert desk.limits.spending("org", "key_1") is None
    desk.book(1, session="a")
    assert desk.ended == [("a", "insufficient_credits")]
    assert desk.limits.balance("org") == 0
    desk.limits.replace({}, {"org": 31})
    assert desk.limits.spending("org", "key_1") is None


def candidate(provider: str, source: str, *, embedded: bool = False, unpriced: bool = False) -> Candidate:
    credential = Credential("key", None, "BYOK" if source == "BYOK" else "MANAGED")
    return Candidate("llm", provider, "m", "m", credential, "platform", embedded=embedded, unpriced=unpriced)


RANKING = Ranking(modality="llm", intent=RoutingIntent("en"), entries=(), left_out=(), notes=())


def test_what_would_spend_and_show_nowhere_is_for_nobody_whose_spending_is_limited() -> None:
    chain = Chain(RANKING, (candidate("a", "MANAGED", unpriced=True), candidate("b", "MANAGED")), ())
    assert affordable(chain, None, limited=False) is chain
    kept = affordable(chain, None, limited=True)
    assert [c.provider for c in kept.candidates] == ["b"]
    assert [(s.provider, s.reason) for s in kept.skipped] == [("a", "PRICE_UNKNOWN")]


@pytest.mark.parametrize(
    ("desk", "limited"),
    [
        (Desk(), (False, False)),
        (Desk(Ceilings(60, 2, None)), (False, False)),
        (Desk(Ceilings(None, None, 5)), (True, False)),
        (Desk(organization=Ceilings(None, None, 5)), (True, True)),
        (Desk(credits=True), (True, True)),
    ],
)
def test_whose_spending_is_limited(desk: Desk, limited: tuple[bool, bool]) -> None:
    """A caller's with an API key, and one's in the web console."""
    assert (desk.limits.limits_spending("org", "key_1"), desk.limits.limits_spending("org", None)) == limited


def test_own_keys_and_engines_stay_affordable() -> None:
    everybody = (candidate("a", "MANAGED"), candidate("b", "BYOK"), candidate("c", "MANAGED", embedded=True))
    chain = Chain(RANKING, everybody, ())
    assert affordable(chain, None, limited=False) is affordable(chain, None, limited=True) is chain
    kept = affordable(chain, Exceeded("spend", "key", 1, 1.0), limited=True)
    assert [c.provider for c in kept.candidates] == ["b", "c"]
    assert [(s.provider, s.reason) for s in kept.skipped] == [("a", "LIMIT_REACHED")]
    used_up = affordable(chain, Exceeded("credits", "organization", 0, 1.0), limited=True)
    assert used_up.skipped[0].reason == "INSUFFICIENT_CREDITS"
    assert [on_platform_key(c) for c in everybody] == [True, False, False]
