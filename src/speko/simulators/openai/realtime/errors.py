"""OpenAI's `error` events: `{"type", "code", "message", "param", "event_id"}`.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events/error
"""

import re
from typing import Any

import msgspec

_PATH = re.compile(r" - at `\$\.?(.*)`$")
_NAME = re.compile(r"field `([A-Za-z0-9_]{1,64})`")


class Complaint(Exception):
    """Something is wrong with a client event. The session goes on."""

    def __init__(
        self, message: str, code: str | None = None, param: str | None = None, type: str = "invalid_request_error"
    ) -> None:
        """Texts that came with the event must not go into `message`."""
        super().__init__(message)
        self.message, self.code, self.param, self.type = message, code, param, type

    def members(self, event_id: str | None) -> dict[str, Any]:
        """The member `error` of an `error` event; `event_id` is that of the client event, where it has one."""
        return {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }


def not_simulated(param: str) -> Complaint:
    """The vendor has it, the simulator does not."""
    return Complaint("This is not simulated.", "invalid_value", param)


def complaint_about(failure: msgspec.ValidationError) -> Complaint:
    """msgspec's messages can quote what a person said; names of members and paths are all we take from them."""
    text = str(failure)
    path = match.group(1) if (match := _PATH.search(text)) else ""
    name = match.group(1) if (match := _NAME.search(text)) else ""
    where = ".".join(part for part in (path, name) if part) or None
    if "unknown field" in text:
        return Complaint(f"Unknown parameter: '{where}'.", "unknown_parameter", where)
    if "missing required field" in text:
        return Complaint(f"Missing required parameter: '{where}'.", "missing_required_parameter", where)
    if "length <=" in text:
        return Complaint(f"Invalid '{where}': string too long.", "string_above_max_length", where)
    if text.startswith("Expected") and ", got" in text:
        return Complaint(f"Invalid type for '{where or 'the event'}'.", "invalid_type", where)
    return Complaint(f"Invalid value for '{where or 'the event'}'.", "invalid_value", where)
