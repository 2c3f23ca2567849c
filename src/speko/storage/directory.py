"""Everything that a request needs to know, in memory: organisations, API keys, vendor keys.

The database is the truth; this is a copy that is replaced as a whole when the revision in the database moves.
"""

import hmac
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from speko.limits.ceilings import Override
from speko.storage.api_keys import fingerprint
from speko.storage.records import ApiKey, Organization, OwnKey

TOUCH_EVERY = timedelta(minutes=1)
_NO_KEYS: Mapping[str, OwnKey] = MappingProxyType({})
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An API key and the SHA-256 it is known by, in hex."""

    fingerprint: str
    key: ApiKey


@dataclass(frozen=True, slots=True)
class Contents:
    """One state of the directory."""

    revision: int = -1
    organizations: Mapping[str, Organization] = field(default_factory=dict)
    api_keys: Mapping[str, KeyEntry] = field(default_factory=dict)
    """By fingerprint, without the revoked."""
    own_keys: Mapping[str, Mapping[str, OwnKey]] = field(default_factory=dict, repr=False)
    """By organisation and vendor, in the order they were stored."""
    unreadable: frozenset[str] = frozenset()
    """Ids of stored vendor keys that the master key does not open."""
    spent: frozenset[str] = frozenset()
    """Ids of tokens of the web console that count no more."""
    limits: Mapping[str, Override] = field(default_factory=dict)
    """What operators have set, by API key or organisation."""
    credit: Mapping[str, int] = field(default_factory=dict)
    """What was ever credited, by organisation, in micro-USD."""


class Directory:
    """The view that requests use. Every method answers at once and without the database."""

    def __init__(
        self,
        write_touch: Callable[[str, datetime], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._contents = Contents()
        self._write_touch = write_touch
        self._now = now
        self._last_use: dict[str, datetime] = {}
        self._key_ids: frozenset[str] = frozenset()
        self._callbacks: list[Callable[[], None]] = []
        self._confirmed_at = time.monotonic()

    @property
    def revision(self) -> int:
        """Of the state in memory; -1 before the first load."""
        return self._contents.revision

    @property
    def age(self) -> float:
        """Seconds since the state in memory was last known to be what the database has."""
        return time.monotonic() - self._confirmed_at

    def confirmed(self) -> None:
        """The state in memory is what the database has."""
        self._confirmed_at = time.monotonic()

    @property
    def unreadable(self) -> frozenset[str]:
        """Ids of stored vendor keys that cannot be decrypted; their vendors cannot be used by those organisations."""
        return self._contents.unreadable

    def authenticate(self, presented: str) -> ApiKey | None:
        """The API key that somebody presents, or None where it is unknown or revoked. Takes any text."""
        digest = fingerprint(presented)
        entry = self._contents.api_keys.get(digest)
        return entry.key if entry is not None and hmac.compare_digest(entry.fingerprint, digest) else None

    def holds(self, key_id: str) -> bool:
        """Whether the API key is known and not revoked."""
        return key_id in self._key_ids

    def is_spent(self, token_id: str) -> bool:
        """Whether a token of the web console counts no more, although it is still valid."""
        return token_id in self._contents.spent

    def organization(self, organization_id: str) -> Organization | None:
        """The organisation of that id."""
        return self._contents.organizations.get(organization_id)

    def provider_keys(self, organization_id: str) -> Mapping[str, OwnKey]:
        """The organisation's own vendor keys by vendor, in the order they were stored. Read-only."""
        return self._contents.own_keys.get(organization_id, _NO_KEYS)

    @property
    def limits(self) -> Mapping[str, Override]:
        """What operators have set for API keys and organisations, by id. Read-only."""
        return self._contents.limits

    @property
    def credit(self) -> Mapping[str, int]:
        """What organisations were ever credited, in micro-USD. Read-only."""
        return self._contents.credit

    @property
    def organization_ids(self) -> Collection[str]:
        """All organisations."""
        return self._contents.organizations.keys()

    def touched(self, key_id: str) -> None:
        """Notes that an API key was used; written down at most once a minute for each key."""
        now = self._now()
        last = self._last_use.get(key_id)
        if last is None or now - last >= TOUCH_EVERY:
            self._last_use[key_id] = now
            self._write_touch(key_id, now)

    def last_use(self, key_id: str) -> datetime | None:
        """When this process last noted a use of the API key."""
        return self._last_use.get(key_id)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Calls back after each change of contents, so that caches made from them can be dropped."""
        self._callbacks.append(callback)

    def replace(self, contents: Contents) -> None:
        """Takes over a state that was read from the database."""
        self._contents = contents
        self._key_ids = frozenset(entry.key.id for entry in contents.api_keys.values())
        self._last_use = {key_id: at for key_id, at in self._last_use.items() if key_id in self._key_ids}
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                logger.exception("A listener to changes of the directory failed")
