"""The master key where it is: in the data folder or the environment, beside the database."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from speko.cli.configuration import must_exist, open_store, settings_of
from speko.storage.master_key import FILE_NAME
from speko.storage.store import Store

T = TypeVar("T")


class LocalMasterKey:
    """The three actions. Raises CommandError where there is no database, or nothing can be changed."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._settings = settings_of(args, data=args.data, database_url=args.database_url)
        must_exist(self._settings)

    @property
    def in_file(self) -> bool:
        """Whether the master key is in the data folder; else it is in the settings."""
        return self._settings.master_key_bytes() is None

    def status(self) -> dict[str, Any]:
        """Members for people and machines; names of keys in hex, which say nothing about the keys."""
        found = self._do(lambda store: store.master_key_status())
        return {
            "file": str(self._settings.data / FILE_NAME) if found.in_file else None,
            "name": f"{found.name:08x}",
            "next": None if found.next is None else f"{found.next:08x}",
            "previous": [f"{name:08x}" for name in found.previous],
            "vendorKeys": found.vendor_keys,
            "older": found.older,
            "unreadable": found.unreadable,
            "unfinished": found.unfinished,
        }

    def rotate(self, *, leave_unreadable: bool) -> dict[str, Any]:
        """Takes some seconds, in which gateways learn of the new key."""
        done = self._do(lambda store: store.rotate_master_key(leave_unreadable=leave_unreadable))
        return {"reencrypted": done.reencrypted, "unreadable": done.unreadable, "resumed": done.resumed}

    def drop_previous(self) -> int:
        """How many keys went."""
        return self._do(lambda store: store.drop_previous_master_keys())

    def _do(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async def with_store() -> T:
            async with open_store(self._settings) as store:
                return await work(store)

        return asyncio.run(with_store())
