"""Sessions in the database."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from speko.providers.llm import Tool
from speko.providers.s2s import CascadeOptions
from speko.realtime.spec import SessionSpec
from speko.routing.intent import AllowedProviders, PipelineConstraints, RoutingIntent
from speko.storage.database import Database
from speko.storage.sessions import Claim, Once, SessionFilter, SessionRow, Sessions
from tests.storage.rows import NOON
from tests.storage.session_rows import ORG, session_row, timing, turn

ANY = SessionFilter()


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sessions(database: Database, clock: Clock) -> AsyncIterator[Sessions]:
    opened = Sessions(database, clock)
    opened.journal.start()
    yield opened
    await opened.journal.close()


async def test_a_session_comes_back_as_it_was_stored(sessions: Sessions) -> None:
    row = session_row(
        spec=SessionSpec(
            intent=RoutingIntent("en_us", "eu", "latency"),
            constraints=PipelineConstraints(AllowedProviders(s2s=("openai",))),
            voice="marin",
            system_prompt="Sag nichts.\x00 声",
            temperature=0.5,
            input_sample_rate=16000,
            tools=(Tool("look", "looks", {"type": "object", "properties": {"where": {"type": "string"}}}),),
            cascade=CascadeOptions(first_message="Hi!", keywords=("one", "two")),
            max_duration_seconds=60,
        ),
        metadata={"deep": [{"est": None, "text": "\x00 声"}], "n": 2**60},
        webhook_tags={"team": "blue"},
    )
    await sessions.create(row)
    assert await sessions.get(ORG, "s1") == row
    assert await sessions.get("org_2", "s1") is None
    assert await sessions.get(ORG, "s2") is None


async def test_exactly_one_of_many_claims_wins(sessions: Sessions, clock: Clock) -> None:
    row = session_row()
    await sessions.create(row)
    claims = await asyncio.gather(*(sessions.claim("s1", ORG, f"proc_{n}") for n in range(50)))
    (won,) = [claim.row for claim in claims if claim.state == "claimed"]
    assert [claim.state for claim in claims].count("in_use") == 49
    found = await sessions.get(ORG, "s1")
    assert found == won
    assert found is not None
    assert (found.status, found.spec) == ("connecting", row.spec)
    assert found.socket_owner == f"proc_{[claim.state for claim in claims].index('claimed')}"


async def test_what_cannot_be_claimed(sessions: Sessions, clock: Clock) -> None:
    await sessions.create(session_row("s1"))
    await sessions.create(session_row("s2"))
    assert await sessions.claim("s1", "org_2", "p") == Claim("unknown")
    assert await sessions.claim("s3", ORG, "p") == Claim("unknown")
    assert (await sessions.claim("s1", ORG, "p")).state == "claimed"
    sessions.journal.ended("s1", "failed", "connect_failed")
    await sessions.journal.flush()
    assert await sessions.claim("s1", ORG, "p") == Claim("ended", end_reason="connect_failed")
    clock.advance(minutes=30)
    assert await sessions.claim("s2", ORG, "p") == Claim("ended", end_reason="expired")


async def test_a_session_that_nobody_joins_ends_when_it_expires(sessions: Sessions, clock: Clock) -> None:
    await sessions.create(session_row())
    clock.advance(minutes=30, microseconds=-1000)
    assert (await _status(sessions))[0] == "created"
    clock.advance(milliseconds=1)
    expected = ("ended", "expired", NOON + timedelta(minutes=30))
    assert await _status(sessions) == expected
    assert [row.id for row in (await sessions.list(ORG, SessionFilter(status="ended"), None, 10))[0]] == ["s1"]
    assert (await sessions.list(ORG, SessionFilter(status="created"), None, 10))[0] == []
    await sessions.create(session_row("s2", created_at=clock.now, expires_at=clock.now + timedelta(1)))
    assert await _status(sessions) == expected, "the same when it is written down"


async def _status(sessions: Sessions, id: str = "s1") -> tuple[str, str | None, datetime | None]:
    row = await sessions.get(ORG, id)
    assert row is not None
    return row.status, row.end_reason, row.ended_at


async def test_a_session_whose_gateway_died_fails_in_the_end(sessions: Sessions, clock: Clock) -> None:
    await sessions.create(session_row())
    await sessions.claim("s1", ORG, "p")
    clock.advance(minutes=30, seconds=59)
    assert (await _status(sessions))[0] == "connecting"
    clock.advance(seconds=1)
    assert await _status(sessions) == ("failed", "gateway_lost", NOON + timedelta(minutes=30))
    assert len((await sessions.list(ORG, SessionFilter(status="failed"), None, 10))[0]) == 1
    clock.advance(minutes=2)
    await sessions.create(session_row("s2"))
    assert await _status(sessions) == ("failed", "gateway_lost", NOON + timedelta(minutes=30))


async def test_what_a_dead_process_left_ends_when_the_next_one_starts(sessions: Sessions, clock: Clock) -> None:
    for id in ("s1", "s2", "s3"):
        await sessions.create(session_row(id))
    for id in ("s1", "s2"):
        await sessions.claim(id, ORG, "p")
    sessions.journal.ended("s2", "ended", "client_closed")
    await sessions.journal.flush()
    await sessions.end_lost()
    assert await _status(sessions, "s1") == ("failed", "gateway_lost", NOON)
    assert await _status(sessions, "s2") == ("ended", "client_closed", NOON)
    assert (await _status(sessions, "s3"))[0] == "created"


# The list.


async def test_pages_hold_every_session_once_newest_first(sessions: Sessions) -> None:
    made = [f"s{n:02}" for n in range(12)]
    for n, id in enumerate(made):
        # Several at the same millisecond: the place between two pages is still one place.
        await sessions.create(session_row(id, created_at=NOON + timedelta(milliseconds=n // 4)))
    await sessions.create(session_row("other", organization_id="org_2"))
    seen: list[str] = []
    place = None
    for _ in range(20):
        rows, place = await sessions.list(ORG, ANY, place, 5)
        seen += [row.id for row in rows]
        if place is None:
            break
    assert seen == made[::-1]
    rows, place = await sessions.list(ORG, ANY, None, 12)
    assert (len(rows), place) == (12, None)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SessionFilter(), ["c", "b", "a"]),
        (SessionFilter(kind="cascade"), ["b"]),
        (SessionFilter(status="created"), ["c", "b", "a"]),
        (SessionFilter(status="active"), []),
        (SessionFilter(agent_id="agent_1"), ["c"]),
        (SessionFilter(start=NOON + timedelta(minutes=1)), ["c", "b"]),
        (SessionFilter(end=NOON + timedelta(minutes=1)), ["b", "a"]),
        (SessionFilter(kind="s2s", start=NOON, end=NOON), ["a"]),
        (SessionFilter(status="\x00"), []),
    ],
)
async def test_filters(sessions: Sessions, wanted: SessionFilter, found: list[str]) -> None:
    await sessions.create(_at("a", 0))
    await sessions.create(_at("b", 1, kind="cascade"))
    await sessions.create(_at("c", 2, agent_id="agent_1"))
    assert [row.id for row in (await sessions.list(ORG, wanted, None, 10))[0]] == found


def _at(id: str, minute: int, **changes: Any) -> SessionRow:
    return session_row(id, created_at=NOON + timedelta(minutes=minute), **changes)


# Idempotency.


async def test_one_key_creates_one_session(sessions: Sessions) -> None:
    async def create(n: int) -> Once | None:
        return await sessions.create(session_row(f"s{n}"), Once("key", "hash", {"sessionId": f"s{n}"}))

    answers = await asyncio.gather(*(create(n) for n in range(20)))
    winner = answers.index(None)
    earlier = Once("key", "hash", {"sessionId": f"s{winner}"})
    assert [answer for answer in answers if answer is not None] == [earlier] * 19
    assert [row.id for row in (await sessions.list(ORG, ANY, None, 50))[0]] == [f"s{winner}"]
    assert await sessions.answered(ORG, "key") == earlier


async def test_a_key_belongs_to_its_organization(sessions: Sessions) -> None:
    once = Once("key", "hash", {})
    assert await sessions.create(session_row("s1"), once) is None
    assert await sessions.answered("org_2", "key") is None
    assert await sessions.create(session_row("s2", organization_id="org_2"), once) is None
    assert await sessions.create(session_row("s3"), Once("other", "hash", {})) is None


async def test_a_key_is_forgotten_after_a_day(sessions: Sessions, clock: Clock) -> None:
    await sessions.create(session_row("s1"), Once("key", "one", {}))
    clock.advance(hours=24, milliseconds=-1)
    assert (await sessions.create(session_row("s2"), Once("key", "two", {}))) == Once("key", "one", {})
    clock.advance(milliseconds=1)
    assert await sessions.answered(ORG, "key") is None
    assert await sessions.create(session_row("s2", created_at=clock.now), Once("key", "two", {})) is None
    assert await sessions.answered(ORG, "key") == Once("key", "two", {})


# Turns from outside.


async def test_a_turn_replaces_that_of_its_index_and_keeps_its_id(sessions: Sessions) -> None:
    await sessions.create(session_row())
    full = turn(
        1,
        source="agent",
        text="there\x00",
        ended_at=NOON,
        provider="a",
        model="b",
        eou_ms=1.5,
        llm_ttft_ms=2,
        tts_ttfb_ms=3,
        conversational_latency_ms=4,
        latency_status="complete",
        tool_calls=({"name": "look", "args": {"a": 1}},),
    )
    assert await sessions.ingest_turns(ORG, "s1", [turn(2), full, turn(0, text="first"), turn(0, id="x", text="last")])
    assert await sessions.ingest_turns(ORG, "s1", [turn(2, id="new", text="changed")])
    found = await sessions.transcript(ORG, "s1")
    assert found is not None
    assert [(t.id, t.index, t.text) for t in found] == [
        ("x", 0, "last"),
        ("turn_1", 1, "there\ufffd"),
        ("turn_2", 2, "changed"),
    ]
    assert (found[1].eou_ms, found[1].tool_calls, found[1].latency_status) == (1.5, full.tool_calls, "complete")


async def test_turns_of_unknown_and_foreign_sessions(sessions: Sessions) -> None:
    await sessions.create(session_row())
    assert not await sessions.ingest_turns("org_2", "s1", [turn()])
    assert not await sessions.ingest_turns(ORG, "s2", [turn()])
    assert await sessions.transcript(ORG, "s1") == []
    for org, id in (("org_2", "s1"), (ORG, "s2")):
        assert await sessions.transcript(org, id) is None
        assert await sessions.timings(org, id) is None
        assert await sessions.observe(org, id, -1, 10) is None


async def test_many_batches_of_turns_at_once(sessions: Sessions) -> None:
    await sessions.create(session_row())
    batches = [[turn(index, id=f"{n}.{index}", text=str(n)) for index in range(n, n + 5)] for n in range(20)]
    assert all(await asyncio.gather(*(sessions.ingest_turns(ORG, "s1", batch) for batch in batches)))
    found = await sessions.transcript(ORG, "s1")
    assert found is not None
    assert [t.index for t in found] == list(range(24))


async def test_observing(sessions: Sessions) -> None:
    await sessions.create(session_row())
    await sessions.ingest_turns(ORG, "s1", [turn(index) for index in range(5)])
    for after, limit, expected in ((-1, 2, [0, 1]), (1, 10, [2, 3, 4]), (4, 10, [])):
        seen = await sessions.observe(ORG, "s1", after, limit)
        assert seen is not None
        assert [t.index for t in seen[1]] == expected


async def test_who_watches_is_told(sessions: Sessions) -> None:
    await sessions.create(session_row())
    with sessions.changes.watch("s1") as told, sessions.changes.watch("s2") as other:
        for change in (
            lambda: sessions.claim("s1", ORG, "p"),
            lambda: sessions.ingest_turns(ORG, "s1", [turn()]),
            lambda: _flushed(sessions),
        ):
            told.clear()
            await change()
            assert told.is_set()
        assert not other.is_set()
        assert sessions.changes.count == 2
    assert sessions.changes.count == 0


async def _flushed(sessions: Sessions) -> None:
    sessions.journal.turn("s1", timing())
    await sessions.journal.flush()


async def test_a_caller_that_is_cancelled_leaves_nothing_behind(sessions: Sessions) -> None:
    await sessions.create(session_row())
    before = asyncio.all_tasks()
    chance = random.Random(1)
    for number in range(100):
        work = sessions.claim("s1", ORG, "p") if number % 2 else sessions.observe(ORG, "s1", -1, 10)
        task = asyncio.create_task(work)
        await asyncio.sleep(chance.random() * 0.004)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(10):
        await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)
    assert asyncio.all_tasks() == before
    found = await sessions.get(ORG, "s1")
    assert found is not None
    assert found.status == "connecting"
