"""Organisations, API keys and vendor keys in the database. Each function runs inside a transaction of the caller."""

import re
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.storage import tables
from speko.storage.errors import StorageError
from speko.storage.loading import to_api_key, to_organization
from speko.storage.records import ApiKey, Organization
from speko.storage.secrets_box import Owner, Sealed

_NO_SLUG = re.compile(r"[^a-z0-9]+")


async def add_organization(connection: AsyncConnection, organization: Organization) -> None:
    """Stores a new organisation."""
    values = {name: getattr(organization, name) for name in organization.__struct_fields__}
    await connection.execute(insert(tables.organizations).values(values | {"metadata": dict(organization.metadata)}))


async def organization_by_slug(connection: AsyncConnection, slug: str) -> Organization | None:
    """The organisation of that slug."""
    found = await connection.execute(select(tables.organizations).where(tables.organizations.c.slug == slug))
    row = found.mappings().one_or_none()
    return None if row is None else to_organization(row)


async def free_slug(connection: AsyncConnection, name: str, wanted: str | None) -> str:
    """The wanted slug, or one made from the name; raises StorageError where the wanted one is taken."""
    slug = wanted or _NO_SLUG.sub("-", name.lower()).strip("-") or "organization"
    if await organization_by_slug(connection, slug) is None:
        return slug
    if wanted:
        raise StorageError(f"There is an organization with the slug {wanted!r} already. Choose another one.")
    return f"{slug}-{secrets.token_hex(4)}"


async def add_api_key(connection: AsyncConnection, key: ApiKey, sha256: str) -> None:
    """Stores a new API key by its fingerprint."""
    await connection.execute(
        insert(tables.api_keys).values(
            id=key.id,
            organization_id=key.organization_id,
            name=key.name,
            prefix=key.prefix,
            sha256=sha256,
            created_at=key.created_at,
        )
    )


async def api_keys_of(connection: AsyncConnection, organization_id: str) -> list[ApiKey]:
    """All API keys of an organisation, the revoked too, oldest first."""
    keys = tables.api_keys
    query = select(keys).where(keys.c.organization_id == organization_id).order_by(keys.c.created_at, keys.c.id)
    return [to_api_key(row) for row in (await connection.execute(query)).mappings()]


async def has_api_key(connection: AsyncConnection, organization_id: str, key_id: str) -> bool:
    """Whether the organisation has an API key of that id, revoked or not."""
    keys = tables.api_keys
    return await _exists(connection, keys.c.id == key_id, keys.c.organization_id == organization_id)


async def mark_revoked(connection: AsyncConnection, key_id: str, at: datetime) -> None:
    """Revokes an API key; one that is revoked keeps its time."""
    keys = tables.api_keys
    await connection.execute(
        update(keys).where(keys.c.id == key_id).values(revoked_at=func.coalesce(keys.c.revoked_at, at))
    )


async def has_provider_key(connection: AsyncConnection, organization_id: str, vendor: str) -> bool:
    """Whether the organisation has stored a key for the vendor, readable or not."""
    return await _exists(connection, *_of_vendor(organization_id, vendor))


async def delete_provider_key(connection: AsyncConnection, organization_id: str, vendor: str) -> bool:
    """Removes the organisation's key for the vendor; False where there was none."""
    gone: CursorResult[Any] = await connection.execute(
        delete(tables.provider_keys).where(*_of_vendor(organization_id, vendor))
    )
    return gone.rowcount > 0


async def add_provider_key(
    connection: AsyncConnection, owner: Owner, sealed: Sealed, stored_at: datetime, stored_in: int
) -> None:
    """Stores an encrypted vendor key; the organisation must have none for that vendor."""
    await connection.execute(
        insert(tables.provider_keys).values(
            id=owner.row_id,
            organization_id=owner.organization_id,
            vendor=owner.vendor,
            nonce=sealed.nonce,
            ciphertext=sealed.ciphertext,
            key_version=sealed.key_version,
            stored_at=stored_at,
            stored_in=stored_in,
        )
    )


def _of_vendor(organization_id: str, vendor: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    keys = tables.provider_keys
    return keys.c.organization_id == organization_id, keys.c.vendor == vendor


async def _exists(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> bool:
    found = await connection.execute(select(func.count()).where(*conditions))
    return bool(found.scalar_one())
