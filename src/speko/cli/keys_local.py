"""API keys in the gateway's database itself, of all its organisations. No gateway needs to run."""

import argparse
from datetime import UTC, datetime
from typing import Any

from speko.cli.configuration import must_exist, open_default, settings_of
from speko.cli.exits import CommandError
from speko.cli.organizations_local import organization_named, organizations
from speko.storage.records import ApiKey
from speko.storage.store import Store


class LocalKeys:
    """The same three actions as over HTTP, with the same members."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._settings = settings_of(args, data=args.data, database_url=args.database_url)

    def create(self, name: str, organization: str | None) -> dict[str, Any]:
        """Makes a key; the result has the key itself as `key`. Without an organization in the default one, in a new
        database where there is none."""
        if organization is not None:
            self._find()

        async def make(store: Store, default_id: str) -> tuple[ApiKey, str]:
            owner = default_id if organization is None else organization_named(store, organization).id
            return await store.create_api_key(owner, name)

        record, key = open_default(self._settings, make)
        members = _members(record)
        return {"id": record.id, "key": key, **{name: members[name] for name in ("keyPrefix", "name", "createdAt")}}

    def list(self) -> list[dict[str, Any]]:
        """All keys, revoked ones too."""
        self._find()

        async def read(store: Store, _: str) -> list[dict[str, Any]]:
            return [
                {**_members(record), "organization": owner.slug}
                for owner in organizations(store)
                for record in await store.list_api_keys(owner.id)
            ]

        return open_default(self._settings, read)

    def revoke(self, key_id: str) -> None:
        """Ends a key."""
        self._find()

        async def end(store: Store, _: str) -> bool:
            return any([await store.revoke_api_key(owner.id, key_id) for owner in organizations(store)])

        if not open_default(self._settings, end):
            raise CommandError(f"there is no key {key_id}", "NOT_FOUND")

    def _find(self) -> None:
        must_exist(self._settings)


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
