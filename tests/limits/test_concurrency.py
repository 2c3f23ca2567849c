"""Places of sessions: held, taken, let go, lapsed; and counted over several processes."""

from hypothesis import given
from hypothesis import strategies as st

from speko.limits.concurrency import HOLD, Concurrency
from tests.limits.sets import Sets

WHOSE = ("key_1", "org_1")


def test_a_created_session_holds_a_place_for_a_while_only() -> None:
    process = Concurrency()
    assert not process.full("key_1", 1, 0.0)
    process.hold("s", WHOSE, 0.0)
    assert process.full("key_1", 1, 1.0)
    assert process.holds("s", HOLD - 0.1)
    assert not process.full("key_1", 1, HOLD)
    assert not process.holds("s", HOLD)


def test_a_live_one_holds_its_place_until_it_is_over() -> None:
    process = Concurrency()
    process.hold("s", WHOSE, 0.0)
    process.begin("s", WHOSE, counted=True, now=1.0)
    assert process.full("org_1", 1, 100 * HOLD)
    process.end("s")
    process.end("s")
    assert process.count("org_1", 100 * HOLD) == 0
    assert not process._subjects or all(s.asked_at is not None for s in process._subjects.values())


def test_who_has_no_limit_is_not_remembered() -> None:
    process = Concurrency()
    for number in range(100):
        process.hold(f"s{number}", WHOSE, 0.0)
    assert process.count("key_1", 0.0) == 100
    assert process.outgoing(0.0, afresh=True) == []
    for number in range(100):
        process.end(f"s{number}")
    assert not process._subjects
    assert not process._places


def test_created_here_and_claimed_there_counts_once() -> None:
    sets, here, there = Sets(), Concurrency(), Concurrency()
    assert not here.full("key_1", 2, 0.0)
    here.hold("s", ("key_1",), 0.0)
    sets.run(here, 0.0)
    assert not there.full("key_1", 2, 0.5)
    there.begin("s", ("key_1",), counted=True, now=0.5)
    for process in (here, there, here, there):
        sets.run(process, 1.0)
    assert (here.count("key_1", 1.0), there.count("key_1", 1.0)) == (1, 1)
    now = 1.0
    while now < HOLD + 20:  # the place that was held here lapses, the one there lasts
        now += 1
        sets.run(here, now)
        sets.run(there, now)
    assert there.count("key_1", now) == 1
    here.full("key_1", 1, now)  # nobody has asked for a minute
    sets.run(here, now)
    assert here.full("key_1", 1, now)
    there.end("s")
    sets.run(there, now)
    sets.run(here, now)
    assert not here.full("key_1", 1, now)


def test_a_short_session_that_was_made_elsewhere_leaves_no_place_behind() -> None:
    sets, here, there = Sets(), Concurrency(), Concurrency()
    assert not here.full("key_1", 1, 0.0)
    here.hold("s", ("key_1",), 0.0)
    sets.run(here, 0.0)
    assert there.full("key_1", 0, 1.0)
    there.begin("s", ("key_1",), counted=True, now=1.0)
    sets.run(there, 1.0)
    there.end("s")
    sets.run(there, 2.0)
    for now in (3.0, 13.0, 23.0):  # it was held for a minute where it was made
        sets.run(here, now)
        assert not here.full("key_1", 1, now)


def test_what_two_processes_gave_away_at_once_is_seen_at_the_claim() -> None:
    sets, one, other = Sets(), Concurrency(), Concurrency()
    for name, process in (("a", one), ("b", other)):
        assert not process.full("key_1", 1, 0.0)
        process.hold(name, ("key_1",), 0.0)
        assert not process.crowded("key_1", 1)
    for process in (one, other, one):
        sets.run(process, 0.1)
    assert one.crowded("key_1", 1)
    assert not one.crowded("key_1", 2)
    other.end("b")
    sets.run(other, 0.2)
    sets.run(one, 0.2)
    assert not one.crowded("key_1", 1)


def test_the_places_of_a_process_that_died_come_free() -> None:
    sets, dies, lives = Sets(), Concurrency(), Concurrency()
    dies.full("key_1", 1, 0.0)
    dies.begin("s", ("key_1",), counted=False, now=0.0)
    sets.run(dies, 0.0)
    lives.full("key_1", 1, 0.0)
    sets.run(lives, 0.0)
    assert lives.full("key_1", 1, 10.0)
    sets.run(lives, 31.0)
    assert not lives.full("key_1", 1, 31.0)


def test_without_redis_a_process_counts_its_own() -> None:
    sets, one, other = Sets(), Concurrency(), Concurrency()
    for name, process in (("a", one), ("b", other)):
        process.full("key_1", 9, 0.0)
        process.begin(name, ("key_1",), counted=False, now=0.0)
    for process in (one, other, one):
        sets.run(process, 0.0)
    assert one.count("key_1", 0.0) == 2
    one.outgoing(0.0, afresh=False)
    one.alone()
    assert one.count("key_1", 0.0) == 1
    one.end("a")
    assert one.count("key_1", 0.0) == 0
    one.begin("c", ("key_1",), counted=False, now=1.0)
    sets.run(one, 1.0, afresh=True)
    assert one.count("key_1", 1.0) == 2
    sets.run(one, 31.5, afresh=True)
    assert one.count("key_1", 31.5) == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "begin", "end", "exchange", "afresh", "outage", "wait"]),
        st.integers(0, 1),
        st.integers(0, 5),
    ),
    max_size=80,
)


@given(STEPS)
def test_counts_are_never_negative_and_agree_in_the_end(steps: list[tuple[str, int, int]]) -> None:
    sets, processes, now = Sets(), [Concurrency(), Concurrency()], 0.0
    live: dict[str, int] = {}
    for process in processes:
        process.full("key_1", 3, now)
    for what, which, number in steps:
        process, session = processes[which], f"{which}-{number}"
        if what == "hold" and not process.holds(session, now):
            process.hold(session, ("key_1",), now)
        elif what == "begin" and session not in live:
            process.begin(session, ("key_1",), counted=process.holds(session, now), now=now)
            live[session] = which
        elif what == "end":
            process.end(session)
            live.pop(session, None)
        elif what in ("exchange", "afresh"):
            sets.run(process, now, afresh=what == "afresh")
        elif what == "outage":
            process.outgoing(now, afresh=False)
            process.alone()
        else:
            now += number * 9
        assert all(one.count("key_1", now) >= 0 for one in processes)
    for process in processes:
        process.full("key_1", 3, now)
    for _ in range(10):  # time passes: what nobody has any more lapses
        now += 11
        for process in processes * 2:
            process.full("key_1", 3, now)
            sets.run(process, now, afresh=True)
    assert {process.count("key_1", now) for process in processes} == {len(live)}


def test_a_thousand_places_go_in_pieces() -> None:
    sets, process = Sets(), Concurrency()
    process.full("key_1", 5000, 0.0)
    for number in range(2500):
        process.begin(f"s{number}", ("key_1",), counted=False, now=0.0)
    assert max(len(command.arguments) for command in process.outgoing(0.0, afresh=True)) == 2000
    process.alone()
    sets.run(process, 0.0, afresh=True)
    assert process.count("key_1", 0.0) == 2500
