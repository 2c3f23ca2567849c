"""The script that prepares and builds what is written in TypeScript, with a Node and an npm that only take notes."""

import fcntl
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from scripts import bootstrap, javascript, lock


class Clone:
    """A clone with a `js/` of a few files, and a PATH of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.js = folder / "js"
        self.console = folder / "static"
        self.programs = folder / "bin"
        self.log = folder / "log"
        for name in (*javascript.LIBRARIES, "console"):
            (self.js / name / "src").mkdir(parents=True)
            (self.js / name / "src" / "index.ts").write_text(name)
        (self.js / "package-lock.json").write_text('{"packages": {"": {}, "node_modules/vite": {}}}')
        (folder / "pyproject.toml").touch()
        self.programs.mkdir()
        for name in ("sh", "mkdir", "rm", "touch", "cat"):
            self.programs.joinpath(name).symlink_to(shutil.which(name) or name)

    def install(self, name: str, script: str) -> None:
        program = self.programs / name
        program.unlink(missing_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def node(self, version: str) -> None:
        self.install("node", f"echo {version}")

    def npm(self, more: str = "") -> None:
        """Takes notes, and leaves behind what a build leaves."""
        self.install(
            "npm",
            f"""
            echo "$*" >> {self.log}
            [ "$1" = ci ] && mkdir -p {self.js}/node_modules
            {more}
            case "$*" in
                *console) mkdir -p {self.console} && touch {self.console}/index.html ;;
                *client|*sdk) mkdir -p {self.js}/$5/dist && touch {self.js}/$5/dist/index.js ;;
            esac
            """,
        )

    @property
    def done(self) -> list[str]:
        """What npm was asked for, by its first word, with the last of `run`."""
        if not self.log.exists():
            return []
        lines = [line.split() for line in self.log.read_text().splitlines()]
        self.log.unlink()
        return [words[0] if words[0] != "run" else words[-1] for words in lines]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    made = Clone(tmp_path)
    monkeypatch.setenv("PATH", str(made.programs))
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(javascript, "JS", made.js)
    monkeypatch.setattr(javascript, "CONSOLE", made.console)
    monkeypatch.setattr(javascript, "VENV", tmp_path / "venv")
    built = (*(made.js / name / "dist" / "index.js" for name in javascript.LIBRARIES), made.console / "index.html")
    monkeypatch.setattr(javascript, "BUILT", built)
    made.node("v24.1.0")
    made.npm()
    return made


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["javascript.py", *arguments])
    return int(javascript.main())


@pytest.mark.parametrize(
    ("version", "fit"),
    [
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.19.0", True),
        ("v25.0.0-nightly20260101", False),
        ("", False),
    ],
)
def test_which_node_will_do(clone: Clone, monkeypatch: pytest.MonkeyPatch, version: str, *, fit: bool) -> None:
    clone.node(version)
    monkeypatch.setattr(javascript, "node_from_pypi", lambda: Path("/pypi"))
    command, environment = javascript.npm()
    assert (command == [str(clone.programs / "npm")]) is fit
    assert environment["PATH"].startswith("/pypi/bin:") is not fit


def test_a_node_without_npm_will_not_do(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone.programs / "npm").unlink()
    monkeypatch.setattr(javascript, "node_from_pypi", lambda: Path("/pypi"))
    assert javascript.npm()[0][0] == "/pypi/bin/node"


def test_without_any_node_and_network_it_says_what_to_do(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (clone.programs / "node").unlink()
    monkeypatch.setattr(javascript, "PYTHON", clone.programs / "python")
    assert run(monkeypatch, "console") == 3
    assert "make setup" in capfd.readouterr().err
    clone.install("python", "exit 1")  # as pip fails
    assert run(monkeypatch, "console") == 1
    assert "install Node 20.19 or newer, with npm" in capfd.readouterr().err
    assert run(monkeypatch, "console", "--optional") == 0
    assert "going on without the web console" in capfd.readouterr().err


def test_what_is_there_is_not_made_again(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "console") == 0
    assert clone.done == ["ci", "client", "sdk", "console"]
    assert run(monkeypatch, "console") == 0
    assert clone.done == []
    (clone.js / "sdk" / "src" / "index.ts").write_text("changed")
    assert run(monkeypatch, "console") == 0
    assert clone.done == ["client", "sdk", "console"]
    (clone.js / "client" / "dist" / "index.js").unlink()
    assert run(monkeypatch, "console") == 0
    assert clone.done == ["client", "sdk", "console"]
    (clone.js / "package-lock.json").write_text('{"packages": {}}')
    assert run(monkeypatch, "npm", "test") == 0
    assert clone.done == ["ci", "test"]


def test_an_installation_that_breaks_off_is_made_again(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "console") == 0
    before = (clone.js / "package-lock.json").read_text()
    (clone.js / "package-lock.json").write_text('{"packages": {}}')
    clone.npm("exit 1")
    assert run(monkeypatch, "npm", "test") == 1
    assert "is there a network?" in capfd.readouterr().err
    # Back to what was installed once, and is no more.
    (clone.js / "package-lock.json").write_text(before)
    clone.npm()
    clone.log.unlink()
    assert run(monkeypatch, "npm", "test") == 0
    assert clone.done == ["ci", "test"]


def test_a_build_that_breaks_off_is_made_again_and_the_one_before_is_served(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "console") == 0
    source = clone.js / "console" / "src" / "index.ts"
    source.write_text("wrong")
    clone.npm('[ "$5" != console ] || exit 1')
    assert run(monkeypatch, "console") == 1
    assert run(monkeypatch, "console", "--optional") == 0
    assert "going on with the web console as it was built before" in capfd.readouterr().err
    # The libraries are of the wrong source by now, though the console is not.
    source.write_text("console")
    clone.npm()
    clone.log.unlink()
    assert run(monkeypatch, "console") == 0
    assert clone.done == ["client", "sdk", "console"]


def test_development_packages_are_installed_in_production_too(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "console") == 0
    assert "--include=dev" in clone.log.read_text().splitlines()[0].split()


def test_what_cannot_be_written_is_said_in_a_line(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    clone.npm(f"rm -rf {clone.js}/node_modules; touch {clone.js}/node_modules")
    assert run(monkeypatch, "console") == 1
    assert capfd.readouterr().err.splitlines()[-1].startswith("==> ")


def test_an_interruption_is_no_traceback(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(javascript, "build", interrupted)
    assert run(monkeypatch, "console", "--optional") == 130


def test_two_at_once_prepare_one_after_the_other(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    said = threading.Event()

    def say(text: str) -> None:
        if "waiting" in text:
            said.set()

    monkeypatch.setattr(bootstrap, "say", say)
    done: list[int] = []
    with (clone.folder / "pyproject.toml").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: done.append(run(monkeypatch, "console")))
        second.start()
        assert said.wait(30)
        assert clone.done == []
    second.join(30)
    assert done == [0]
    assert clone.done == ["ci", "client", "sdk", "console"]


def test_as_a_program_it_says_how_it_is_used() -> None:
    command = [sys.executable, "-m", "scripts.javascript", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=bootstrap.ROOT)
    assert "scripts.javascript console" in shown.stdout


@pytest.mark.parametrize("path", ["node_modules/vite", "client/node_modules/rolldown"])
def test_packages_without_a_hash_are_found_wherever_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "js").mkdir()
    packages = tmp_path / "js" / "package-lock.json"
    packages.write_text(f'{{"packages": {{"": {{}}, "client": {{}}, "{path}": {{"resolved": "https://x/y.tgz"}}}}}}')
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    assert [problem.rpartition(f"{path} ")[2] for problem in lock.npm_problems()] == [
        "names a package index",
        "has no hash",
    ]
