"""Form of the log lines."""

import json
import logging
import sys

import pytest

from speko.cli import logs


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.getLogger("speko.x").makeRecord("speko.x", logging.WARNING, "f", 1, message, args, None, extra=extra)
    made.created = 1_700_000_000.1239
    return made


def test_text() -> None:
    line = logs.TextFormatter().format(record("call failed over", provider="openai", cause="timed out", count=2))
    assert line == (
        '2023-11-14T22:13:20.123Z warning speko.x: call failed over provider=openai cause="timed out" count=2'
    )


def test_one_line_even_for_an_attribute_with_line_breaks() -> None:
    assert "\n" not in logs.TextFormatter().format(record("x", value="a\nb"))


def test_json() -> None:
    line = logs.JsonFormatter().format(record("call failed over", provider="openai", level="x", path=b"y"))
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.123Z",
        "level": "warning",
        "logger": "speko.x",
        "message": "call failed over",
        "provider": "openai",
        "path": "b'y'",
    }


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_a_traceback_is_kept(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        made = record("went wrong")
        made.exc_info = sys.exc_info()
    assert "ValueError: why" in formatter.format(made)


def test_our_own_lines_from_the_level_on_others_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger("speko").level
    try:
        logs.configure("info", "text")
        logging.getLogger("speko.x").info("ours")
        logging.getLogger("speko.x").debug("too fine")
        logging.getLogger("other").info("not ours")
        logging.getLogger("other").warning("a warning")
    finally:
        root.handlers, root.level = before[0], before[1]
        logging.getLogger("speko").setLevel(before[2])
    err = capsys.readouterr().err
    assert [line.split(": ")[1] for line in err.splitlines()] == ["ours", "a warning"]
