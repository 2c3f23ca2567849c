from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from speko.providers.s2s import AssistantSaid, ToolAnswered, ToolCalled, UserSaid
from speko.realtime.conversation import MOST_CHARS, MOST_ITEMS, Conversation, UserEntry

AT = datetime(2026, 1, 1, tzinfo=UTC)


def spoken(conversation: Conversation, text: str = "") -> UserEntry:
    entry = UserEntry(AT, AT, text=text)
    conversation.spoken(entry, named=False)
    return entry


def test_only_what_has_words_is_told_and_an_answer_stands_by_its_call() -> None:
    talk = Conversation()
    spoken(talk)
    talk.typed("hi", AT)
    call = talk.called("c", "tool", "{}")
    other = talk.called("d", "tool", "{}")
    answer = talk.answer()
    call.answer = ToolAnswered("c", "1")
    assert talk.history() == (
        UserSaid("hi"),
        ToolCalled("c", "tool", "{}"),
        ToolAnswered("c", "1"),
        ToolCalled("d", "tool", "{}"),
    )
    answer.text = "all of it"
    assert talk.history(answer, "part")[-1] == AssistantSaid("part")
    assert talk.history(answer, "")[-1] == ToolCalled("d", "tool", "{}")
    assert other.answer is None


def test_words_come_to_the_oldest_utterance_that_has_none() -> None:
    talk = Conversation()
    first, second = spoken(talk), spoken(talk)
    assert talk.utterance("a") is first
    assert talk.utterance("b") is second
    assert talk.utterance("a") is first
    assert talk.utterance("c") is None


def test_another_engine_gives_other_names() -> None:
    talk = Conversation()
    known = spoken(talk, "known")
    spoken(talk)
    talk.utterance("a")
    talk.forget_names()
    assert talk.utterance("a") is None
    assert talk.waiting() == [known]


def test_late_words_do_not_need_memory_for_ever() -> None:
    talk = Conversation()
    for number in range(1000):
        spoken(talk)
        talk.utterance(str(number))
    assert len(talk._utterances) <= 64


@given(sizes=st.lists(st.tuples(st.booleans(), st.integers(1, 3000)), max_size=300))
def test_the_oldest_is_forgotten_and_no_call_loses_its_answer(sizes: list[tuple[bool, int]]) -> None:
    talk = Conversation()
    for number, (is_call, size) in enumerate(sizes):
        if is_call:
            talk.called(str(number), "tool", "x" * size).answer = ToolAnswered(str(number), "y" * size)
        else:
            talk.typed("z" * size, AT)
    talk.typed("last", AT)
    history = talk.history()
    assert len(history) <= MOST_ITEMS
    chars = sum(max(len(member) for member in astuple(item) if isinstance(member, str)) for item in history)
    assert chars <= MOST_CHARS
    assert history[-1] == UserSaid("last")
    calls = [item.call_id for item in history if isinstance(item, ToolCalled)]
    assert calls == [item.call_id for item in history if isinstance(item, ToolAnswered)]
    if len(sizes) < 90 and chars < MOST_CHARS // 2 and sum(size for _, size in sizes) < MOST_CHARS // 3:
        assert len(history) == 1 + sum(1 + is_call for is_call, _ in sizes)
