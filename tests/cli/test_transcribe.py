"""`speko transcribe`."""

import json
from pathlib import Path
from typing import Any

import pytest

from speko.cli.exits import Exit
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway

META = ("meta", {"provider": "acme", "model": "ear-1", "failoverCount": 0, "scoresRunId": None})
DONE = {"text": "hello there", "provider": "acme", "model": "ear-1", "confidence": 0.9, "failoverCount": 0}


def transcript(text: str, *, final: bool) -> tuple[str, Any]:
    return "transcript", {"text": text, "isFinal": final, "confidence": None}


@pytest.fixture
def hearing(fake: FakeGateway) -> FakeGateway:
    fake.on_events(
        "/v1/transcribe", [META, transcript("hell", final=False), transcript("hello there", final=True), ("done", DONE)]
    )
    return fake


def test_the_text_alone_is_on_standard_output(speko: Command, hearing: FakeGateway) -> None:
    Path("a.mp3").write_bytes(b"sound")
    done = speko("transcribe", "a.mp3", "--language", "de", "--keyword", "Kőszeg", "--allow", "acme:ear-1")
    assert (done.code, done.out) == (Exit.OK, "hello there\n")
    _, _, headers, body = hearing.requests[0]
    assert body == b"sound"
    assert headers["Content-Type"] == "audio/mpeg"
    assert json.loads(headers["X-Speko-Intent"]) == {"language": "de"}
    assert json.loads(headers["X-Speko-Constraints"]) == {"allowedProviders": {"stt": ["acme:ear-1"]}}


def test_json_is_the_whole_result(speko: Command, hearing: FakeGateway) -> None:
    document = speko("transcribe", "-", "--json", stdin=b"\x00\x01").json
    assert document.items() >= DONE.items()
    assert document["requestId"] == "req_1"
    assert hearing.requests[0][2]["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "options", "content_type"),
    [
        ("a.WAV", [], "audio/wav"),
        ("a.ogg", [], "audio/ogg"),
        ("a.flac", [], "audio/flac"),
        ("a.pcm", [], "audio/pcm;rate=16000"),
        ("a.raw", ["--rate", "8000"], "audio/pcm;rate=8000"),
        ("a", [], "application/octet-stream"),
    ],
)
def test_content_types(speko: Command, hearing: FakeGateway, name: str, options: list[str], content_type: str) -> None:
    Path(name).write_bytes(b"sound")
    assert speko("transcribe", name, *options).code == Exit.OK
    assert hearing.requests[0][2]["Content-Type"] == content_type


def test_a_file_that_is_not_there(speko: Command, hearing: FakeGateway) -> None:
    done = speko("transcribe", "none.wav", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "CANNOT_READ")
    assert hearing.requests == []


def test_silence_is_an_empty_line(speko: Command, fake: FakeGateway) -> None:
    fake.on_events("/v1/transcribe", [META, ("done", {**DONE, "text": ""})])
    assert speko("transcribe", "-", stdin=b"x").out == "\n"


def test_an_error_in_the_stream(speko: Command, fake: FakeGateway) -> None:
    fake.on_events("/v1/transcribe", [META, ("error", {"error": "lost it", "code": "TRANSCRIBE_FAILED"})])
    done = speko("transcribe", "-", "--json", stdin=b"x")
    assert (done.code, done.json["error"], done.json["code"]) == (Exit.FAILED, "lost it", "TRANSCRIBE_FAILED")


def test_a_stream_without_an_end(speko: Command, fake: FakeGateway) -> None:
    fake.on_events("/v1/transcribe", [META])
    assert speko("transcribe", "-", "--json", stdin=b"x").json["code"] == "STREAM_ENDED"
