"""Credits in the gateway's database. No gateway needs to run."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

from speko.cli.configuration import must_exist, open_default, settings_of
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.limits_local import micro_usd, resolve
from speko.cli.terminal import Terminal
from speko.limits.ceilings import MICRO
from speko.storage.credits import KINDS, CreditEntry
from speko.storage.store import Store

_SHOWN = 20
_DAYS = 7
_CREDITED = tuple(kind for kind in KINDS if kind != "debit")


def run_credits(args: argparse.Namespace) -> int:
    """Shows or grants."""
    amount = _amount(args) if args.action == "grant" else 0
    settings = settings_of(args, data=args.data, database_url=args.database_url)
    must_exist(settings)
    found = open_default(settings, lambda store, _: _act(store, args, amount))
    terminal = Terminal(as_json=args.as_json)
    terminal.write(f"balance of {found['organization']}: {int(found['balanceMicroUsd']) / MICRO:.6f} USD")
    _show(terminal, found)
    terminal.document(found)
    return Exit.OK


def _show(terminal: Terminal, found: dict[str, Any]) -> None:
    """What was credited entry by entry, and debits by day: a busy organization has thousands of them."""
    given = [[e["createdAt"], e["kind"], _usd(e), e["note"] or ""] for e in found["credited"]]
    if given:
        terminal.write("\ncredited:")
        terminal.table(["when", "kind", "USD", "note"], given, right=("USD",))
    spent = [[day["date"], _usd(day), ", ".join(day["providers"])] for day in found["debitsByDay"]]
    if spent:
        terminal.write(f"\ndebited in the last {_DAYS} days (UTC):")
        terminal.table(["day", "USD", "providers"], spent, right=("USD",))


def _usd(entry: dict[str, Any]) -> str:
    return f"{int(entry['amountMicroUsd']) / MICRO:+.6f}"


def _amount(args: argparse.Namespace) -> int:
    amount = micro_usd(args.amount)
    if amount == 0 or (amount < 0 and args.kind != "adjustment"):
        raise UsageError("a credit is above 0; only an adjustment may be negative")
    return amount


async def _act(store: Store, args: argparse.Namespace, amount: int) -> dict[str, Any]:
    organization_id, kind = await resolve(store, args.organization)
    if kind != "organization":
        raise CommandError("credit belongs to an organization, not to an API key", "NOT_FOUND")
    if args.action == "grant":
        await store.credits.add(organization_id, args.kind, amount, args.note)
    balance = await store.credits.balance(organization_id)
    entries, _ = await store.credits.ledger(organization_id, KINDS, None, _SHOWN)
    credited, _ = await store.credits.ledger(organization_id, _CREDITED, None, _SHOWN)
    return {
        "organization": organization_id,
        "balanceMicroUsd": str(balance.micro_usd),
        "entries": [_members(entry) for entry in entries],
        "credited": [_members(entry) for entry in credited],
        "debitsByDay": await _debits_by_day(store, organization_id),
    }


async def _debits_by_day(store: Store, organization_id: str) -> list[dict[str, Any]]:
    """Newest first; a day without a debit is left out."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    series = await store.usage_series(organization_id, midnight - timedelta(days=_DAYS - 1), now)
    debits = [point for point in series.usage if point.cost_micro_usd > 0]
    days = []
    for day in sorted({point.day for point in debits}, reverse=True):
        points = [point for point in debits if point.day == day]
        days.append(
            {
                "date": day.isoformat(),
                "amountMicroUsd": str(-sum(point.cost_micro_usd for point in points)),
                "providers": sorted({point.provider for point in points}),
            }
        )
    return days


def _members(entry: CreditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "amountMicroUsd": str(entry.amount_micro_usd),
        "metric": entry.metric,
        "provider": entry.provider,
        "sessionId": entry.session_id,
        "note": entry.note,
        "createdAt": entry.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
