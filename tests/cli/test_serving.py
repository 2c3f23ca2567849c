"""`speko serve` as a process of its own: its first key, what it prints, and how it ends."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from speko.cli.exits import Exit
from speko.cli.serving import another_key
from speko.settings import Settings

BASE = [sys.executable, "-m", "speko.cli.main", "serve", "--port", "0", "--data", "data"]

LAST_LINE = re.compile(r'--data-binary|It is not shown again|"url"')


@contextmanager
def serving(*options: str) -> Iterator["tuple[subprocess.Popen[str], list[str]]"]:
    """A gateway and the lines that it has printed when it serves. Its log is in the file `log`."""
    env = {**os.environ, "SPEKO_AGENT_PROCESSES": "0"}  # a process of the voice agent costs seconds
    with Path("log").open("w") as log:
        process = subprocess.Popen([*BASE, *options], stdout=subprocess.PIPE, stderr=log, text=True, env=env)
    assert process.stdout is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if LAST_LINE.search(line):
                break
        yield process, lines
    finally:
        process.kill()
        process.communicate(timeout=30)


def url_of(lines: list[str]) -> str:
    return next(found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))


def test_the_first_key_works_and_is_made_once() -> None:
    with serving("--embedded", "never", "--first-key", "--json") as (process, lines):
        first = json.loads(lines[0])
        answer = httpx.get(f"{first['url']}/v1/organization", headers={"Authorization": f"Bearer {first['key']}"})
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == Exit.OK
    assert first["key"] not in Path("log").read_text()
    with serving("--embedded", "never", "--first-key", "--json") as (process, lines):
        # Where the console is built, there is its link, too.
        assert set(json.loads(lines[0])) - {"consoleUrl"} == {"url", "version"}
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_a_second_start_says_how_to_make_another_key() -> None:
    with serving("--embedded", "never", "--first-key"):
        pass
    with serving("--embedded", "never", "--first-key") as (_, lines):
        assert "SPEKO_API_KEY" in lines[-2]
        assert lines[-1] == "It is not shown again; make another: speko keys create --name me --data data"


def test_another_key_is_made_with_the_command_as_it_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/speko", "serve"])
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert ": .venv/bin/speko keys create --name me --data 'my data'" in another_key(Settings(data="my data"), None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert ": speko keys create" in another_key(Settings(data="data"), None)


def test_another_key_is_made_in_the_same_database() -> None:
    settings = Settings(data="data", database_url="postgresql://me:hunter2@host/name")
    told = another_key(settings, Path("my.toml"))
    assert "with this gateway's database URL in SPEKO_DATABASE_URL: " in told
    assert "keys create --name me --data data --config my.toml" in told
    assert "hunter2" not in told
    assert "host" not in told


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("flite") is None, reason="needs curl and flite")
def test_the_three_lines_work_when_pasted() -> None:
    with serving("--first-key") as (_, lines):
        assert lines[0].startswith("API key, shown this once: sk_live_")
        pasted = [line for line in lines if line.startswith("curl ")]
        assert len(pasted) == 3
        outputs = [
            subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True, timeout=60).stdout
            for line in pasted
        ]
    assert "144" in outputs[0]
    assert Path("hello.wav").read_bytes()[:4] == b"RIFF"
    assert "thank you very much" in outputs[2].lower()


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [*BASE, "--embedded", "never", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        as_json = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == as_json.returncode == Exit.FAILED
    assert done.stderr.splitlines()[-1].startswith(f"speko: cannot listen on 127.0.0.1 port {port}")
    assert "Traceback" not in done.stderr
    assert json.loads(as_json.stdout)["code"] == "CANNOT_LISTEN"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("SPEKO_SCORES", '["none.csv"]', "none.csv"),
        ("SPEKO_SCORES", "none.csv", "SPEKO_SCORES is no JSON"),
        ("SPEKO_PORT", "many", "port"),
        ("SPEKO_OTLP_ENDPOINT", "nope", "otlp_endpoint"),
        ("SPEKO_DATABASE_URL", "mysql://host/name", "database URL"),
    ],
)
def test_settings_that_cannot_be_used(variable: str, value: str, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "speko.cli.main", "serve", "--data", "data", "--embedded", "never"],
        env={**os.environ, variable: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == Exit.USAGE  # the service manager does not try again
    assert words.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_a_misspelt_setting_is_told_with_what_was_meant() -> None:
    Path("speko.toml").write_text("prot = 1")
    command = [sys.executable, "-m", "speko.cli.main", "serve", "--data", "data", "--embedded", "never"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == Exit.USAGE
    assert "unknown setting prot; did you mean port?" in done.stderr
