"""`speko demo`: what it reports, and that it leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from speko.cli import demo_show
from speko.cli.demo_processes import Program
from speko.cli.demo_stage import Scene, Stage, Step
from speko.cli.exits import CommandError, Exit
from tests.cli.conftest import Command


def play(monkeypatch: pytest.MonkeyPatch, *scenes: Scene) -> None:
    """Makes these the whole demo."""
    monkeypatch.setattr(demo_show, "SCENES", scenes)


def good(stage: Stage) -> Iterator[Step]:
    """Two steps that do what they should."""
    stage.details["file"] = "out/demo.wav"
    yield Step("one", provider="acme", model="m", first_byte_ms=1.04, total_ms=20.0, failovers=0, text="hello")
    yield Step("two", provider="acme", model="m", first_byte_ms=None, total_ms=3.0, failovers=1, text="world")


def test_the_report(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, good)
    done = speko("demo")
    assert done.code == Exit.OK
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[:3] == [
        "step provider model first byte ms total ms failovers said or heard",
        "one acme m 1.0 20.0 0 hello",
        "two acme m – 3.0 1 world",
    ]
    assert "out/demo.wav" in lines[-1]
    document = speko("demo", "--json").json
    assert document["ok"] is True
    assert document["steps"][0] == {
        "name": "one",
        "provider": "acme",
        "model": "m",
        "firstByteMs": 1.04,
        "totalMs": 20.0,
        "failovers": 0,
        "text": "hello",
        "problem": None,
    }


def test_a_step_that_fails_ends_the_demo_and_is_named(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(stage: Stage) -> Iterator[Step]:
        yield Step("hear", problem="heard nothing")
        raise AssertionError("a scene goes on after a failed step")

    def never(stage: Stage) -> Iterator[Step]:
        raise AssertionError("a scene begins after a failed one")
        yield

    play(monkeypatch, good, bad, never)
    done = speko("demo")
    assert done.code == Exit.FAILED
    assert "the demo failed at: hear: heard nothing" in done.err
    document = speko("demo", "--json").json
    assert (document["ok"], document["steps"][-1]["problem"]) == (False, "heard nothing")


def test_a_program_that_does_not_start_fails_the_demo(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def scene(stage: Stage) -> Iterator[Step]:
        raise CommandError("the gateway ended before it was ready", "PROGRAM_FAILED")
        yield

    play(monkeypatch, scene)
    done = speko("demo")
    assert done.code == Exit.FAILED
    assert "ended before it was ready" in done.err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_what_was_started(
    speko: Command, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    started: list[Program] = []

    def scene(stage: Stage) -> Iterator[Step]:
        started.append(stage.programs.start("simulator", ["simulate", "openai", "--no-engines", "--json"]))
        os.kill(os.getpid(), number)
        time.sleep(30)
        yield Step("never")

    play(monkeypatch, scene)
    try:
        assert speko("demo").code == code
    except SystemExit as left:
        assert left.code == code
    with pytest.raises(ProcessLookupError):
        os.kill(started[0].pid, 0)


def programs_in(folder: Path) -> list[str]:
    """Command lines of running programs that name a folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_text()
        except OSError:  # it has just ended
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite")
def test_all_of_it(tmp_path: Path) -> None:
    """The demo as a user runs it, with variables in the environment that must not matter."""
    env = {**os.environ, "TMPDIR": str(tmp_path), "OPENAI_API_KEY": "x", "SPEKO_EMBEDDED": "never", "SPEKO_PORT": "1"}
    Path("speko.toml").write_text("embedded = 'never'")
    done = subprocess.run(
        [sys.executable, "-m", "speko.cli.main", "demo"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    for word in (
        "flite",
        "pocketsphinx",
        "rules",
        "144",
        "openai",
        "xai",
        "cascade",
        "tool get_weather",
        "out/demo.wav",
    ):
        assert word in done.stdout
    with wave.open("out/conversation.wav") as file:
        assert file.getnchannels() == 2
        assert file.getnframes() > 5 * file.getframerate()
    with wave.open("out/demo.wav") as file:
        assert file.getnframes() > file.getframerate() // 2
    assert programs_in(tmp_path) == []
    assert {path.name for path in tmp_path.iterdir()} == {"speko.toml", "out"}
