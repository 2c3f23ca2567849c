from typing import Any

import pytest

from speko.simulators.openai.realtime.conversation import Conversation, user_messages
from speko.simulators.openai.realtime.errors import Complaint
from speko.simulators.openai.realtime.items import Item, Part, SpokenWord


def message(item_id: str, role: str = "user") -> Item:
    return Item(item_id, "message", role)


def ids(conversation: Conversation) -> list[str]:
    return [item.id for item in conversation]


def test_items_stand_where_the_client_wants_them() -> None:
    conversation = Conversation()
    assert conversation.add(message("b")) is None
    assert conversation.add(message("d")) == "b"
    assert conversation.add(message("c"), "b") == "b"
    assert conversation.add(message("a"), "root") is None
    assert ids(conversation) == ["a", "b", "c", "d"]
    assert [conversation.before(item) for item in conversation] == [None, "a", "b", "c"]
    assert conversation.before(message("a")) is None
    conversation.remove("b")
    assert ids(conversation) == ["a", "c", "d"]
    assert len(conversation) == 3


def test_what_cannot_be_added_or_found() -> None:
    conversation = Conversation()
    conversation.add(message("a"))
    refused: list[tuple[str, Any]] = [
        ("item_create_duplicate_item_id", lambda: conversation.add(message("a"))),
        ("item_create_invalid_previous_item_id", lambda: conversation.add(message("b"), "x")),
        ("invalid_tool_call_id", lambda: conversation.add(Item("b", "function_call_output", call_id="c"))),
        ("item_delete_invalid_item_id", lambda: conversation.remove("x")),
        ("item_truncate_invalid_item_id", lambda: conversation.get("x", "truncate")),
    ]
    for code, action in refused:
        with pytest.raises(Complaint) as complaint:
            action()
        assert complaint.value.code == code
    assert ids(conversation) == ["a"]


def test_messages_of_the_user_are_counted() -> None:
    items = [message("a"), message("b", "assistant"), Item("c", "function_call"), message("d")]
    assert user_messages(items) == 2


def answer() -> Item:
    words = [SpokenWord("one", 300), SpokenWord(" two", 600), SpokenWord(" three", 1000)]
    part = Part("output_audio", "one two three")
    return Item("a", "message", "assistant", parts=[part], audio_ms=700, words=words)


@pytest.mark.parametrize(("ms", "left"), [(0, ""), (299, ""), (300, "one"), (600, "one two"), (700, "one two")])
def test_truncation_leaves_words_that_were_heard(ms: int, left: str) -> None:
    item = answer()
    item.truncate(ms)
    assert (item.text, item.audio_ms) == (left, ms)
    assert item.shown()["content"] == [{"type": "output_audio", "transcript": left}]


def test_what_cannot_be_truncated() -> None:
    item = answer()
    for wrong in (message("u"), Item("t", "message", "assistant", parts=[Part("output_text", "x")])):
        with pytest.raises(Complaint) as complaint:
            wrong.truncate(0)
        assert complaint.value.code == "unsupported_content_type"
    with pytest.raises(Complaint, match="700ms is already shorter than 701ms"):
        item.truncate(701)
    item.truncate(300)
    with pytest.raises(Complaint):
        item.truncate(600)
