"""Decides whether to call a tool, which, and with what. Deterministic."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from speko.providers.embedded.rules import phrases
from speko.providers.embedded.rules.arguments import Filler
from speko.providers.embedded.rules.memory import last_turn
from speko.providers.embedded.rules.schemas import Impossible
from speko.providers.errors import Unsupported
from speko.providers.llm import LlmRequest, NamedTool, Tool, ToolCall

_NAME_HIT, _DESCRIPTION_HIT, _ENOUGH = 2.0, 1.0, 2.0
"""Words in common with the utterance: one of the tool's name is enough, of its description it takes two."""


def decide(request: LlmRequest, now: datetime) -> list[ToolCall]:
    """The calls to make, or none.

    `none` = never. `auto` = if the words of the last message match a tool and say all that it requires; after a tool's
    result never. `required` = the best match, `{"type": "function"}` = that tool, with values invented where nothing
    was said.

    Raises:
        Unsupported: a tool is demanded that does not exist, or for which no valid arguments were found.
    """
    choice = request.tool_choice or "auto"
    if choice == "none" or (choice == "auto" and not request.tools):
        return []
    text = last_turn(request.messages)
    if choice == "auto":
        if request.messages and request.messages[-1].role == "tool":
            return []
        chosen = _matching(request, text, now)
    else:
        chosen = _demanded(request, text, now)
    if request.parallel_tool_calls is False:
        chosen = chosen[:1]
    turn = len(request.messages)
    return [
        ToolCall(f"call_{turn}_{at}", tool.name, msgspec.json.encode(arguments).decode())
        for at, (tool, arguments) in enumerate(chosen)
    ]


Calls = list[tuple[Tool, dict[str, Any]]]


def _matching(request: LlmRequest, text: str, now: datetime) -> Calls:
    ranked = [(tool, score) for tool, score in _ranked(request.tools, text) if score >= _ENOUGH]
    for tool, _ in ranked:
        try:
            sets = _filler(tool, text, now).arguments(several=request.parallel_tool_calls is not False)
        except Impossible:
            continue
        if sets:
            return [(tool, arguments) for arguments in sets]
    return []


def _demanded(request: LlmRequest, text: str, now: datetime) -> Calls:
    choice = request.tool_choice
    candidates = [tool for tool, _ in _ranked(request.tools, text)]
    if isinstance(choice, NamedTool):
        candidates = [tool for tool in candidates if tool.name == choice.function.name]
    # One whose arguments were said goes before one that needs inventions, when it matches at all.
    said = [] if isinstance(choice, NamedTool) else _matching(request, text, now)
    if said:
        return said
    for tool in candidates:
        try:
            filler = _filler(tool, text, now)
            sets = filler.arguments(several=request.parallel_tool_calls is not False) or [filler.forced()]
        except Impossible:
            continue
        return [(tool, arguments) for arguments in sets]
    raise Unsupported("no valid arguments can be made for the tool that is demanded")


def _ranked(tools: Sequence[Tool], text: str) -> list[tuple[Tool, float]]:
    """Best match first, and in the caller's order where they are equal."""
    said = phrases.stems(phrases.words_of(text))
    scored = [(tool, _score(tool, said)) for tool in tools]
    return sorted(scored, key=lambda pair: -pair[1])


def _score(tool: Tool, said: set[str]) -> float:
    in_name = phrases.stems(phrases.words_in_name(tool.name))
    in_description = phrases.stems(phrases.words_of(tool.description)) - in_name
    return _NAME_HIT * len(said & in_name) + _DESCRIPTION_HIT * len(said & in_description)


def _filler(tool: Tool, text: str, now: datetime) -> Filler:
    return Filler(tool.parameters, text, now, phrases.stems(phrases.words_in_name(tool.name)))
