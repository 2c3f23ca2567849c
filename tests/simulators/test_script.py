import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.simulators import RealtimeScript, Script, ScriptedToolCall
from speko.simulators.script import pieces


@given(st.text())
def test_words_joined_are_the_text(text: str) -> None:
    parts = pieces(text)
    assert "".join(parts) == text
    assert all(parts)


@given(st.data())
def test_a_count_of_pieces_joined_is_the_text(data: st.DataObject) -> None:
    text = data.draw(st.text(min_size=1))
    count = data.draw(st.integers(1, len(text)))
    parts = pieces(text, count)
    assert "".join(parts) == text
    assert len(parts) == count
    assert all(parts)


def test_chunks_alone_make_up_a_text() -> None:
    text = Script(chunks=100).fixed_text
    assert text is not None
    assert len(pieces(text)) == 100


def test_nothing_is_fixed_by_default() -> None:
    assert Script().fixed_text is None


def test_emptied_says_nothing_and_keeps_its_timing() -> None:
    script = Script(text="hello", chunks=2, tool_calls=(ScriptedToolCall("a"),), finish_reason="length", pace=0.5)
    assert script.emptied == Script(text="", transcript="", audio_ms=0, pace=0.5)


@pytest.mark.parametrize(
    "members", [{"chunks": 0}, {"chunks": 3, "text": "ab"}, {"pace": -1.0}, {"first_byte": -1.0}, {"audio_ms": -1}]
)
def test_nonsense_is_refused_in_python_and_in_json(members: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Script(**members)  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(members, Script)


def test_answers_and_transcripts_in_turn() -> None:
    script = Script(text="t", transcript="h", realtime=RealtimeScript(answers=("a", "b"), transcripts=("x", "y")))
    assert [script.answer(turn) for turn in (1, 2, 3)] == ["a", "b", "a"]
    assert [script.heard(turn) for turn in (1, 2, 3)] == ["x", "y", "x"]
    plain = Script(text="t", transcript="h")
    assert (plain.answer(7), plain.heard(7)) == ("t", "h")
    assert (Script().answer(1), Script().heard(1)) == (None, None)


@pytest.mark.parametrize("members", [{"pace": -1.0}, {"delta_ms": 0}, {"delta_ms": 600_001}])
def test_nonsense_about_conversations_is_refused_in_python_and_in_json(members: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        RealtimeScript(**members)  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"realtime": members}, Script)
