"""Programs of the demo: started with a clean environment, and always ended."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from speko.cli import demo_processes
from speko.cli.demo_processes import Program, Programs, without_credentials
from speko.cli.exits import CommandError

SIMULATE = ["simulate", "openai", "--no-engines", "--json"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_no_credential_and_no_setting_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"OPENAI_API_KEY": "x", "XAI_BASE_URL": "x", "SPEKO_DATA": "x", "PATH": "/bin", "LANG": "C"}
    assert without_credentials(given) == {"PATH": "/bin", "LANG": "C"}


def test_a_program_serves_and_is_ended_with_the_context(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        program = programs.start("simulator", SIMULATE)
        assert program.announcement["base_url"].startswith("http://127.0.0.1:")
        assert alive(program.pid)
    assert not alive(program.pid)


def test_everything_is_ended_when_the_demo_breaks(tmp_path: Path) -> None:
    started: list[Program] = []
    with pytest.raises(KeyboardInterrupt), Programs(tmp_path) as programs:
        started += [programs.start("one", SIMULATE), programs.start("two", SIMULATE)]
        raise KeyboardInterrupt
    assert not any(alive(program.pid) for program in started)


def test_a_program_that_does_not_start_says_why(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs, pytest.raises(CommandError, match="ended before it was ready") as failed:
        programs.start("the simulator", [*SIMULATE, "--fault-times", "1"])
    assert "need --fault" in failed.value.message


def test_a_program_that_answers_with_an_error(tmp_path: Path) -> None:
    with Programs(tmp_path) as programs:
        program = programs.start("the gateway", ["serve", "--config", "none.toml", "--json"])
        with pytest.raises(CommandError, match=r"the gateway did not start: there is no .*none\.toml"):
            assert program.announcement
        program = programs.start("the help", ["--help"])
        with pytest.raises(CommandError, match="did not say where it serves"):
            assert program.announcement


def test_a_program_that_says_nothing_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_processes, "START_SECONDS", 0.2)
    with pytest.raises(CommandError, match="was not ready"), Programs(tmp_path) as programs:
        programs.start("the simulator", SIMULATE)


def test_a_program_that_does_not_listen_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_processes, "STOP_SECONDS", 0.2)
    deaf = "import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], close_fds=False)\n"
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", f"{deaf}{child}print('ready', flush=True)\ntime.sleep(600)"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        pass_fds=[theirs],
    )
    os.close(theirs)
    program = Program(process, tmp_path / "log", "deaf")
    program.wait_for_line()
    program.stop()
    assert process.returncode == -signal.SIGKILL
    readable, _, _ = select.select([ours], [], [], 30)
    assert readable, "the child still holds its end of the pipe"
    assert os.read(ours, 1) == b""
    os.close(ours)
