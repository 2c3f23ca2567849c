"""The scripts that prepare a clone and keep its lock files honest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import bootstrap, generate_docs, lock


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, empty but for a shell and env."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("env", "sh", "grep"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_programs_that_are_missing(programs: Path) -> None:
    assert bootstrap.debian_packages(with_venv=False) == ["flite", "espeak-ng"]
    install(programs, "flite", "")
    assert bootstrap.debian_packages(with_venv=False) == ["espeak-ng"]
    assert bootstrap.debian_packages(with_venv=True)[0] in ("python3-venv", f"python3.{sys.version_info.minor}-venv")


def test_servers_that_tests_need(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("flite", "espeak-ng", "redis-server"):
        install(programs, name, "")
    versions = programs / "postgresql"
    monkeypatch.setattr(bootstrap, "POSTGRESQL", versions)
    assert bootstrap.debian_packages(with_venv=False) == []
    assert bootstrap.debian_packages(with_venv=False, for_tests=True) == ["postgresql", "prometheus"]
    (versions / "15" / "bin").mkdir(parents=True)
    install(versions / "15" / "bin", "initdb", "")
    assert bootstrap.debian_packages(with_venv=False, for_tests=True) == ["prometheus"]


def test_who_may_install(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap.apt_prefix() is None
    install(programs, "apt-get", "")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert bootstrap.apt_prefix() == ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert bootstrap.apt_prefix() is None
    install(programs, "sudo", "exit 1")
    assert bootstrap.apt_prefix() is None
    install(programs, "sudo", '[ "$1" = -n ]')
    assert (bootstrap.apt_prefix() or [])[:4] == ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]


def test_without_permission_one_line_says_what_to_type(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "apt-get", "")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.Missing) as missing:
        bootstrap.install_debian(["python3-venv", "flite"])
    assert str(missing.value).endswith("type: sudo apt-get install -y python3-venv flite")
    assert "\n" not in str(missing.value)


def test_old_package_lists_are_updated(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = programs / "log"
    install(programs, "apt-get", f'echo "$1" >> {log}; [ "$1" = update ] || grep -q update {log}')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    bootstrap.install_debian(["flite"])
    assert log.read_text().split() == ["install", "update", "install"]


def test_an_installation_that_fails_says_what_to_type(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "apt-get", "echo no network >&2; exit 100")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(bootstrap.Missing, match="type: sudo apt-get install -y flite"):
        bootstrap.install_debian(["flite"])


def test_an_old_python_is_refused(programs: Path) -> None:
    install(programs, "python3", "exit 1")
    script = Path(bootstrap.__file__).with_name("bootstrap.sh")
    (programs / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(["/bin/sh", str(script), "server"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Python 3.11" in done.stderr


def test_what_is_installed_follows_the_content_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(lock.FOLDER, tmp_path / "requirements")
    shutil.copy(bootstrap.ROOT / "pyproject.toml", tmp_path)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    before = {profile: bootstrap.content_hash(profile) for profile in bootstrap.LOCKS}
    assert {profile: bootstrap.content_hash(profile) for profile in bootstrap.LOCKS} == before
    with (tmp_path / "requirements" / "dev.txt").open("a") as file:
        file.write("\n")
    assert bootstrap.content_hash("server") == before["server"]
    assert bootstrap.content_hash("dev") != before["dev"]


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the lock files."""
    folder = tmp_path / "requirements"
    shutil.copytree(lock.FOLDER, folder)
    monkeypatch.setattr(lock, "FOLDER", folder)
    return folder


def test_the_lock_files_are_in_step() -> None:
    assert lock.problems() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("aiofiles==", "--index-url https://index.example/simple\naiofiles==", "names a package index"),
        ("aiohttp==", "aiohttp==0", "lacks aiohttp=="),
        ("annotated-doc==", "extra-package==1.0\nannotated-doc==", "extra-package==1.0 has no hash"),
    ],
)
def test_what_is_wrong_with_a_lock_file_is_found(locks: Path, old: str, new: str, problem: str) -> None:
    file = locks / "server.txt"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert any(problem in found for found in lock.problems()), lock.problems()


def test_a_lock_file_that_is_missing(locks: Path) -> None:
    (locks / "dev.txt").unlink()
    assert lock.problems() == ["dev.txt is missing"]


def test_a_page_that_is_not_in_step_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate_docs, "FOLDER", tmp_path)
    monkeypatch.setattr(generate_docs, "PAGES", {"settings.md": generate_docs.settings_page})
    assert generate_docs.write_or_check(check=True) == 1
    assert "make fix" in capsys.readouterr().err
    assert generate_docs.write_or_check(check=False) == 0
    assert generate_docs.write_or_check(check=True) == 0
    assert "`SPEKO_PORT`" in (tmp_path / "settings.md").read_text()
