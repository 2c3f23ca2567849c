"""Credits, limits and sums of spend, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from speko.limits.ceilings import Override
from speko.storage.credits import KINDS, CreditEntry, Place
from speko.storage.errors import StorageError
from speko.storage.store import Store
from tests.storage.rows import usage_row

T0 = datetime(2026, 3, 1, tzinfo=UTC)


async def test_the_balance_is_the_sum_of_the_ledger(store: Store) -> None:
    organization = await store.create_organization("One")
    other = await store.create_organization("Other")
    for number in range(7):
        # Two rows of one moment, so that ids have to break ties.
        at = T0 + timedelta(seconds=number // 2)
        store.ledger.usage(
            usage_row(
                id=f"use_{number}",
                organization_id=organization.id,
                cost_micro_usd=number * 3,
                created_at=at,
                api_key_id="k",
            )
        )
    store.ledger.usage(usage_row(id="use_x", organization_id=other.id, cost_micro_usd=999, created_at=T0))
    await store.ledger.flush()
    await store.credits.add(organization.id, "grant", 2**40, None)
    await store.credits.add(organization.id, "adjustment", -7, "a mistake")
    found: list[CreditEntry] = []
    place: Place | None = None
    pages = 0
    while True:
        page, place = await store.credits.ledger(organization.id, KINDS, place, 2)
        found += page
        pages += 1
        if place is None:
            break
    assert pages == 4
    assert len({entry.id for entry in found}) == len(found) == 8, "what cost nothing is no debit"
    assert sorted(found, key=lambda e: (e.created_at, e.id), reverse=True) == found
    balance = await store.credits.balance(organization.id)
    assert balance.micro_usd == sum(entry.amount_micro_usd for entry in found) == 2**40 - 7 - 63
    assert balance.updated_at == found[0].created_at
    debits, _ = await store.credits.ledger(organization.id, ("debit",), None, 100)
    assert {entry.kind for entry in debits} == {"debit"}
    assert store.directory.credit == {organization.id: 2**40 - 7}
    assert await store.spent(organization.id, T0, None) == {organization.id: 63, "k": 63}
    assert await store.spent(organization.id, T0, T0 + timedelta(seconds=1)) == {organization.id: 3, "k": 3}
    everybody = await store.spent(None, T0, None)
    assert everybody[organization.id] == 63
    assert await store.spent("org_unknown", None, None) == {}


async def test_an_organization_begins_with_its_credit(database_url: str, tmp_path: Path) -> None:
    store = await Store.open(database_url, tmp_path / "data", None, initial_credit=1_500_000)
    try:
        organization = await store.default_organization()
        assert (await store.default_organization()).id == organization.id
        found, _ = await store.credits.ledger(organization.id, KINDS, None, 10)
        assert [(entry.kind, entry.amount_micro_usd, entry.note) for entry in found] == [
            ("grant", 1_500_000, "initial credit")
        ]
    finally:
        await store.close()


async def test_limits_of_keys_and_organizations(store: Store) -> None:
    organization = await store.create_organization("One")
    key, _ = await store.create_api_key(organization.id, "k")
    revision = store.directory.revision
    await store.limits.set(key.id, {"requests_per_minute": 60, "monthly_spend_micro_usd": 0})
    await store.limits.set(organization.id, {"concurrent_sessions": 3})
    await asyncio.gather(  # none takes back what another sets at the same time
        store.limits.set(key.id, {"requests_per_minute": 30}),
        store.limits.set(key.id, {"concurrent_sessions": 1}),
        store.limits.set(key.id, {"monthly_spend_micro_usd": 2**40}),
    )
    assert store.directory.revision > revision
    assert store.directory.limits == {
        key.id: Override(30, 1, 2**40),
        organization.id: Override(concurrent_sessions=3),
    }
    assert await store.limits.clear(key.id)
    assert not await store.limits.clear(key.id)
    assert list(store.directory.limits) == [organization.id]
    with pytest.raises(StorageError, match="no API key"):
        await store.limits.set("key_unknown", {"requests_per_minute": 1})
