"""Runs the gateway for `speko serve`: settings, logging, a first key, and what is printed when it serves."""

import argparse
import asyncio
import json
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from speko.api.server import CannotListen, Ready, serve
from speko.api.workers.serving import serve_with_workers
from speko.api.workers.supervisor import StartFailed
from speko.cli import logs
from speko.cli.configuration import open_store, settings_of, storage_explained
from speko.cli.exits import CommandError, Exit
from speko.cli.setting_names import unknown_variables
from speko.cli.terminal import Terminal
from speko.routing.score_rows import ScoreFileError
from speko.settings import Settings
from speko.storage.database import is_sqlite
from speko.version import __version__

log = logging.getLogger(__name__)
_SETTINGS = ("host", "port", "data", "embedded", "database_url", "workers", "log_level", "log_format")


def run_gateway(args: argparse.Namespace) -> int:
    """Serves until a signal."""
    terminal = Terminal(as_json=args.as_json)
    settings = settings_of(args, **{name: getattr(args, name) for name in _SETTINGS})
    logs.configure(settings.log_level, settings.log_format)
    warn_of_unknown_variables(os.environ)
    if settings.workers > 1 and is_sqlite(settings.database_url):
        raise CommandError(
            "several workers need PostgreSQL: SQLite serves one process; name a database with --database-url or "
            "SPEKO_DATABASE_URL (postgresql://user:password@host:5432/name), or serve with --workers 1",
            "BAD_CONFIGURATION",
            Exit.USAGE,
        )
    key = asyncio.run(first_key(settings)) if args.first_key else None
    if key is not None:
        # At once: should the port be taken, the key is not lost.
        terminal.write(f"API key, shown this once: {key}")

    def on_ready(ready: Ready) -> None:
        terminal.write(f"speko {__version__} serves on {ready.url}")
        if key is not None:
            terminal.write(examples(ready.url, key))
        elif args.first_key:
            terminal.write(another_key(settings, args.config))
        if settings.console:  # last, where the eye is
            terminal.write(console_line(ready.console_url))
        terminal.document(
            {
                "url": ready.url,
                "version": __version__,
                **({"key": key} if key else {}),
                **({"consoleUrl": ready.console_url} if ready.console_url else {}),
            }
        )

    with storage_explained():
        try:
            if settings.workers > 1:
                return serve_with_workers(settings, os.environ, on_ready=on_ready)
            return serve(settings, os.environ, on_ready=on_ready)
        except StartFailed as error:
            raise _start_failed(error) from error
        except ScoreFileError as error:
            raise CommandError(f"scores: {error}", "BAD_SCORES", Exit.USAGE) from error
        except CannotListen as error:
            raise CommandError(str(error), "CANNOT_LISTEN") from error


def warn_of_unknown_variables(environment: Mapping[str, str]) -> None:
    """One line in the log for each variable that looks like a setting and is none. Its value may be a key."""
    for name, meant in unknown_variables(environment).items():
        extra = {"variable": name, **({"did_you_mean": meant} if meant else {})}
        log.warning("environment variable is no setting", extra=extra)


def _start_failed(error: StartFailed) -> CommandError:
    """As if there were no workers."""
    kind = error.report.kind if error.report else "START_FAILED"
    scores = kind == "BAD_SCORES"
    return CommandError(f"scores: {error}" if scores else str(error), kind, Exit.USAGE if scores else Exit.FAILED)


def console_line(link: str | None) -> str:
    """How to open the console; None = it is not built."""
    if link is None:
        return "Web console: not in this build. In a checkout, type make console and start again."
    # Here and nowhere else: the log is kept, and read by others.
    return f"Open this to talk; the link logs in once: {link}"


async def first_key(settings: Settings) -> str | None:
    """A new API key when the database has none that works, else None."""
    async with open_store(settings) as store:
        organization = await store.default_organization()
        if any(not key.revoked for key in await store.list_api_keys(organization.id)):
            return None
        _, key = await store.create_api_key(organization.id, "first key")
        return key


def another_key(settings: Settings, config: Path | None) -> str:
    """What to say when the first key was shown at an earlier start. The command reaches the same database; a URL, which
    may hold a password, is never shown."""
    # As it was started: `make run` starts a `speko` that is on no path.
    started = sys.argv[0]
    command = started if Path(started).name == "speko" and shutil.which("speko") is None else "speko"
    options = ["--name", "me", "--data", str(settings.data), *(["--config", str(config)] if config else [])]
    where = ", with this gateway's database URL in SPEKO_DATABASE_URL" if settings.database_url else ""
    return "\n".join(
        (
            "There is an API key already. Commands and examples need it: export SPEKO_API_KEY=sk_live_…",
            f"It is not shown again; make another{where}: {command} keys create {shlex.join(options)}",
        )
    )


def examples(url: str, key: str) -> str:
    """Three calls to paste: an answer, speech into a file, and that file back into text."""
    complete = {"messages": [{"role": "user", "content": "What is 12 times 12?"}], "intent": {"language": "en"}}
    speech = {"text": "Thank you very much for your help.", "intent": {"language": "en"}}
    lines = (
        "Try it:",
        _curl(url, "complete", key, f"-N {_body(complete)}"),
        _curl(url, "synthesize", key, f"-H 'Accept: audio/wav' -o hello.wav {_body(speech)}"),
        _curl(url, "transcribe", key, '-N -H \'X-Speko-Intent: {"language":"en"}\' --data-binary @hello.wav'),
    )
    return "\n".join(lines)


def _curl(url: str, path: str, key: str, rest: str) -> str:
    return f"curl -sS {url}/v1/{path} -H 'Authorization: Bearer {key}' {rest}"


def _body(value: object) -> str:
    return f"-H 'Content-Type: application/json' -d '{json.dumps(value)}'"
