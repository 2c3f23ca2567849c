"""`speko export`."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from speko.cli.exits import Exit
from speko.cli.exporting import progress
from speko.storage.store import Store
from tests.cli.conftest import Command
from tests.storage.rows import attempt_row, usage_row
from tests.storage.session_rows import session_row, turn

VENDOR_KEY = "sk-a-vendors-own-key"


def _fill(data: Path, slug: str | None = None) -> str:
    """A database with a session, an attempt, a usage row and keys; the API key that was made."""

    async def fill() -> str:
        store = await Store.open(None, data, None)
        try:
            organization = await store.create_organization(slug, slug) if slug else await store.default_organization()
            _, key = await store.create_api_key(organization.id, "a key")
            await store.set_provider_key(organization.id, "openai", VENDOR_KEY)
            mark = slug or "s"
            await store.sessions.create(session_row(f"{mark}1", organization_id=organization.id))
            await store.sessions.ingest_turns(organization.id, f"{mark}1", [turn(text="Grüß Gott")])
            store.ledger.attempt(attempt_row(f"att_{mark}", organization_id=organization.id))
            store.ledger.usage(usage_row(f"use_{mark}", organization_id=organization.id))
            return key
        finally:
            await store.close()

    return asyncio.run(fill())


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_file_of_everything_but_keys(speko: Command, tmp_path: Path) -> None:
    key = _fill(tmp_path / "data")
    _fill(tmp_path / "data", "other")
    done = speko("export", "--data", "data", "--out", "all.jsonl", "--json")
    assert done.code == Exit.OK
    rows = {"session": 1, "words": 1, "timing": 0, "attempt": 1, "usage": 1, "credit": 0}
    assert done.json == {"file": "all.jsonl", "rows": rows}
    file = tmp_path / "all.jsonl"
    assert [line["record"] for line in _lines(file)] == ["session", "words", "attempt", "usage"]
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text(encoding="utf-8")
    assert "Grüß Gott" in text
    assert key not in text
    assert VENDOR_KEY not in text
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["all.jsonl"]


def test_for_people_it_says_how_many(speko: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "data", "acme")
    done = speko("export", "--data", "data", "--organization", "acme", "--out", "acme.jsonl")
    assert done.code == Exit.OK
    assert "acme.jsonl: 4 rows" in done.out
    assert "exporting 4 rows" in done.err
    assert _lines(tmp_path / "acme.jsonl")[0]["id"] == "acme1"


@pytest.mark.parametrize(
    ("range_", "kinds"),
    [
        (("--from", "2026-03-14", "--to", "2026-03-14"), 4),
        (("--from", "2026-03-14T12:00Z", "--to", "2026-03-14T12:00:00+00:00"), 4),
        (("--from", "2026-03-14T12:00:00.001Z"), 0),
        (("--to", "2026-03-13"), 0),
        (("--to", "9999-12-31"), 4),
    ],
)
def test_a_day_is_the_whole_day(speko: Command, tmp_path: Path, range_: tuple[str, ...], kinds: int) -> None:
    _fill(tmp_path / "data")
    assert speko("export", "--data", "data", "--out", "f", *range_).code == Exit.OK
    assert len(_lines(tmp_path / "f")) == kinds


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (("--data", "typo", "--out", "f"), "NO_DATABASE", Exit.MISSING),
        (("--data", "data", "--out", "there"), "FILE_EXISTS", Exit.USAGE),
        (("--data", "data", "--out", "no/folder/f"), "CANNOT_WRITE", Exit.USAGE),
        (("--data", "data", "--out", "f", "--organization", "nobody"), "NOT_FOUND", Exit.FAILED),
        (("--data", "data", "--out", "f", "--from", "monday"), "USAGE", Exit.USAGE),
        (("--data", "data", "--out", "f", "--from", "2026-03-02", "--to", "2026-03-01"), "USAGE", Exit.USAGE),
    ],
)
def test_what_cannot_be_done_leaves_no_file(
    speko: Command, tmp_path: Path, words: tuple[str, ...], code: str, status: Exit
) -> None:
    _fill(tmp_path / "data")
    (tmp_path / "there").write_text("mine")
    done = speko("export", *words, "--json")
    assert (done.code, done.json["code"]) == (status, code)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["there"]
    assert (tmp_path / "there").read_text() == "mine"


def test_the_bar_ends_full() -> None:
    assert progress(0, 4) == "░" * 24 + "   0%  0 of 4 rows"
    assert progress(2, 4) == "█" * 12 + "░" * 12 + "  50%  2 of 4 rows"
    assert progress(5, 4) == "█" * 24 + " 100%  5 of 5 rows"
    assert progress(0, 0) == "█" * 24 + " 100%  0 of 0 rows"
