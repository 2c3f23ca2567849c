"""The bytes of an answer, read without I/O: JSON into models, an event stream into events."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import httpx
from pydantic import ValidationError

from speko.client.errors import invalid_response, stream_ended
from speko.client.models.base import Result
from speko.client.sse import EventTooLong, ServerSentEvent, SseParser

ResultT = TypeVar("ResultT", bound=Result)
EventT = TypeVar("EventT", bound=Result)


def parse(response: httpx.Response, model: type[ResultT]) -> ResultT:
    """The body as a model; raises SpekoApiError `INVALID_RESPONSE`."""
    try:
        return model.model_validate(_json(response))
    except ValidationError:
        raise _unreadable(response) from None


def parse_list(response: httpx.Response, model: type[ResultT]) -> list[ResultT]:
    """The body as a list of models; raises SpekoApiError `INVALID_RESPONSE`."""
    items = _json(response)
    if not isinstance(items, list):
        raise _unreadable(response)
    try:
        return [model.model_validate(item) for item in items]
    except ValidationError:
        raise _unreadable(response) from None


class EventDecoder(Generic[EventT]):
    """Turns the bytes of one event stream into events. Nothing comes after `done` or `error`.

    `models` has the class of each event name; other names are skipped. `request_id` goes into the errors and into
    `meta` and `done`.
    """

    def __init__(self, models: Mapping[str, type[EventT]], request_id: str | None) -> None:
        self._models = models
        self._request_id = request_id
        self._parser = SseParser()
        self.ended = False
        """`done` or `error` was there."""

    def feed(self, chunk: bytes) -> Iterator[EventT]:
        """The events that end in this chunk; raises SpekoApiError `INVALID_RESPONSE` behind those that can be read."""
        if self.ended:
            return
        try:
            for raw in self._parser.feed(chunk):
                event = self._decode(raw)
                if event is not None:
                    yield event
                if self.ended:
                    return
        except EventTooLong:
            raise invalid_response("The gateway sent an event that is too long.", 200, self._request_id) from None

    def finish(self) -> Iterator[EventT]:
        """The bytes have ended. Raises SpekoApiError `STREAM_ENDED` when the stream broke off."""
        raw = None if self.ended else self._parser.finish()
        # Only a whole event counts: what cannot be read here was cut.
        if raw is not None and _is_json(raw.data):
            event = self._decode(raw)
            if event is not None:
                yield event
        if not self.ended:
            raise stream_ended(self._request_id)

    def _decode(self, raw: ServerSentEvent) -> EventT | None:
        model = self._models.get(raw.name)
        if model is None:
            return None
        try:
            members: dict[str, Any] = {"requestId": self._request_id, **json.loads(raw.data), "type": raw.name}
            event = model.model_validate(members)
        except (ValueError, TypeError):
            what = f"The gateway sent a {raw.name} event that cannot be read."
            raise invalid_response(what, 200, self._request_id) from None
        self.ended = raw.name in ("done", "error")
        return event


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        raise _unreadable(response) from None


def _unreadable(response: httpx.Response) -> Exception:
    request_id = response.headers.get("x-request-id")
    return invalid_response("The gateway's answer cannot be read.", response.status_code, request_id)
