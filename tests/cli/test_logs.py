"""Form of the log lines."""

import contextvars
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from speko.cli import logs
from speko.observability.log_context import belongs_to


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


def foreign(name: str, message: str, *args: object) -> logging.LogRecord:
    """A record of another package, with the exception that is being handled."""
    error = sys.exc_info() if sys.exc_info()[0] else None
    return logging.getLogger(name).makeRecord(name, logging.ERROR, "f", 1, message, args, error)


@pytest.mark.parametrize(
    ("name", "message", "args", "told"),
    [
        ("uvicorn.error", "Exception in ASGI application\n", (), "Exception in ASGI application"),
        ("some.package", "cannot read %s", ("words",), "cannot read %s"),
        (
            "asyncio",
            "A task failed\nfuture: <Task words>",
            (),
            "A task failed",
        ),
        ("asyncio", "Exception in callback <Handle f(b'words')>", (), "Exception in callback"),
    ],
)
@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_of_other_packages_only_what_holds_no_words(
    formatter: logging.Formatter, name: str, message: str, args: tuple[object, ...], told: str
) -> None:
    try:
        raise ValueError("words")
    except ValueError:
        line = formatter.format(foreign(name, message, *args))
    assert told in line
    assert "words" not in line
    assert "ValueError" in line
    assert "test_logs.py:" in line
    assert "\n" not in line


def test_which_request_and_which_worker(capsys: pytest.CaptureFixture[str]) -> None:
    def speak() -> None:
        logging.getLogger("speko.x").warning("before")
        belongs_to("req_1", "trace_1")
        logging.getLogger("speko.x").warning("ours")
        logging.getLogger("speko.x").warning("another's", extra={"request_id": "req_2"})
        logging.getLogger("package").warning("theirs")

    with restored():
        logs.configure("info", "json", worker=3)
        contextvars.copy_context().run(speak)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["worker"] for line in lines} == {3}
    assert [(line["message"], line.get("request_id"), line.get("trace_id")) for line in lines] == [
        ("before", None, None),
        ("ours", "req_1", "trace_1"),
        ("another's", "req_2", None),
        ("theirs", "req_1", "trace_1"),
    ]


def test_a_warning_is_a_line_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    with restored(), warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.configure("info", "json")
        warnings.warn("is old", DeprecationWarning, stacklevel=1)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"].endswith("DeprecationWarning: is old")


@contextmanager
def restored() -> Iterator[None]:
    """Logging is as it was, afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger("speko").level
    try:
        yield
    finally:
        root.handlers, root.level = before[0], before[1]
        logging.getLogger("speko").setLevel(before[2])
        logging.captureWarnings(False)


def test_our_own_lines_from_the_level_on_others_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    with restored():
        logs.configure("info", "text")
        logging.getLogger("speko.x").info("ours")
        logging.getLogger("speko.x").debug("too fine")
        logging.getLogger("other").info("not ours")
        logging.getLogger("other").warning("a warning")
    err = capsys.readouterr().err
    assert [line.split(": ")[1] for line in err.splitlines()] == ["ours", "a warning"]
