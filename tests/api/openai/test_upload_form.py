"""What a form may hold beside its file, and that nothing of a refused one is kept."""

from pathlib import Path
from typing import Any

import pytest

from speko.api.openai.upload_form import MAX_TEXT
from tests.api.openai.doors import doors, wav
from tests.api.vendors import Scripted

FILE = ("a.wav", wav(10), "audio/wav")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([("file", FILE), ("file", FILE)], "more than one file"),
        ([("file", FILE), ("model", ("m.txt", b"auto"))], "a file is in a field"),
        ([("file", FILE), ("prompt", (None, b"x" * (MAX_TEXT + 1)))], "longer than"),
        ([("file", FILE), ("model", (None, b"\xff"))], "not UTF-8"),
        ([("file", FILE), ("model", (None, b"  "))], "no model"),
    ],
    ids=["two files", "a file too many", "long", "no text", "blank"],
)
async def test_what_a_form_may_not_hold(tmp_path: Path, fields: list[Any], words: str) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (_, gateway):
        answer = await gateway.client.post("/v1/audio/transcriptions", files=fields)
        assert answer.status_code == 400
        assert words in answer.json()["error"]["message"]
        assert gateway.gateway.spool.used == 0


async def test_fields_may_come_after_the_file_and_the_last_one_counts(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (_, gateway):
        form: Any = [
            ("file", FILE),
            ("model", (None, "nothing")),
            ("model", (None, "auto")),
            ("unknown", (None, "x")),
            ("language", (None, "")),
        ]
        answer = await gateway.client.post("/v1/audio/transcriptions", files=form)
        assert answer.json()["text"] == "hello alpha"
        assert alpha.requests[0].language == "en"


async def test_a_plain_field_of_that_name_is_a_file_too(tmp_path: Path) -> None:
    """Some clients send no file name. The bytes say what it is."""
    async with doors(tmp_path, Scripted("alpha")) as (_, gateway):
        form: Any = [("model", (None, "auto")), ("file", (None, wav(10)))]
        answer = await gateway.client.post("/v1/audio/transcriptions", files=form)
        assert answer.json()["text"] == "hello alpha"
