"""`GET /v1/usage/series` over a real socket."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.api.running import Running, running
from tests.storage.rows import attempt_row, usage_row

PATH = "/v1/usage/series"


async def _filled(gateway: Running) -> None:
    organization = (await gateway.gateway.store.default_organization()).id
    ledger = gateway.gateway.store.ledger
    ledger.attempt(attempt_row("att_1", organization_id=organization, outcome="failed", cause="status"))
    ledger.attempt(attempt_row("att_2", organization_id=organization, position=1, provider="xai"))
    ledger.usage(usage_row("use_1", organization_id=organization))
    ledger.usage(usage_row("use_2", organization_id=organization, type="s2s", metric="s2s_seconds"))
    ledger.usage(usage_row("use_3", organization_id="org_other"))


async def test_a_day_as_it_is_documented(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        await _filled(gateway)
        answer = await gateway.client.get(PATH, params={"from": "2026-03-14", "to": "2026-03-14T23:00:00+02:00"})
        common = {"date": "2026-03-14", "provider": "deepgram", "keySource": "MANAGED", "quantity": 30.0}
        money = {"cost": 0.0001, "costMicroUsd": "100", "calls": 1}
        assert answer.json() == {
            "from": "2026-03-14T00:00:00.000Z",
            "to": "2026-03-14T21:00:00.000Z",
            "by": "day",
            "currency": "USD",
            "usage": [
                {**common, "metric": "s2s_seconds", **money},
                {**common, "type": "stt", "metric": "stt_seconds", **money},
            ],
            "attempts": [
                {"date": "2026-03-14", "provider": "openai", "made": 1, "served": 0, "failed": 1, "cancelled": 0},
                {"date": "2026-03-14", "provider": "xai", "made": 1, "served": 1, "failed": 0, "cancelled": 0},
            ],
        }


async def test_sums_of_milliseconds_are_milliseconds(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        organization = (await gateway.gateway.store.default_organization()).id
        seconds = [0.1, 0.2]
        assert sum(seconds) != 0.3, "binary fractions"
        for place, quantity in enumerate(seconds):
            row = usage_row(f"use_{place}", organization_id=organization, quantity=quantity)
            gateway.gateway.store.ledger.usage(row)
        day = {"from": "2026-03-14", "to": "2026-03-15"}
        summary = (await gateway.client.get("/v1/usage", params=day)).json()
        series = (await gateway.client.get(PATH, params=day)).json()
        assert [row["quantity"] for row in summary["breakdown"]] == [0.3]
        assert [row["quantity"] for row in series["usage"]] == [0.3]


async def test_without_a_range_it_is_the_month(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        found = (await gateway.client.get(PATH)).json()
        assert found["from"] == f"{datetime.now(UTC):%Y-%m-01}T00:00:00.000Z"
        assert found["usage"] == found["attempts"] == []


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("from=2026-03-02&to=2026-03-01", "to"),
        ("from=2024-01-01&to=2026-03-01", "from"),
        ("from=0001-01-01", "from"),
        ("to=0001-01-01", "to"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
        ("by=hour", "by"),
    ],
)
async def test_what_it_does_not_take(tmp_path: Path, query: str, member: str) -> None:
    async with running(tmp_path) as gateway:
        answer = await gateway.client.get(f"{PATH}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert [issue["path"] for issue in answer.json()["issues"]] == [member]


async def test_a_leap_year_fits(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        assert (await gateway.client.get(f"{PATH}?from=2024-01-01&to=2025-01-01")).status_code == 200


async def test_it_needs_a_key(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        answer = await gateway.client.get(PATH, headers={"Authorization": ""})
        assert answer.status_code == 401
