"""The gateway's settings and its database as commands reach them without a running gateway."""

import argparse
import asyncio
import os
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from speko.cli.exits import CommandError, Exit
from speko.cli.setting_names import unknown_setting, variables_without_json
from speko.cli.terminal import Terminal
from speko.settings import Settings, load_settings
from speko.storage.database import sqlite_file
from speko.storage.errors import StorageError
from speko.storage.store import Store

T = TypeVar("T")


def settings_of(args: argparse.Namespace, **overrides: Any) -> Settings:
    """Settings from the command line, the environment and the configuration file.

    Raises CommandError; its text names settings and never their values, which may be keys.
    """
    config: Path | None = args.config
    file = config or Path("speko.toml")
    try:
        settings = load_settings(config, **overrides)
        settings.master_key_bytes()
        settings.previous_master_key_bytes()
    except FileNotFoundError as error:
        raise CommandError(f"there is no configuration file {file}", "BAD_CONFIGURATION", Exit.USAGE) from error
    except ValidationError as error:
        raise _unusable([_told(item) for item in error.errors(include_input=False)]) from None
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{file} is not TOML: {error}", "BAD_CONFIGURATION", Exit.USAGE) from None
    except SettingsError:
        raise _unusable(variables_without_json()) from None
    except (ValueError, OSError) as error:
        raise CommandError(f"settings: {error}", "BAD_CONFIGURATION", Exit.USAGE) from None
    _check_database_url(settings)
    return settings


def _unusable(lines: Iterable[str]) -> CommandError:
    text = "\n  ".join(["these settings cannot be used (docs/reference/settings.md):", *lines])
    return CommandError(text, "BAD_CONFIGURATION", Exit.USAGE)


def _check_database_url(settings: Settings) -> None:
    """A URL that can never work is told from a database that is away: nobody should try again."""
    try:
        sqlite_file(settings.database_url, settings.data)
    except StorageError as error:
        raise CommandError(f"database_url: {error}", "BAD_CONFIGURATION", Exit.USAGE) from None


def _told(item: ErrorDetails) -> str:
    if item["type"] == "extra_forbidden":
        return unknown_setting(item["loc"])
    name = ".".join(map(str, item["loc"]))
    if name == "port" and os.environ.get("SPEKO_PORT", "").startswith("tcp://"):
        return (
            "port: SPEKO_PORT is what Kubernetes sets for a Service named speko; give the pod enableServiceLinks: false"
        )
    return f"{name}: {item['msg']}"


@contextmanager
def storage_explained() -> Iterator[None]:
    """Turns storage's own error into one of the command."""
    try:
        yield
    except StorageError as error:
        raise CommandError(str(error), "STORAGE") from error


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The database, migrated. Raises CommandError when it cannot be used."""
    with storage_explained():
        store = await Store.open(
            settings.database_url,
            settings.data,
            settings.master_key_bytes(),
            initial_credit=settings.initial_credit,
            previous_master_key=settings.previous_master_key_bytes(),
        )
        try:
            yield store
        finally:
            await store.close()


def must_exist(settings: Settings) -> None:
    """Raises CommandError where there is no database: opening would make one, and a misspelt name is likelier."""
    file = _missing_file(settings)
    if file is not None:
        fix = "correct the database URL" if settings.database_url else "name the gateway's data folder with --data DIR"
        raise CommandError(f"there is no database {file}; {fix}", "NO_DATABASE", Exit.MISSING)


def open_default(settings: Settings, work: Callable[[Store, str], Awaitable[T]]) -> T:
    """What `work` makes of the store and the id of its default organisation, from a loop of its own. Where there was no
    database, one is made, and that is said."""
    missing = _missing_file(settings)

    async def with_store() -> T:
        async with open_store(settings) as store:
            if missing is not None:
                Terminal().note(f"A new database was made in {missing.parent}; there was none.")
            return await work(store, (await store.default_organization()).id)

    return asyncio.run(with_store())


def _missing_file(settings: Settings) -> Path | None:
    """SQLite's file, where opening would make it."""
    file = sqlite_file(settings.database_url, settings.data)
    return file if file is not None and not file.is_file() else None
