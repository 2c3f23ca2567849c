"""The items of a conversation, as the client knows them, in their order.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events/conversation/item/added
"""

from typing import Any

from speko.api.openai_realtime.complaints import Complaint
from speko.api.openai_realtime.server_events import Numbered
from speko.api.openai_realtime.wanted import Wanted

_REMEMBERED = 512


class Items:
    """Of one session. The oldest are forgotten; they stay in the conversation."""

    def __init__(self, numbers: Numbered, out: list[Wanted]) -> None:
        self._numbers = numbers
        self._out = out
        self._items: dict[str, dict[str, Any]] = {}
        self.last: str | None = None
        """The item that the next one follows."""

    def check_new(self, item_id: str | None) -> None:
        """The id that a client gives its item.

        Raises:
            Complaint: it is taken.
        """
        if item_id is not None and item_id in self._items:
            raise Complaint("There is an item with this id already", "item_create_duplicate_item_id", "item.id")

    def add(self, item: dict[str, Any], *, status: str = "completed") -> None:
        """Puts an item at the end, and says so. `item` has an id, and is kept: it may still grow."""
        item["object"], item["status"] = "realtime.item", status
        item_id = item["id"]
        self._say("conversation.item.added", item)
        self._items[item_id] = item
        if len(self._items) > _REMEMBERED:
            del self._items[next(iter(self._items))]
        if status != "in_progress":
            self._say("conversation.item.done", item)
        self.last = item_id

    def done(self, item: dict[str, Any], status: str) -> None:
        """An item that was in progress is whole."""
        item["status"] = status
        before = self._before(item["id"])
        self._out.append(self._numbers.event("conversation.item.done", previous_item_id=before, item=item))

    def get(self, item_id: str) -> dict[str, Any]:
        """An item.

        Raises:
            Complaint: there is none of that id.
        """
        item = self._items.get(item_id)
        if item is None:
            raise Complaint("There is no item with this id", "item_not_found", "item_id")
        return item

    def delete(self, item_id: str) -> None:
        """Forgets an item, and says so."""
        if item_id == self.last:
            self.last = self._before(item_id)
        del self._items[item_id]
        self._out.append(self._numbers.event("conversation.item.deleted", item_id=item_id))

    def _say(self, kind: str, item: dict[str, Any]) -> None:
        self._out.append(self._numbers.event(kind, previous_item_id=self.last, item=item))

    def _before(self, item_id: str) -> str | None:
        before = None
        for other in self._items:
            if other == item_id:
                break
            before = other
        return before
