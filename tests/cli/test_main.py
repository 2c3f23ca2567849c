"""The command itself: help, exit codes, errors as text and as JSON."""

import importlib
import subprocess
import sys

import pytest

from speko.cli.exits import Exit
from speko.cli.main import COMMANDS, command_parser
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway

SERVER_PACKAGES = ("litestar", "uvicorn", "sqlalchemy", "msgspec", "aiohttp", "pydantic_settings", "numpy", "av")


def without_server(*words: str) -> "subprocess.CompletedProcess[str]":
    """The command as it runs where the SDK alone is installed."""
    code = (
        "import sys\n"
        f"for name in {SERVER_PACKAGES!r}: sys.modules[name] = None\n"
        "from speko.cli.main import main\n"
        f"sys.exit(main({list(words)!r}))"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str], speko: Command) -> None:
    with pytest.raises(SystemExit) as left:
        speko("--help")
    assert left.value.code == 0
    text = capsys.readouterr().out
    for name in COMMANDS:
        assert f"    {name}" in text
    for code in Exit:
        assert str(int(code)) in text


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_describes_itself_and_takes_json(name: str) -> None:
    parser, module = command_parser(name)
    assert parser.description
    assert callable(module.run)
    parsers = [parser]
    if parser._subparsers is not None:
        parsers = list(parser._subparsers._group_actions[0].choices.values())  # type: ignore[union-attr]
    for leaf in parsers:
        assert "--json" in leaf.format_help()


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["demo", "--help"], ["say", "--help"]])
def test_help_needs_no_package_of_the_gateway(words: list[str]) -> None:
    done = without_server(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: speko")


@pytest.mark.parametrize("words", [["serve"], ["demo"], ["keys", "list", "--data", "."], ["simulate", "openai"]])
def test_a_missing_extra_is_named_with_what_to_type(words: list[str]) -> None:
    done = without_server(*words)
    assert done.returncode == Exit.MISSING
    assert "pip install '.[server]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_missing_module_of_our_own_is_not_blamed_on_the_user(monkeypatch: pytest.MonkeyPatch, speko: Command) -> None:
    monkeypatch.setitem(sys.modules, "speko.cli.route", None)
    with pytest.raises(ModuleNotFoundError):
        speko("route", "en")


def test_no_command_shows_the_help_and_fails(speko: Command) -> None:
    done = speko()
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert "commands:" in done.err


@pytest.mark.parametrize("words", [["nonsense"], ["say"], ["route", "en", "--modality", "smell"], ["keys", "create"]])
def test_wrong_usage(speko: Command, words: list[str]) -> None:
    done = speko(*words)
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert done.err.startswith("usage: speko")
    as_json = speko(*words, "--json")
    assert as_json.code == Exit.USAGE
    assert as_json.json["code"] == "USAGE"
    assert as_json.err == ""


def test_interruption_ends_quietly(monkeypatch: pytest.MonkeyPatch, speko: Command) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("speko.cli.route"), "run", interrupted)
    done = speko("route", "en")
    assert (done.code, done.out, done.err.strip()) == (Exit.INTERRUPTED, "", "")


def test_a_reader_that_leaves_is_no_error_to_shout_about(fake: FakeGateway) -> None:
    fake.on("GET", "/v1/providers", [])
    code = "import sys; input(); from speko.cli.main import main; sys.exit(main(['providers', 'list']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate("\n", timeout=60)
    assert (process.returncode, errors) == (Exit.BROKEN_PIPE, "")
