"""API keys in the gateway's database itself, for its default organisation. No gateway needs to run."""

import argparse
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from speko.cli.configuration import must_exist, open_default, settings_of
from speko.cli.exits import CommandError
from speko.storage.records import ApiKey
from speko.storage.store import Store

T = TypeVar("T")


class LocalKeys:
    """The same three actions as over HTTP, with the same members."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._settings = settings_of(args, data=args.data, database_url=args.database_url)

    def create(self, name: str) -> dict[str, Any]:
        """Makes a key; the result has the key itself as `key`."""
        record, key = self._do(lambda store, organization_id: store.create_api_key(organization_id, name))
        members = _members(record)
        return {"id": record.id, "key": key, **{name: members[name] for name in ("keyPrefix", "name", "createdAt")}}

    def list(self) -> list[dict[str, Any]]:
        """All keys, revoked ones too."""
        self._find()
        return [_members(record) for record in self._do(lambda store, org_id: store.list_api_keys(org_id))]

    def revoke(self, key_id: str) -> None:
        """Ends a key."""
        self._find()
        if not self._do(lambda store, organization_id: store.revoke_api_key(organization_id, key_id)):
            raise CommandError(f"there is no key {key_id}", "NOT_FOUND")

    def _find(self) -> None:
        must_exist(self._settings)

    def _do(self, work: Callable[[Store, str], Awaitable[T]]) -> T:
        return open_default(self._settings, work)


def _members(record: ApiKey) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "keyPrefix": record.prefix,
        "scopes": [],
        "revoked": record.revoked,
        "lastUsedAt": _moment(record.last_used_at),
        "createdAt": _moment(record.created_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
