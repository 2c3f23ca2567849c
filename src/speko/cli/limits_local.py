"""Limits in the gateway's database. No gateway needs to run."""

import argparse
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from speko.cli.configuration import must_exist, open_default, settings_of
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.terminal import Terminal
from speko.limits.ceilings import MICRO, Ceilings, CeilingTable, Override
from speko.settings import Settings
from speko.storage.store import Store

_MOST = 2**31 - 1
_MOST_MICRO = 2**53
_MOST_USD = Decimal(_MOST_MICRO) / MICRO


def run_limits(args: argparse.Namespace) -> int:
    """Shows, sets or clears."""
    settings = settings_of(args, data=args.data, database_url=args.database_url)
    must_exist(settings)
    wanted = _wanted(args) if args.action == "set" else {}
    found = open_default(settings, lambda store, _: _act(store, settings, args, wanted))
    terminal = Terminal(as_json=args.as_json)
    rows = [[name, _shown(found["set"][name]), _shown(found["holds"][name], "none")] for name in found["set"]]
    terminal.write(f"{found['kind']} {found['subject']}")
    terminal.table(["limit", "set", "holds"], rows)
    terminal.document(found)
    return Exit.OK


async def _act(
    store: Store, settings: Settings, args: argparse.Namespace, wanted: dict[str, int | None]
) -> dict[str, Any]:
    subject, kind = await resolve(store, args.subject)
    if args.action == "set":
        await store.limits.set(subject, wanted)
    elif args.action == "clear":
        await store.limits.clear(subject)
    table = CeilingTable.of(settings)
    table.replace(store.directory.limits)
    holds = table.key(subject) if kind == "key" else table.organization(subject)
    return {
        "subject": subject,
        "kind": kind,
        "set": _members(store.directory.limits.get(subject, Override())),
        "holds": _members(holds),
    }


async def resolve(store: Store, name: str) -> tuple[str, str]:
    """The id and the kind (`key`, `organization`) of a subject. Raises CommandError for an unknown one."""
    organizations = [store.directory.organization(id) for id in store.directory.organization_ids]
    for organization in organizations:
        if organization is not None and name in (organization.id, organization.slug):
            return organization.id, "organization"
    if store.directory.holds(name):
        return name, "key"
    raise CommandError(f"there is no API key and no organization {name}", "NOT_FOUND")


def micro_usd(text: str) -> int:
    """USD as it was typed, in whole micro-USD. Raises UsageError for what is no amount."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise UsageError(f"{text!r} is no amount in USD")
    if amount.copy_abs() > _MOST_USD:
        raise UsageError(f"an amount is at most {_MOST_USD} USD")
    if amount != round(amount, 6):
        raise UsageError(f"{text!r} has more than six decimals")
    return int(amount * MICRO)


def _wanted(args: argparse.Namespace) -> dict[str, int | None]:
    wanted: dict[str, int | None] = {}
    for name in ("requests_per_minute", "concurrent_sessions"):
        if (text := getattr(args, name)) is not None:
            wanted[name] = _value(text, _count)
    if args.monthly_spend_usd is not None:
        wanted["monthly_spend_micro_usd"] = _value(args.monthly_spend_usd, micro_usd)
    if not wanted:
        raise UsageError("name at least one limit")
    return wanted


def _value(text: str, read: Callable[[str], int]) -> int | None:
    """None = as the settings say; 0 = no limit."""
    if text in ("default", "none"):
        return None if text == "default" else 0
    try:
        value = read(text)
    except ValueError:
        raise UsageError(f"a limit is a whole number, none or default, not {text!r}") from None
    if value < 1:
        raise UsageError("a limit is above 0; `none` takes it away")
    return value


def _count(text: str) -> int:
    """What the database holds as a whole number. Raises ValueError for what is none, and UsageError."""
    value = int(text)
    if value > _MOST:
        raise UsageError(f"a limit is at most {_MOST}; `none` takes it away")
    return value


def _members(limits: Override | Ceilings) -> dict[str, int | None]:
    return {
        "requestsPerMinute": limits.requests_per_minute,
        "concurrentSessions": limits.concurrent_sessions,
        "monthlySpendMicroUsd": limits.monthly_spend_micro_usd,
    }


def _shown(value: int | None, nothing: str = "default") -> str:
    return nothing if value is None else str(value or "none")
