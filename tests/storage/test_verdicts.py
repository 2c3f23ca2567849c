"""What vendors say about own keys: what is noted, how often, and what the database keeps."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from speko.storage.store import Store
from speko.storage.verdicts import AGAIN_AFTER, NewVerdicts, Rejection, Verdict, last_of_each, verdict_of
from tests.storage.rows import NOON, attempt_row

WORDS = "HTTP 401 (invalid_api_key): Incorrect API key provided: [redacted]"
VERDICTS = st.lists(
    st.builds(
        lambda seconds, key_id, refused: Verdict(
            key_id,
            NOON + timedelta(seconds=seconds),
            Rejection(NOON + timedelta(seconds=seconds), 401, "no") if refused else None,
        ),
        st.integers(0, 200),
        st.sampled_from("ab"),
        st.booleans(),
    )
)


def refused(key_id: str, second: float = 0, **changes: Any) -> Any:
    fields = {"outcome": "failed", "cause": "unauthorized", "status": 401, "message": WORDS}
    return _row(key_id, second, **{**fields, **changes})


def served(key_id: str, second: float = 0) -> Any:
    return _row(key_id, second)


def _row(key_id: str, second: float, **changes: Any) -> Any:
    at = NOON + timedelta(seconds=second)
    fields = {"credential_id": key_id, "key_source": "BYOK", "started_at": at, "total_ms": 0.0}
    return attempt_row(f"a{second}", **{**fields, **changes})


def test_only_own_keys_that_were_served_or_refused_have_a_verdict() -> None:
    rejection = Rejection(NOON, 401, WORDS)
    assert verdict_of(refused("k")) == Verdict("k", NOON, rejection)
    assert verdict_of(refused("k", total_ms=250.0)) == Verdict(
        "k",
        NOON + timedelta(milliseconds=250),
        Rejection(NOON + timedelta(milliseconds=250), 401, WORDS),
    )
    assert verdict_of(served("k")) == Verdict("k", NOON, None)
    assert verdict_of(refused("k", cause="timeout", status=None)) is None
    assert verdict_of(refused("k", outcome="cancelled", cause="caller_left")) is None
    assert verdict_of(refused("platform", key_source="MANAGED")) is None


@given(VERDICTS)
def test_a_change_is_news_and_the_same_is_not_within_a_minute(verdicts: list[Verdict]) -> None:
    news = NewVerdicts()
    last: dict[str, Verdict] = {}
    for verdict in verdicts:
        before = last.get(verdict.key_id)
        if before is None:
            expected = True
        elif (before.rejection is None) != (verdict.rejection is None):
            expected = verdict.at >= before.at
        else:
            expected = verdict.at - before.at >= AGAIN_AFTER
        assert news.is_new(verdict) == expected
        if expected:
            last[verdict.key_id] = verdict


def test_of_several_verdicts_about_a_key_the_last_is_written() -> None:
    one, two, other = Verdict("b", NOON, None), Verdict("b", NOON + AGAIN_AFTER, None), Verdict("a", NOON, None)
    assert last_of_each([one, other, two]) == [other, two]


async def _stored(store: Store, vendor: str = "openai") -> tuple[str, str]:
    """(organisation, id of the key)."""
    organization = await store.default_organization()
    await store.set_provider_key(organization.id, vendor, "hunter2hunter2")
    return organization.id, store.directory.provider_keys(organization.id)[vendor].id


async def test_a_refusal_is_shown_until_the_key_serves_again(store: Store) -> None:
    organization_id, key_id = await _stored(store)
    assert await store.rejections(organization_id) == {}
    store.ledger.attempt(refused(key_id, 10))
    assert await store.rejections(organization_id) == {
        "openai": Rejection(NOON + timedelta(seconds=10), 401, WORDS),
    }
    store.ledger.attempt(served(key_id, 11))
    assert await store.rejections(organization_id) == {}


async def test_a_call_that_began_before_the_refusal_does_not_clear_it(store: Store) -> None:
    organization_id, key_id = await _stored(store)
    store.ledger.attempt(refused(key_id, 10))
    store.ledger.attempt(served(key_id, 9))
    assert set(await store.rejections(organization_id)) == {"openai"}


async def test_another_key_begins_anew_and_the_old_keys_late_refusal_is_nobodys(store: Store) -> None:
    organization_id, key_id = await _stored(store)
    store.ledger.attempt(refused(key_id, 10))
    assert set(await store.rejections(organization_id)) == {"openai"}
    _, newer = await _stored(store)
    assert newer != key_id
    store.ledger.attempt(refused(key_id, 100))
    assert await store.rejections(organization_id) == {}


async def test_a_refusal_is_its_own_organizations(store: Store) -> None:
    organization_id, key_id = await _stored(store)
    other = await store.create_organization("Other")
    await store.set_provider_key(other.id, "openai", "hunter3")
    store.ledger.attempt(refused(key_id))
    assert set(await store.rejections(organization_id)) == {"openai"}
    assert await store.rejections(other.id) == {}


async def test_what_no_database_takes_is_cut_out(store: Store) -> None:
    organization_id, key_id = await _stored(store)
    await store.key_judged(Verdict(key_id, NOON, Rejection(NOON, None, "no\x00\ud800" + "x" * 1000)))
    kept = (await store.rejections(organization_id))["openai"]
    assert kept.status is None
    assert kept.message.startswith("no\ufffd?xx")
    assert len(kept.message) == 500


async def test_a_flood_of_refusals_is_one_statement(store: Store) -> None:
    organization_id, key_id = await _stored(store)
    statements: list[str] = []
    engine = store._database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    for number in range(2000):
        store.ledger.attempt(refused(key_id, number / 100))
    assert set(await store.rejections(organization_id)) == {"openai"}
    assert len([s for s in statements if s.startswith("UPDATE provider_keys")]) == 1


async def test_no_words_of_a_key_are_in_the_tables_of_the_ledger(store: Store) -> None:
    organization_id, key_id = await _stored(store)
    store.ledger.attempt(refused(key_id))
    await store.rejections(organization_id)
    async with store._database.read() as connection:
        rows = (await connection.execute(text("SELECT * FROM attempts"))).mappings()
        assert all(key_id not in map(str, row.values()) for row in rows)
