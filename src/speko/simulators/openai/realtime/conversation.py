"""The conversation of a session: items in their order. Without I/O."""

from collections.abc import Iterable, Iterator

from speko.simulators.openai.realtime.errors import Complaint
from speko.simulators.openai.realtime.items import Item


class Conversation:
    """The items that a response is made from."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Adds an item and returns the id of the one before it.

        Args:
            item: the item.
            after: id of the item that it follows; None = the last one, `root` = none.

        Raises:
            Complaint: there is one with that id already, none to follow, or no call that it answers.
        """
        if any(item.id == other.id for other in self._items):
            raise Complaint("An item with this id already exists.", "item_create_duplicate_item_id", "item.id")
        if item.type == "function_call_output" and not self._calls(item.call_id):
            raise Complaint("This tool call ID was not found in the conversation.", "invalid_tool_call_id")
        place = len(self._items) if after is None else 0 if after == "root" else self._place(after, "create") + 1
        self._items.insert(place, item)
        return self._items[place - 1].id if place else None

    def get(self, item_id: str, purpose: str) -> Item:
        """The item with that id.

        Raises:
            Complaint: there is none; `purpose` goes into the code.
        """
        return self._items[self._place(item_id, purpose)]

    def remove(self, item_id: str) -> None:
        """Removes an item.

        Raises:
            Complaint: there is none.
        """
        del self._items[self._place(item_id, "delete")]

    def before(self, item: Item) -> str | None:
        """Id of the item before one; None where it is the first, or not there any more."""
        place = self._items.index(item) if item in self._items else 0
        return self._items[place - 1].id if place else None

    def _place(self, item_id: str, purpose: str) -> int:
        for place, item in enumerate(self._items):
            if item.id == item_id:
                return place
        name = "previous_item_id" if purpose == "create" else "item_id"
        code = f"item_{purpose}_invalid_{'previous_' if purpose == 'create' else ''}item_id"
        raise Complaint("There is no item with this id.", code, name)

    def _calls(self, call_id: str) -> bool:
        return any(item.type == "function_call" and item.call_id == call_id for item in self._items)


def user_messages(items: Iterable[Item]) -> int:
    """How often the user has spoken or written."""
    return sum(item.type == "message" and item.role == "user" for item in items)
