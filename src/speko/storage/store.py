"""The one object that the gateway holds for everything that lasts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection

from speko.routing.ledger import AttemptRow
from speko.storage import accounts, rotation, tables, usage_report
from speko.storage.api_keys import display_prefix, fingerprint, new_api_key
from speko.storage.credits import Credits, grant
from speko.storage.database import Database
from speko.storage.directory import Directory
from speko.storage.errors import StorageError
from speko.storage.export import Export
from speko.storage.heartbeats import Heart
from speko.storage.ledger_writer import LedgerWriter
from speko.storage.limits import LimitRows
from speko.storage.loading import raise_revision
from speko.storage.master_key import FILE_NAME, MasterKeys, how_to_go_on
from speko.storage.records import ApiKey, Organization, UsageSummary, new_id
from speko.storage.retention import Retention, Rules
from speko.storage.secrets_box import Owner
from speko.storage.sessions import Sessions
from speko.storage.spend import Sums, sums_between
from speko.storage.spent_tokens import spend_token
from speko.storage.usage_series import Range, UsageSeries, usage_series
from speko.storage.verdicts import Rejection, Verdict, rejections_of
from speko.storage.watching import DirectoryWatch


class Store:
    """Database, directory, ledgers and sessions. Methods that reach the database raise StorageError when it does not
    answer.

    Changes are seen by this process before the call that makes them returns, by others within about a second.
    """

    def __init__(
        self, database: Database, keys: MasterKeys, now: Callable[[], datetime], initial_credit: int = 0
    ) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self.ledger = LedgerWriter(database)
        self.sessions = Sessions(database, now)
        self.limits = LimitRows(database, self._change, self._whole_now)
        self.credits = Credits(database, self._change, self._whole_now)
        self._initial_credit = initial_credit
        self.directory = Directory(self.ledger.key_used, now)
        self._watch = DirectoryWatch(database, keys, self.directory)
        self._retention: Retention | None = None
        self._heart: Heart | None = None
        self._stop = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        url: str | None,
        data: Path,
        master_key: bytes | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        initial_credit: int = 0,
        previous_master_key: bytes | None = None,
    ) -> "Store":
        """Opens the database, migrates it, loads the directory and starts the background work.

        Args:
            url: Database; None = a SQLite file in the data folder.
            data: Data folder, created (0700) when missing.
            master_key: 32 bytes that encrypt vendor keys; None = the file `master.key` in the data folder.
            now: The clock, in UTC.
            initial_credit: What a new organisation is granted, in micro-USD.
            previous_master_key: Another one, which opens what it has encrypted.

        Raises:
            StorageError: the folder, the key or the database cannot be used; the text says what to do.
        """
        await asyncio.to_thread(_make_folder, data)
        made_key = master_key is None and not (data / FILE_NAME).exists()
        keys = await asyncio.to_thread(MasterKeys, data, master_key, previous_master_key)
        store = cls(await Database.open(url, data), keys, now, initial_credit)
        try:
            await store._watch.load()
            if made_key and store.directory.unreadable:
                file = data / FILE_NAME
                file.unlink()
                raise StorageError(
                    f"Vendor keys are stored, but {file}, which opens them, is missing. {how_to_go_on(file)}"
                )
        except BaseException:
            await store._database.close()
            raise
        store.ledger.start()
        store.sessions.journal.start()
        store._watching = asyncio.create_task(store._watch.run(store._stop), name="directory watch")
        return store

    async def close(self) -> None:
        """Writes down what is left and closes the database."""
        self._stop.set()
        try:
            if self._retention is not None:
                await self._retention.close()
            if self._watching is not None:
                await self._watching
            await asyncio.gather(self.ledger.close(), self.sessions.journal.close())
            if self._heart is not None:
                await self._heart.close()
        finally:
            await self._database.close()

    async def beat_as(self, owner: str) -> None:
        """Lets other processes know that this one lives, until the store is closed; and ends the sessions of those that
        do not. Raises StorageError."""
        self._heart = Heart(self._database, owner, self._now)
        await self._heart.start()

    @property
    def is_sqlite(self) -> bool:
        """SQLite serves one machine, and the gateway runs one process on it."""
        return self._database.is_sqlite

    @property
    def ready(self) -> bool:
        """Whether the database answers and the writers keep up."""
        return self.problem is None

    @property
    def away(self) -> bool:
        """Whether the database did not answer when it was looked at last, which is done twice a second."""
        return self._watch.problem is not None

    @property
    def problem(self) -> str | None:
        """Why the store is not ready, for people."""
        if self._watch.problem is not None:
            return self._watch.problem
        if self.ledger.behind:
            return self.ledger.problem or "ledger rows are written too slowly"
        if self.sessions.journal.behind:
            return self.sessions.journal.problem or "session rows are written too slowly"
        return None

    @property
    def warning(self) -> str | None:
        """What is wrong with some organisations' vendor keys, for people; it keeps nothing else from being served."""
        if count := len(self.directory.unreadable):
            return (
                f"{count} stored vendor keys cannot be decrypted: the master key is not the one they were stored with. "
                "Restore it (SPEKO_MASTER_KEY or the file master.key), or store the vendor keys again."
            )
        return None

    def derived_keys(self, label: str) -> Callable[[], tuple[bytes, ...]]:
        """32 secret bytes for the purpose of that name, the same in every process that has this master key. Gives them
        as the master keys are when it is asked: those of the key in use first, then those of others that are still, or
        soon will be, accepted."""
        return self._keys.derived(label)

    async def rotate_master_key(self, *, leave_unreadable: bool = False) -> rotation.Rotated:
        """See `speko.storage.rotation.rotate`."""
        rotated = await rotation.rotate(self._database, self._keys, leave_unreadable=leave_unreadable)
        await self._watch.refresh()
        return rotated

    async def drop_previous_master_keys(self) -> int:
        """See `speko.storage.rotation.drop_previous`."""
        return await rotation.drop_previous(self._database, self._keys)

    async def master_key_status(self) -> rotation.KeyStatus:
        """See `speko.storage.rotation.status`."""
        return await rotation.status(self._database, self._keys)

    def keep_by(self, rules: Rules) -> None:
        """Deletes what is kept for longer than that: now, and every hour until the store is closed."""
        self._retention = Retention(self._database, rules, self._now)
        self._retention.start()

    async def create_organization(self, name: str, slug: str | None = None) -> Organization:
        """Makes an organisation; raises StorageError where `slug` is taken. Without one, it is made from the name."""
        async with self._change() as (connection, _):
            slug = await accounts.free_slug(connection, name, slug)
            organization = Organization(id=new_id("org"), name=name, slug=slug, created_at=self._whole_now())
            await self._add_organization(connection, organization)
        return organization

    async def default_organization(self) -> Organization:
        """The organisation of a gateway that needs one only; made at the first call."""
        async with self._database.read() as connection:
            organization = await accounts.organization_by_slug(connection, "default")
        if organization is not None:
            return organization
        async with self._change() as (connection, _):
            # Another process may have been faster; changes wait for each other, so what is seen here stays.
            organization = await accounts.organization_by_slug(connection, "default")
            if organization is None:
                organization = Organization(
                    id=new_id("org"), name="Default", slug="default", created_at=self._whole_now()
                )
                await self._add_organization(connection, organization)
        return organization

    async def create_api_key(self, organization_id: str, name: str) -> tuple[ApiKey, str]:
        """Makes an API key. The second value is the key itself, which nobody can show again."""
        secret = new_api_key()
        key = ApiKey(
            id=new_id("key"),
            organization_id=organization_id,
            name=name,
            prefix=display_prefix(secret),
            created_at=self._whole_now(),
            last_used_at=None,
            revoked=False,
        )
        async with self._change() as (connection, _):
            await accounts.add_api_key(connection, key, fingerprint(secret))
        return key, secret

    async def list_api_keys(self, organization_id: str) -> list[ApiKey]:
        """All keys of an organisation, oldest first; revoked ones stay."""
        async with self._database.read() as connection:
            keys = await accounts.api_keys_of(connection, organization_id)
        return [self._with_last_use(key) for key in keys]

    async def revoke_api_key(self, organization_id: str, key_id: str) -> bool:
        """Revokes a key; repeatable. False = the organisation has no such key."""
        async with self._database.read() as connection:
            if not await accounts.has_api_key(connection, organization_id, key_id):
                return False
        async with self._change() as (connection, _):
            await accounts.mark_revoked(connection, key_id, self._now())
        return True

    async def spend(self, token_id: str, expires_at: datetime) -> bool:
        """Makes a token of the web console count no more, in all processes. False = it was spent before, by whomever:
        of several at the same moment, one gets True.

        Args:
            token_id: names the token, and is not the token itself.
            expires_at: when the token expires anyway.
        """
        async with self._change() as (connection, _):
            insert = self._database.insert_new(tables.spent_tokens)
            return await spend_token(connection, insert, token_id, expires_at, self._now())

    async def set_provider_key(self, organization_id: str, vendor: str, secret: str) -> None:
        """Stores an organisation's own key for a vendor, encrypted, in place of the one before."""
        owner = Owner(organization_id, vendor, new_id("byok"))
        async with self._change() as (connection, revision):
            # A rotation of the master key, in any process, is over by now or has not begun.
            await asyncio.to_thread(self._keys.reread)
            sealed = self._keys.box.seal(secret, owner)
            await accounts.delete_provider_key(connection, organization_id, vendor)
            await accounts.add_provider_key(connection, owner, sealed, self._now(), revision)

    async def remove_provider_key(self, organization_id: str, vendor: str) -> bool:
        """Removes an organisation's own key for a vendor. False = there was none."""
        async with self._database.read() as connection:
            if not await accounts.has_provider_key(connection, organization_id, vendor):
                return False
        async with self._change() as (connection, _):
            return await accounts.delete_provider_key(connection, organization_id, vendor)

    async def key_judged(self, verdict: Verdict) -> None:
        """Notes what a vendor says about an own key outside any call. Waits until it is written, where the database
        takes rows."""
        self.ledger.key_judged(verdict)
        if not self.ledger.behind:
            with contextlib.suppress(StorageError):
                await self.ledger.flush()

    async def rejections(self, organization_id: str) -> Mapping[str, Rejection]:
        """The organisation's own keys that their vendors refused last time, by vendor; none while the database is
        away."""
        try:
            if not self.ledger.behind:
                await self.ledger.flush()
            async with self._database.read() as connection:
                return await rejections_of(connection, organization_id)
        except StorageError:
            return {}

    async def usage_summary(self, organization_id: str, start: datetime, end: datetime) -> UsageSummary:
        """What an organisation used from `start` to `end`, both included and aware of their time zone. Sees all that
        this process has served, and what others had written."""
        await self.ledger.flush()
        async with self._database.read() as connection:
            return await usage_report.summarize_usage(connection, organization_id, start, end)

    async def usage_series(self, organization_id: str, start: datetime, end: datetime) -> UsageSeries:
        """The same day by day, with what was tried."""
        await self.ledger.flush()
        async with self._database.read() as connection:
            return await usage_series(connection, Range(organization_id, start, end))

    def export(self, organization_id: str, start: datetime, end: datetime) -> Export:
        """All rows of an organisation from `start` to `end`, both included and aware of their time zone."""
        return Export(self._database, organization_id, start, end)

    async def attempts_of(self, organization_id: str, request_id: str) -> list[AttemptRow]:
        """The attempts of one call, in the order they were made; empty for an unknown one."""
        await self.ledger.flush()
        async with self._database.read() as connection:
            return await usage_report.attempts_of(connection, organization_id, request_id)

    async def spent(self, organization_id: str | None, start: datetime | None, end: datetime | None) -> Sums:
        """What an organisation (None = each) and its API keys have spent on platform keys from `start` until before
        `end` (None = for ever), as it is in the database."""
        return await sums_between(self._database, organization_id, start, end)

    async def _add_organization(self, connection: AsyncConnection, organization: Organization) -> None:
        await accounts.add_organization(connection, organization)
        if self._initial_credit:
            await grant(connection, organization.id, self._initial_credit, organization.created_at)

    @contextlib.asynccontextmanager
    async def _change(self) -> AsyncIterator[tuple[AsyncConnection, int]]:
        """A transaction that changes the directory, and its revision; this process sees it before it goes on."""
        async with self._database.write() as connection:
            yield connection, await raise_revision(connection)
        await self._watch.refresh()

    def _with_last_use(self, key: ApiKey) -> ApiKey:
        """With a use that is not written down yet."""
        noted = self.directory.last_use(key.id)
        if noted is None or (key.last_used_at is not None and key.last_used_at >= noted):
            return key
        return structs.replace(key, last_used_at=noted)

    def _whole_now(self) -> datetime:
        """Now, in the milliseconds that are stored."""
        now = self._now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The data folder {data} cannot be created ({error.strerror}). Choose another with --data or SPEKO_DATA."
        ) from error
