"""Prepares a clone: programs of the system, `.venv`, pinned packages. The second time it takes a blink.

Standard library only, since it runs before anything is installed. pip is left to its own environment (`PIP_…`), so
mirrors and certificates work as the user has set them. Exit codes: 0 ready, 1 an installation failed, 3 something is
missing that only the user may install; the line to type is printed.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PROGRAMS = {"flite": "flite", "espeak-ng": "espeak-ng"}
"""Program to Debian package: the voices of the embedded engines."""
TEST_PROGRAMS = {"initdb": "postgresql", "redis-server": "redis-server", "promtool": "prometheus"}
"""The same for the servers and tools that tests run against. Tests whose program is missing are skipped."""
POSTGRESQL = Path("/usr/lib/postgresql")
"""Where Debian has PostgreSQL's own programs, by version and outside of PATH."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
LOCKS = {"server": ("build", "server"), "dev": ("build", "dev")}


class Missing(Exception):
    """Something is missing that we may not install. The text says what to type."""


def say(text: str) -> None:
    """One step, one line."""
    print(f"==> {text}", file=sys.stderr, flush=True)


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time prepares this clone. Another one waits, and then finds everything done."""
    with (ROOT / "pyproject.toml").open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting: this clone is being prepared by another make")
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks
        yield


def venv_works() -> bool:
    """Whether `.venv` is there and whole: Debian's python3 without python3-venv leaves half of one behind."""
    probe = [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    return PYTHON.exists() and subprocess.run(probe, capture_output=True, check=False).returncode == 0


def found(program: str) -> bool:
    """Whether a program is there."""
    return shutil.which(program) is not None or (program == "initdb" and any(POSTGRESQL.glob("*/bin/initdb")))


def debian_packages(*, with_venv: bool, for_tests: bool = False) -> list[str]:
    """Debian packages that are needed and not there."""
    programs = {**PROGRAMS, **(TEST_PROGRAMS if for_tests else {})}
    packages = []
    if with_venv:
        debians_own = Path(sys.executable).resolve() == Path("/usr/bin/python3").resolve()
        packages.append("python3-venv" if debians_own else f"python3.{sys.version_info.minor}-venv")
    return packages + [package for program, package in programs.items() if not found(program)]


def apt_prefix() -> list[str] | None:
    """How apt-get may be run without asking anybody, or None."""
    if shutil.which("apt-get") is None:
        return None
    # At that runlevel, what is installed is not started: tests start servers of their own.
    settings = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    if os.geteuid() == 0:
        return settings
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n", *settings]
    return None


def install_debian(packages: list[str]) -> None:
    """Installs with apt-get. Raises Missing where that is not allowed or does not work."""
    if shutil.which("apt-get") is None:
        raise Missing(f"not found: {', '.join(packages)}; install them with the package manager of this system")
    line = f"sudo apt-get install -y {' '.join(packages)}"
    prefix = apt_prefix()
    if prefix is None:
        raise Missing(f"not found: {', '.join(packages)}; type: {line}")
    say(f"installing Debian packages: {' '.join(packages)}")
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    first = subprocess.run(install, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if first.returncode == 0:
        return
    # A machine that has never updated its lists, or not for long, does not find the files.
    say("updating the lists of Debian packages")
    update = [*prefix, "apt-get", "update", "-qq"]
    for command in (update, install):
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            sys.stderr.write(done.stderr)
            raise Missing(f"apt-get failed; type: {line}")


def make_venv() -> None:
    """Creates `.venv`, or leaves a working one alone."""
    if venv_works():
        return
    if VENV.exists():
        say("replacing .venv, which does not work")
        shutil.rmtree(VENV)
    say(f"creating .venv with Python {sys.version_info.major}.{sys.version_info.minor}")
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)


def content_hash(profile: str) -> str:
    """Changes whenever the installation would."""
    digest = hashlib.sha256(f"{ROOT} {PYTHON.resolve()}".encode())
    files = [ROOT / "requirements" / f"{lock}.txt" for lock in LOCKS[profile]]
    for file in [*files, ROOT / "pyproject.toml", Path(__file__)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def install_packages(profile: str) -> None:
    """Brings `.venv` to the pinned packages and this clone, editable. Does nothing when it is there already."""
    stamps = [VENV / f".speko-{name}" for name in LOCKS]
    for stamp in stamps:
        name = stamp.name.removeprefix(".speko-")
        if name in {profile, "dev"} and stamp.exists() and stamp.read_text() == content_hash(name):
            return
    for stamp in stamps:
        stamp.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Without build isolation what builds is pinned too. Everything is in the files, so nothing is resolved.
    pip += ["--no-deps", "--no-build-isolation"]
    if not sys.stderr.isatty():
        pip.append("--quiet")
    for lock in LOCKS[profile]:
        file = ROOT / "requirements" / f"{lock}.txt"
        count = sum(line[:1].isalnum() for line in file.read_text().splitlines())
        say(f"installing the {count} pinned packages of {file.name}")
        subprocess.run([*pip, "--require-hashes", "-r", str(file)], check=True, stdout=sys.stderr)
    say("installing speko from this folder")
    subprocess.run([*pip, "--editable", str(ROOT)], check=True, stdout=sys.stderr)
    (VENV / f".speko-{profile}").write_text(content_hash(profile))


def prepare(profile: str, needed: list[str], *, for_tests: bool = False) -> None:
    """Everything. `needed`: programs without which there is no going on."""
    with_venv = not venv_works() and find_spec("ensurepip") is None
    packages = debian_packages(with_venv=with_venv, for_tests=for_tests)
    if packages:
        try:
            install_debian(packages)
        except Missing as missing:
            if with_venv or any(PROGRAMS[program] in packages for program in needed):
                raise
            say(f"{missing} (going on without)")
    make_venv()
    install_packages(profile)


def main() -> int:
    """Entry of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", choices=sorted(LOCKS))
    parser.add_argument("--need", action="append", default=[], choices=sorted(PROGRAMS), help="fail without it")
    parser.add_argument("--tests", action="store_true", help="also the servers and tools that tests run against")
    args = parser.parse_args()
    try:
        with alone():
            prepare(args.profile, args.need, for_tests=args.tests)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 3
    except subprocess.CalledProcessError as failed:
        print(f"setting up failed at: {' '.join(failed.cmd[:4])}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
