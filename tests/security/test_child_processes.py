"""Processes that work for the gateway read what strangers send: none of them has the operator's keys."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import speko
from speko.providers.child_environment import child_environment
from speko.providers.embedded.sphinx.pool import _Nursery

PACKAGE = Path(speko.__file__).parent
STARTERS = {
    *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "os.system", "os.popen"),
    *(f"subprocess.{name}" for name in ("Popen", "run", "call", "check_call", "check_output")),
}
SECRETS = {
    "SPEKO_MASTER_KEY": "k",
    "SPEKO_DATABASE_URL": "postgresql://u:password@h/d",
    "SPEKO_REDIS_URL": "redis://:password@h",
    "SPEKO_ADMIN_TOKEN": "k",
    "SPEKO_API_KEY": "k",
    "OPENAI_API_KEY": "k",
    "LIVEKIT_API_SECRET": "k",
}


def starts() -> Iterator[tuple[Path, ast.Call]]:
    """Every call in the server's rooms that starts a program. The commands a person types run as that person."""
    for file in sorted(PACKAGE.rglob("*.py")):
        if file.relative_to(PACKAGE).parts[0] in ("cli", "client", "bench", "simulators"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in STARTERS:
                yield file, node


def test_every_program_gets_a_cleaned_environment() -> None:
    # A script that writes a table of voices down, for developers: it serves nobody.
    found = [(file, call) for file, call in starts() if file.name != "espeak_voices.py"]
    assert {file.name for file, _ in found} == {"pool.py", "speaking_program.py", "supervision.py"}
    for file, call in found:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert given.get("env") == "child_environment(os.environ)", file


def test_it_has_no_key_no_password_and_no_address() -> None:
    assert child_environment({"PATH": "/bin", "LC_ALL": "C", **SECRETS}) == {"PATH": "/bin", "LC_ALL": "C"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_recogniser_knows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    nursery = await _Nursery.start()
    try:
        proc = Path(f"/proc/{nursery.process.pid}")
        environment = {entry.partition("=")[0] for entry in (proc / "environ").read_text().split("\0") if entry}
        assert "PATH" in environment
        assert not environment & set(SECRETS)
        assert b"password" not in (proc / "cmdline").read_bytes()
    finally:
        await nursery.close()
