"""Fixtures: a fake gateway, and the command run against it."""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from speko.cli.main import main
from tests.cli.fake_gateway import KEY, FakeGateway


@dataclass
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which has to be one JSON document on one line."""
        assert self.out.count("\n") == 1
        return json.loads(self.out)


class Command:
    """Runs `speko` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *words: str, stdin: str | bytes = "") -> Outcome:
        raw = stdin.encode() if isinstance(stdin, str) else stdin
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        self._capsys.readouterr()
        code = main(words)
        captured = self._capsys.readouterr()
        assert KEY not in captured.out + captured.err, "the command has shown the API key"
        return Outcome(code, captured.out, captured.err)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, and what a command writes lands in a folder of its own."""
    for name in (
        "BASE_URL",
        "API_KEY",
        "CONSOLE",
        "DATA",
        "DATABASE_URL",
        "EMBEDDED",
        "MASTER_KEY",
        "PORT",
        "PREVIOUS_MASTER_KEY",
    ):
        monkeypatch.delenv(f"SPEKO_{name}", raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def speko(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command."""
    return Command(capsys, monkeypatch)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    """A fake gateway that the environment names, with a key that it takes."""
    with FakeGateway() as gateway:
        monkeypatch.setenv("SPEKO_BASE_URL", gateway.url)
        monkeypatch.setenv("SPEKO_API_KEY", KEY)
        yield gateway


@pytest.fixture
def no_devices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program of the machine is found."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def books(fake: FakeGateway) -> None:
    """What the session is likely to cost."""
    known = [
        {"provider": "acme", "model": "talker", "modality": "s2s", "outcome": "served", "costMicroUsd": "1200"},
        {"provider": "ears", "model": "e", "modality": "stt", "outcome": "served", "costMicroUsd": "300"},
    ]
    fake.on("GET", "/v1/requests/req_1", {"requestId": "req_1", "attempts": known})
