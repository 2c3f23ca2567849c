"""Organisations in the gateway's database. No gateway needs to run."""

import argparse
import re
from datetime import UTC
from typing import Any

from speko.cli.configuration import must_exist, open_default, settings_of
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.terminal import Terminal
from speko.storage.records import Organization
from speko.storage.store import Store

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 100


def run_organizations(args: argparse.Namespace) -> int:
    """Creates or lists."""
    if args.action == "create":
        _check(args)
    settings = settings_of(args, data=args.data, database_url=args.database_url)
    must_exist(settings)
    terminal = Terminal(as_json=args.as_json)
    if args.action == "create":
        made = open_default(settings, lambda store, _: store.create_organization(args.name.strip(), args.slug))
        terminal.write(made.id)
        terminal.document(_members(made))
        if not terminal.as_json:
            key = f"speko keys create --name me --organization {made.slug}"
            terminal.note(f"Its slug is {made.slug}; a key for it: {key}")
        return Exit.OK
    found = open_default(settings, _all)
    terminal.table(
        ["id", "slug", "name", "created"], [[one["id"], one["slug"], one["name"], one["createdAt"]] for one in found]
    )
    terminal.document(found)
    return Exit.OK


def organizations(store: Store) -> list[Organization]:
    """All of them, oldest first."""
    known = (store.directory.organization(id) for id in store.directory.organization_ids)
    return sorted((one for one in known if one is not None), key=lambda one: (one.created_at, one.id))


def organization_named(store: Store, name: str) -> Organization:
    """The one of that id or slug. Raises CommandError, which names those that there are."""
    known = organizations(store)
    found = next((one for one in known if name in (one.id, one.slug)), None)
    if found is None:
        slugs = ", ".join(sorted(one.slug for one in known)) or "none"
        raise CommandError(f"there is no organization {name!r}; there are: {slugs}", "NOT_FOUND")
    return found


def _check(args: argparse.Namespace) -> None:
    if not 1 <= len(args.name.strip()) <= _LONGEST:
        raise UsageError(f"NAME takes 1 to {_LONGEST} characters")
    if args.slug is not None and not (len(args.slug) <= _LONGEST and _SLUG.fullmatch(args.slug)):
        raise UsageError(f"--slug takes a-z, 0-9 and single hyphens between, at most {_LONGEST} characters")


async def _all(store: Store, _: str) -> list[dict[str, Any]]:
    return [_members(one) for one in organizations(store)]


def _members(one: Organization) -> dict[str, Any]:
    created = one.created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": one.id, "name": one.name, "slug": one.slug, "createdAt": created}
