"""`speko limits` and `speko credits`, on a database."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from speko.cli.exits import Exit
from speko.storage.store import Store
from tests.cli.conftest import Command
from tests.storage.rows import usage_row


def test_limits_are_set_kept_and_cleared(speko: Command) -> None:
    key = speko("keys", "create", "--name", "a", "--data", "data", "--json").json["id"]
    speko("limits", "set", key, "--requests-per-minute", "60", "--data", "data")
    done = speko("limits", "set", key, "--monthly-spend-usd", "0.05", "--concurrent-sessions", "none", "--data", "data")
    assert "50000" in done.out
    shown = speko("limits", "show", key, "--data", "data", "--json").json
    assert shown["kind"] == "key"
    assert shown["set"] == {"requestsPerMinute": 60, "concurrentSessions": 0, "monthlySpendMicroUsd": 50_000}
    assert shown["holds"] == {"requestsPerMinute": 60, "concurrentSessions": None, "monthlySpendMicroUsd": 50_000}
    speko("limits", "set", key, "--requests-per-minute", "default", "--data", "data")
    assert speko("limits", "show", key, "--data", "data", "--json").json["set"]["requestsPerMinute"] is None
    cleared = speko("limits", "clear", key, "--data", "data", "--json").json
    assert set(cleared["set"].values()) == {None}
    assert speko("limits", "show", "--data", "data", "--json").json["kind"] == "organization"


def test_the_settings_hold_where_nothing_is_set(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    speko("keys", "create", "--name", "a", "--data", "data")
    monkeypatch.setenv("SPEKO_ORGANIZATION_MONTHLY_SPEND_USD", "2.5")
    assert speko("limits", "show", "--data", "data", "--json").json["holds"]["monthlySpendMicroUsd"] == 2_500_000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["set"], Exit.USAGE),
        (["set", "--requests-per-minute", "0"], Exit.USAGE),
        (["set", "--requests-per-minute", "x"], Exit.USAGE),
        (["set", "--monthly-spend-usd", "0.0000001"], Exit.USAGE),
        (["set", "--monthly-spend-usd", "NaN"], Exit.USAGE),
        (["set", "--monthly-spend-usd", "1e999999999"], Exit.USAGE),
        (["show", "key_unknown"], Exit.FAILED),
    ],
)
def test_what_makes_no_sense_is_refused(speko: Command, words: list[str], code: Exit) -> None:
    speko("keys", "create", "--name", "a", "--data", "data")
    assert speko("limits", *words, "--data", "data").code == code


@pytest.mark.parametrize(
    ("option", "most", "more", "said"),
    [
        ("--requests-per-minute", "2147483647", "2147483648", "at most 2147483647;"),
        ("--concurrent-sessions", "2147483647", "99999999999999999999999", "at most 2147483647;"),
        ("--monthly-spend-usd", "9007199254.740992", "9007199254.740993", "at most 9007199254.740992 USD"),
        ("--monthly-spend-usd", "9007199254.740992", "99999999999999999999999", "at most 9007199254.740992 USD"),
    ],
)
def test_the_largest_limit(speko: Command, option: str, most: str, more: str, said: str) -> None:
    speko("keys", "create", "--name", "a", "--data", "data")
    assert speko("limits", "set", option, most, "--data", "data").code == Exit.OK
    before = speko("limits", "show", "--data", "data").out
    assert most.replace(".", "") in before
    refused = speko("limits", "set", option, more, "--data", "data")
    assert refused.code == Exit.USAGE
    assert said in refused.err
    assert "above 0" not in refused.err
    assert speko("limits", "show", "--data", "data").out == before


def test_why_an_amount_is_refused(speko: Command) -> None:
    speko("keys", "create", "--name", "a", "--data", "data")
    said = {"0.0000001": "more than six decimals", "1e400": "at most 9007199254.740992 USD", "much": "no amount in USD"}
    for amount, why in said.items():
        assert why in speko("credits", "grant", amount, "--data", "data").err


def test_credit_is_granted_and_shown(speko: Command) -> None:
    speko("keys", "create", "--name", "a", "--data", "data")
    granted = speko("credits", "grant", "5.25", "--note", "hello", "--data", "data", "--json").json
    assert granted["balanceMicroUsd"] == "5250000"
    speko("credits", "grant", "-0.000001", "--kind", "adjustment", "--data", "data")
    text = speko("credits", "show", "--data", "data").out
    assert "5.249999 USD" in text
    assert "hello" in text
    assert speko("credits", "grant", "-1", "--data", "data").code == Exit.USAGE
    assert speko("credits", "grant", "much", "--data", "data").code == Exit.USAGE


def test_many_debits_hide_no_grant(speko: Command) -> None:
    speko("keys", "create", "--name", "a", "--data", "data")
    speko("credits", "grant", "5", "--note", "invoice 17", "--data", "data")
    now = datetime.now(UTC)

    async def spend() -> None:
        store = await Store.open(None, Path("data"), None)
        owner = (await store.default_organization()).id
        for number in range(50):
            at = now if number else now - timedelta(days=1)
            store.ledger.usage(
                usage_row(
                    id=f"use_{number}", organization_id=owner, provider="acme", cost_micro_usd=1000, created_at=at
                )
            )
        await store.close()

    asyncio.run(spend())
    found = speko("credits", "show", "--data", "data", "--json").json
    assert [entry["kind"] for entry in found["entries"]] == ["debit"] * 20
    assert [entry["note"] for entry in found["credited"]] == ["invoice 17"]
    assert sum(int(day["amountMicroUsd"]) for day in found["debitsByDay"]) == -50_000
    lines = speko("credits", "show", "--data", "data").out.splitlines()
    assert lines[0].endswith("4.950000 USD")
    assert any("invoice 17" in line for line in lines)
    assert sum("acme" in line for line in lines) == 2
    assert len(lines) <= 10


@pytest.mark.parametrize("command", ["limits", "credits"])
def test_a_folder_without_a_database_stays_as_it_is(speko: Command, command: str) -> None:
    assert speko(command, "show", "--data", "typo").code == Exit.MISSING
