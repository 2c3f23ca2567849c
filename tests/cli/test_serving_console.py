"""The console's link, as `speko serve` prints it: on the terminal, and nowhere else."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from speko.cli.serving import console_line
from tests.console.build import make_build

# With another folder for the build: the package's own may have one or not.
PROGRAM = """
import pathlib, sys
from speko.console import site
site.STATIC = pathlib.Path("build")
from speko.cli.main import main
sys.exit(main(["serve", "--data", "data", "--embedded", "never", *sys.argv[1:]]))
"""
LAST_LINE = re.compile(r'Open this|Web console|"url"')
LINK = re.compile(r"(http\S+)/#token=([A-Za-z0-9_-]{43})")


@contextmanager
def serving(*options: str, **env: str) -> Iterator[list[str]]:
    """All lines that a gateway prints; its log is in the file `log`. It is asked to end when the context does."""
    command = [sys.executable, "-c", PROGRAM, "--port", "0", "--log-level", "debug", *options]
    variables = {**os.environ, "SPEKO_AGENT_PROCESSES": "0", **env}
    with Path("log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=variables)
    assert process.stdout is not None
    lines: list[str] = []
    # So that a line that never comes is a failure and not a hang.
    too_late = threading.Timer(60, process.kill)
    too_late.start()
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if LAST_LINE.search(line) or "SPEKO_CONSOLE" in env:
                break
        yield lines
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
        lines += rest.splitlines()
    finally:
        too_late.cancel()
        process.kill()
        process.communicate(timeout=30)


def test_the_link_is_printed_and_not_logged() -> None:
    make_build(Path("build"))
    with serving() as lines:
        [found] = filter(None, map(LINK.search, lines))
        url, token = found.groups()
        assert any(line.endswith(f"serves on {url}") for line in lines)
        page = httpx.get(f"{url}/", trust_env=False)
        assert "console of the test" in page.text
        answer = httpx.post(f"{url}/console/login", json={"token": token}, trust_env=False)
        assert answer.status_code == 200
        assert httpx.post(f"{url}/console/login", json={"token": token}, trust_env=False).status_code == 401
    log = Path("log").read_text()
    for secret in (token, answer.json()["csrfToken"], *answer.cookies.values()):
        assert secret not in log
    assert sum(token in line for line in lines) == 1


def test_as_json() -> None:
    make_build(Path("build"))
    with serving("--json") as lines:
        document = json.loads(lines[0])
        found = LINK.fullmatch(document["consoleUrl"])
        assert found is not None
        assert found[1] == document["url"]
    assert len(lines) == 1
    assert found[2] not in Path("log").read_text()


@pytest.mark.parametrize(
    ("options", "env", "expected"),
    [
        (("--host", "0.0.0.0"), {}, r"http://127\.0\.0\.1:\d+"),
        ((), {"SPEKO_PUBLIC_URL": "https://voice.example/"}, r"https://voice\.example"),
    ],
)
def test_the_link_can_be_opened(options: tuple[str, ...], env: dict[str, str], expected: str) -> None:
    make_build(Path("build"))
    with serving("--json", *options, **env) as lines:
        found = LINK.fullmatch(json.loads(lines[0])["consoleUrl"])
        assert found is not None
        assert re.fullmatch(expected, found[1])


def test_without_a_build_it_says_what_to_type() -> None:
    with serving() as lines:
        assert lines[-1] == console_line(None)
        assert "make console" in lines[-1]
    with serving("--json") as lines:
        assert set(json.loads(lines[0])) == {"url", "version"}


def test_switched_off_it_is_not_mentioned() -> None:
    make_build(Path("build"))
    with serving(SPEKO_CONSOLE="false") as lines:
        url = lines[0].rpartition(" ")[2]
        assert httpx.get(f"{url}/", trust_env=False).status_code == 404
    assert len(lines) == 1
    assert "console" not in lines[0].lower()
