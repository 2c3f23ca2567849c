"""Credits in the gateway's database. No gateway needs to run."""

import argparse
from typing import Any

from speko.cli.configuration import must_exist, open_default, settings_of
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.limits_local import micro_usd, resolve
from speko.cli.terminal import Terminal
from speko.limits.ceilings import MICRO
from speko.storage.credits import KINDS, CreditEntry
from speko.storage.store import Store

_SHOWN = 20


def run_credits(args: argparse.Namespace) -> int:
    """Shows or grants."""
    amount = _amount(args) if args.action == "grant" else 0
    settings = settings_of(args, data=args.data, database_url=args.database_url)
    must_exist(settings)
    found = open_default(settings, lambda store, _: _act(store, args, amount))
    terminal = Terminal(as_json=args.as_json)
    terminal.write(f"balance of {found['organization']}: {int(found['balanceMicroUsd']) / MICRO:.6f} USD")
    rows = [
        [e["createdAt"], e["kind"], f"{int(e['amountMicroUsd']) / MICRO:+.6f}", e["provider"] or e["note"] or ""]
        for e in found["entries"]
    ]
    terminal.table(["when", "kind", "USD", "what"], rows)
    terminal.document(found)
    return Exit.OK


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
    return {
        "organization": organization_id,
        "balanceMicroUsd": str(balance.micro_usd),
        "entries": [_members(entry) for entry in entries],
    }


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
