"""Going round, and the command itself."""

import argparse
import io
import signal
from collections.abc import Iterator
from itertools import count

import pytest
from aiohttp import web

from speko.cli.exits import CommandError, Exit
from speko.cli.terminal import Terminal
from speko.cli.watching import loop
from speko.cli.watching.scrape import Scrape, read_exposition
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway

TEXT = """\
# TYPE speko_attempts counter
speko_attempts_total{{endpoint="complete",provider="acme",model="one",outcome="served",cause=""}} {}
"""


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Readings:
    """A gateway that serves 10 calls a second, and does not answer to the third reading."""

    url = "http://gateway"

    def __init__(self) -> None:
        self._seconds = count()

    def read(self) -> Scrape:
        second = next(self._seconds)
        if second == 2:
            raise CommandError("no gateway answers", "UNREACHABLE", Exit.UNREACHABLE)
        return read_exposition(TEXT.format(10 * second), float(second))


def _sleeps(times: int) -> Iterator[None]:
    """So many naps, then Ctrl-C."""
    yield from [None] * times
    raise KeyboardInterrupt


def _options(**changes: object) -> argparse.Namespace:
    fields: dict[str, object] = {"sort": "calls", "interval": 1.0, "as_json": False, "once": False}
    return argparse.Namespace(**(fields | changes))


def test_the_table_is_drawn_again_and_says_when_the_gateway_is_gone() -> None:
    screen = Screen()
    naps = _sleeps(3)
    with pytest.raises(KeyboardInterrupt):
        loop.show_live(Readings(), _options(), Terminal(out=screen, env={}), lambda _: next(naps))
    drawn = screen.getvalue().split("\x1b[H")[1:]
    assert len(drawn) == 3
    assert "speko top   http://gateway" in drawn[0]
    assert "acme" in drawn[0]
    assert "no gateway answers" in drawn[1]
    assert "acme" in drawn[1]  # what was last known stays
    assert "speko top" in drawn[2]
    assert all("10.0 calls/s" in page and page.endswith("\x1b[J") for page in drawn)


def test_without_a_terminal_each_reading_is_a_line() -> None:
    out = io.StringIO()
    naps = _sleeps(3)
    with pytest.raises(KeyboardInterrupt):
        loop.show_lines(Readings(), _options(), Terminal(out=out, env={}), lambda _: next(naps))
    lines = out.getvalue().splitlines()
    assert ["10.0 calls/s" in line for line in lines] == [True, False, True]
    assert "no gateway answers" in lines[1]
    assert "\x1b" not in out.getvalue()


def test_rates_are_those_of_the_last_ten_seconds() -> None:
    class Stopping(Readings):
        """One that serves nothing after the fifth second."""

        def read(self) -> Scrape:
            second = next(self._seconds)
            return read_exposition(TEXT.format(10 * min(second, 5)), float(second))

    found = list(_until_interrupted(Stopping(), 17))
    assert found[4] == 10.0
    assert found[9] == 5.0
    assert found[-1] == 0.0


def _until_interrupted(source: Readings, readings: int) -> Iterator[float]:
    for number, found in enumerate(loop._readings(source, 1.0, lambda _: None), 1):
        assert not isinstance(found, CommandError)
        yield found.calls_per_second
        if number == readings:
            return


def test_the_screen_comes_back_however_it_ends() -> None:
    screen = Screen()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), loop._screen(Terminal(out=screen, env={})):
        signal.raise_signal(signal.SIGTERM)
    assert screen.getvalue() == "\x1b[?1049h\x1b[?25l\x1b[?25h\x1b[?1049l"
    assert signal.getsignal(signal.SIGTERM) is before


def _metrics(fake: FakeGateway, token: str | None = None) -> None:
    calls = count()

    async def metrics(request: web.Request) -> web.Response:
        if token is not None and request.headers.get("Authorization") != f"Bearer {token}":
            return web.json_response({"error": "Metrics need the admin token", "code": "UNAUTHORIZED"}, status=401)
        return web.Response(text=TEXT.format(5 * next(calls)), content_type="text/plain")

    fake.answers["GET", "/metrics"] = metrics


def test_once_for_people_and_for_scripts(speko: Command, fake: FakeGateway) -> None:
    _metrics(fake)
    done = speko("top", "--once", "--interval", "0.1")
    assert done.code == Exit.OK
    assert [line.split()[:2] for line in done.out.splitlines()[3:]] == [["provider", "model"], ["acme", "one"]]
    done = speko("top", "--json", "--interval", "0.1")
    assert done.code == Exit.OK
    assert done.json["url"] == fake.url
    assert done.json["lines"][0]["provider"] == "acme"
    assert done.json["callsPerSecond"] > 0


def test_the_admin_token_comes_from_option_or_environment(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    _metrics(fake, token="t0ken")
    refused = speko("top", "--json", "--interval", "0.1")
    assert (refused.code, refused.json["code"]) == (Exit.UNAUTHORIZED, "NO_METRICS")
    assert "SPEKO_ADMIN_TOKEN" in refused.json["error"]
    assert speko("top", "--json", "--interval", "0.1", "--admin-token", "t0ken").code == Exit.OK
    monkeypatch.setenv("SPEKO_ADMIN_TOKEN", "t0ken")
    assert speko("top", "--json", "--interval", "0.1").code == Exit.OK


@pytest.mark.parametrize("text", ["not metrics at all {", "# TYPE up gauge\nup 1\n"])
def test_something_else_that_answers_is_not_taken_for_a_gateway(speko: Command, fake: FakeGateway, text: str) -> None:
    async def other(_: web.Request) -> web.Response:
        return web.Response(text=text)

    fake.answers["GET", "/metrics"] = other
    done = speko("top", "--json", "--interval", "0.1")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "INVALID_RESPONSE")


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "soon"])
def test_intervals_that_make_no_sense(speko: Command, interval: str) -> None:
    assert speko("top", "--once", "--interval", interval).code == Exit.USAGE
