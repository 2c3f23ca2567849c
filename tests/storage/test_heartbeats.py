"""Who lives, and what becomes of the sessions of those that do not."""

from hypothesis import given
from hypothesis import strategies as st

from speko.storage.database import Database
from speko.storage.heartbeats import DEAD_AFTER, EVERY, Heart, Watch
from speko.storage.sessions import Sessions
from tests.storage.rows import NOON
from tests.storage.session_rows import ORG, session_row

LOOKS = int(DEAD_AFTER / EVERY)


def test_who_stands_still_for_half_a_minute_is_dead() -> None:
    watch = Watch()
    for look in range(LOOKS):
        assert watch.dead({"a": look, "b": 7}, look * EVERY) == {}
    assert watch.dead({"a": LOOKS, "b": 7}, DEAD_AFTER) == {"b": 7}


def test_who_beats_once_more_lives() -> None:
    watch = Watch()
    for look in range(LOOKS):
        watch.dead({"b": 7}, look * EVERY)
    assert watch.dead({"b": 8}, DEAD_AFTER) == {}
    assert watch.dead({}, DEAD_AFTER + EVERY) == {}


def test_time_in_which_nobody_looked_counts_for_nothing() -> None:
    watch = Watch()
    watch.dead({"b": 7}, 0.0)
    assert watch.dead({"b": 7}, DEAD_AFTER * 10) == {}, "the database was away for all of them"


@given(st.lists(st.tuples(st.floats(0, EVERY * 2), st.booleans()), max_size=60))
def test_who_moves_within_the_time_is_never_dead(looks: list[tuple[float, bool]]) -> None:
    watch, now, beat, moved = Watch(), 0.0, 0, 0.0
    for passed, moves in looks:
        now += passed
        if moves or now - moved >= DEAD_AFTER - 2 * EVERY:
            beat, moved = beat + 1, now
        assert watch.dead({"a": beat}, now) == {}


async def test_the_sessions_of_a_dead_process_are_lost_and_no_others(database: Database) -> None:
    sessions = Sessions(database, lambda: NOON)
    dead, living = Heart(database, "dead", lambda: NOON), Heart(database, "living", lambda: NOON)
    for id, owner in (("s1", "dead"), ("s2", "living")):
        await sessions.create(session_row(id))
        await sessions.claim(id, ORG, owner)
    await sessions.create(session_row("s3"))
    await dead.beat(0.0)
    for look in range(LOOKS + 1):
        await living.beat(look * EVERY)
    found = [await sessions.get(ORG, id) for id in ("s1", "s2", "s3")]
    assert [row and (row.status, row.end_reason) for row in found] == [
        ("failed", "gateway_lost"),
        ("connecting", None),
        ("created", None),
    ]


async def test_who_ends_in_good_order_is_not_missed(database: Database) -> None:
    sessions = Sessions(database, lambda: NOON)
    ended, living = Heart(database, "ended", lambda: NOON), Heart(database, "living", lambda: NOON)
    await ended.beat(0.0)
    await ended.close()
    await sessions.create(session_row("s1"))
    await sessions.claim("s1", ORG, "ended")
    for look in range(LOOKS + 2):
        await living.beat(look * EVERY)
    row = await sessions.get(ORG, "s1")
    assert row is not None
    assert row.status == "connecting"
