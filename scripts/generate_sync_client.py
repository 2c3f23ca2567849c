"""Writes `speko.client._sync` from `speko.client._async`, or, with --check, says whether it is in step.

The synchronous client is the asynchronous one with other words: each rule below is one of them. Line lengths change
with the words, so ruff formats the outcome, sorts its imports and turns a loop of yields into `yield from`.
"""

import argparse
import difflib
import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).parent.parent / "src" / "speko" / "client"
HEADER = "# Generated from _async/{name} by scripts/generate_sync_client.py. Do not edit.\n"
FIRST_PARTY = 'lint.isort.known-first-party = ["speko"]'
"""Otherwise ruff sorts imports by which files exist already."""

RULES = [
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsyncGenerator\[(\w+), None\]", r"Generator[\1, None, None]"),
    (r"\bAsync([A-Z])", r"\1"),
    (r"\b__a(enter|exit|iter|next)__\b", r"__\1__"),
    (r"\ba(close|read|iter_bytes)\b", r"\1"),
    (r"\bclient\._async\b", "client._sync"),
    (r"\bimport asyncio\b", "import time"),
    (r"\basyncio\.sleep\b", "time.sleep"),
]


def synchronous(source: str, name: str) -> str:
    """The synchronous form of one asynchronous module."""
    for pattern, replacement in RULES:
        source = re.sub(pattern, replacement, source)
    source = HEADER.format(name=name) + source
    for command in ("check --select I,UP028 --fix --unsafe-fixes --quiet", "format"):
        source = _ruff(command, name, source)
    return source


def generate(asynchronous: Path) -> dict[str, str]:
    """File names and contents of the synchronous package."""
    package = '"""The synchronous client."""\n'
    modules = {path.name: path for path in sorted(asynchronous.glob("*.py")) if path.name != "__init__.py"}
    sources = {name: synchronous(path.read_text("utf-8"), name) for name, path in modules.items()}
    return {"__init__.py": HEADER.format(name="__init__.py") + package, **sources}


def differences(target: Path, wanted: dict[str, str]) -> list[str]:
    """One line per file that is out of step."""
    found = {path.name: path.read_text("utf-8") for path in target.glob("*.py")}
    lines = []
    for name in sorted(wanted.keys() | found.keys()):
        if name not in wanted:
            lines.append(f"{name}: has no source")
        elif name not in found:
            lines.append(f"{name}: missing")
        elif found[name] != wanted[name]:
            diff = difflib.unified_diff(found[name].splitlines(), wanted[name].splitlines(), lineterm="", n=0)
            changes = [line for line in diff if not line.startswith(("---", "+++", "@@"))]
            lines.append(f"{name}: {len(changes)} lines differ, first: {changes[0] if changes else 'line ends'}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1: out of step (with --check only)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when out of step")
    parser.add_argument("--client", type=Path, default=CLIENT, help="folder that holds _async and _sync")
    options = parser.parse_args(arguments)
    target = options.client / "_sync"
    wanted = generate(options.client / "_async")
    lines = differences(target, wanted)
    if options.check:
        for line in lines:
            print(f"{target.name}/{line}")
        if lines:
            print("Run scripts/generate_sync_client.py.")
        return 1 if lines else 0
    target.mkdir(exist_ok=True)
    for path in target.glob("*.py"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (target / name).write_text(text, "utf-8")
    return 0


def _ruff(command: str, name: str, source: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            *command.split(),
            "--config",
            FIRST_PARTY,
            "--stdin-filename",
            str(CLIENT / "_sync" / name),
            "-",
        ],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
