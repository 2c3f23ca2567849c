"""Tables, progress and the JSON mode."""

import io
import json
import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.cli.terminal import Terminal, cut, display_width, layout


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_columns_are_aligned_and_named_ones_flush_right() -> None:
    lines = layout(["rank", "name"], [["1", "a"], ["10", "long name"]], frozenset({"rank"}), None)
    assert lines == ["rank  name", "   1  a", "  10  long name"]


def test_wide_and_combining_characters_count_as_they_are_shown() -> None:
    assert display_width("語") == 2
    assert display_width("é") == 1
    assert layout(["a", "b"], [["語", "x"], ["ab", "y"]], frozenset(), None)[1:] == ["語  x", "ab  y"]


cells = st.text(st.characters(exclude_categories=("C", "Z", "M")), max_size=30)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=5)))
def test_a_table_fits_the_terminal_as_long_as_its_columns_can_give_way(rows: list[list[str]]) -> None:
    header = [f"c{number}" for number in range(len(rows[0]))]
    for width in (120, 60, 40):
        for line in layout(header, rows, frozenset(), width):
            assert display_width(line) <= width


@given(cells, st.integers(1, 40))
def test_a_cut_text_is_no_wider_than_asked_and_says_that_it_was_cut(text: str, columns: int) -> None:
    shown = cut(text, columns)
    assert display_width(shown) <= columns
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_json_leaves_stdout_to_the_document() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(as_json=True, out=out, err=err)
    terminal.write("for people")
    terminal.table(["a"], [["b"]])
    terminal.note("beside")
    with terminal.step("working"):
        pass
    terminal.document({"ä": 1})
    assert json.loads(out.getvalue()) == {"ä": 1}
    assert "working" in err.getvalue()
    assert "beside" in err.getvalue()


def test_without_json_there_is_no_document() -> None:
    out = io.StringIO()
    terminal = Terminal(out=out, err=io.StringIO())
    terminal.document({"a": 1})
    terminal.table(["a"], [[None], [3]])
    assert out.getvalue() == "a\n–\n3\n"


def test_control_characters_of_foreign_texts_do_not_reach_the_terminal() -> None:
    out = Screen()
    Terminal(out=out, err=Screen(), env={"NO_COLOR": "1"}).table(["a"], [["x\x1b[2Jy\nz"]])
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().count("\n") == 2


@pytest.mark.parametrize(
    ("stream", "env", "coloured"),
    [
        (Screen, {}, True),
        (Screen, {"NO_COLOR": "1"}, False),
        (Screen, {"TERM": "dumb"}, False),
        (io.StringIO, {}, False),
    ],
)
def test_colours_on_a_terminal_only(stream: type[io.StringIO], env: dict[str, str], coloured: bool) -> None:
    terminal = Terminal(out=stream(), err=stream(), env=env)
    assert ("\x1b" in terminal.styled("text", "red")) is coloured


def test_a_step_off_a_terminal_is_one_line() -> None:
    err = io.StringIO()
    with Terminal(out=io.StringIO(), err=err).step("listening"):
        assert err.getvalue() == "listening …\n"


def test_a_live_line_shows_the_end_of_a_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    err = Screen()
    terminal = Terminal(out=Screen(), err=err)
    terminal.live("one two three four")
    terminal.live("")
    assert err.getvalue() == "\r…ree four\x1b[K\r\x1b[K"
    off = io.StringIO()
    Terminal(out=off, err=off).live("text")
    assert off.getvalue() == ""


def test_a_spinner_shows_and_leaves_an_empty_line_even_after_an_error() -> None:
    shown = threading.Event()

    class Watched(Screen):
        def write(self, text: str) -> int:
            if "listening" in text:
                shown.set()
            return super().write(text)

    err = Watched()
    with pytest.raises(ValueError, match="x"), Terminal(out=Screen(), err=err).step("listening"):
        assert shown.wait(10)
        raise ValueError("x")
    assert re.search(r"\r\x1b\[K\Z", err.getvalue())
