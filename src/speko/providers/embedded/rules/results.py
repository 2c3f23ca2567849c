"""Says the results of tools as sentences. Pure."""

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import msgspec

from speko.providers.embedded.rules.phrases import words_in_name
from speko.providers.llm import ChatMessage, ToolCall

_MAX_TEXT = 600
"""Characters of one result: longer ones are cut at a word."""
_MAX_MEMBERS = 12


def say_results(messages: Sequence[ChatMessage]) -> str | None:
    """Sentences about the tool messages at the end of a conversation; None where there are none."""
    results = list(takewhile(lambda message: message.role == "tool", reversed(messages)))[::-1]
    if not results:
        return None
    calls = {made.id: made for message in messages for made in message.tool_calls}
    return " ".join(_say(result, calls.get(result.tool_call_id or ""), len(results) > 1) for result in results)


def _say(result: ChatMessage, call: ToolCall | None, several: bool) -> str:
    name = " ".join(words_in_name(call.name)) if call else "tool"
    told = _shortened(_told(result.content))
    if result.is_error:
        return _sentence(f"The {name} tool failed: {told}" if told else f"The {name} tool failed")
    if not told:
        return f"The {name} tool is done."
    topic = _topic(call) if several and call else None
    return _sentence(f"For {topic}: {told}" if topic else told)


def _told(content: str) -> str:
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return " ".join(content.split())
    return _spoken(value, 0)


def _spoken(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        if depth > 2:
            return "more"
        members = [
            f"{_label(key, member)} {_spoken(member, depth + 1)}"
            for key, member in list(value.items())[:_MAX_MEMBERS]
            if member is not None and member not in ({}, [], "")
        ]
        return _joined(members)
    if isinstance(value, list):
        return "more" if depth > 2 else _joined([_spoken(item, depth + 1) for item in value[:_MAX_MEMBERS]])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else " ".join(str(value).split())


def _label(key: str, member: Any) -> str:
    """`wind` before the members of an object ("wind speed is 3"), `temperature is` before a value."""
    name = " ".join(words_in_name(key)) or "it"
    return name if isinstance(member, dict) else f"{name} is"


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _topic(call: ToolCall) -> str | None:
    """What sets this call apart from its like: its first short argument."""
    try:
        arguments = msgspec.json.decode(call.args)
    except msgspec.DecodeError:
        return None
    values = arguments.values() if isinstance(arguments, dict) else ()
    return next((str(v) for v in values if isinstance(v, str | int) and len(str(v)) <= 60), None)


def _shortened(text: str) -> str:
    if len(text) <= _MAX_TEXT:
        return text
    return f"{text[: text.rfind(' ', 0, _MAX_TEXT) if ' ' in text[:_MAX_TEXT] else _MAX_TEXT]} and so on"


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if re.search(r"[.!?]$", text) else f"{text}."
