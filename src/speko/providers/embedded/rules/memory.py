"""What the conversation so far tells: names, and what was said before. Pure."""

import re
from collections.abc import Sequence

from speko.providers.llm import ChatMessage

MAX_NAME = 40
"""Characters."""
MAX_TURN = 1000
"""Characters of one turn that are looked at: more is no conversation, and the rules take time for it."""
_WORD = r"[^\W\d_][\w'’-]*"
_TELLS = re.compile(
    r"\b(?:my name is|my name's|my names|i am called|i'm called|people call me|call me|this is)"
    rf"\s+((?:{_WORD}\s*){{1,3}})",
    re.IGNORECASE,
)
_I_AM = re.compile(rf"\b(?:[Ii] am|[Ii]'m|[Ii]’m)\s+({_WORD})")
_YOU_ARE = re.compile(r"\b[Yy]ou are ((?:[A-Z][\w'’-]*)(?: [A-Z][\w'’-]*){0,2})")
# A name ends where an ordinary word begins. What a recogniser writes has no capitals and no commas to tell by.
_NO_NAME = frozenset(
    """a about again ai all also am an and are as at be because but by call can could do does did for from glad going
    good happy have hello here hey hi how hungry i if in is it just like looking maybe me my myself nice no not now of
    ok okay on or please really right say should so sorry speaking still sure tell than thank thanks that the then
    there they this tired to today too tomorrow very was we well were what what's when where which who why will with
    would yes you your""".split()
)
_NOT_AFTER_THIS_IS = frozenset("great nice good bad fun wrong fine cool awesome terrible it me".split())


def last_turn(messages: Sequence[ChatMessage]) -> str:
    """The beginning of what the user said last; empty where there is nothing."""
    return next((m.content for m in reversed(messages) if m.role == "user"), "")[:MAX_TURN]


def told_name(text: str) -> str | None:
    """The name that somebody gives as their own, or None."""
    for match in _TELLS.finditer(text):
        words = _name_words(match[1].split())
        is_weak = match[0].lower().startswith("this is")
        if words and not (is_weak and (words[0].lower() in _NOT_AFTER_THIS_IS or not words[0][0].isupper())):
            return _as_name(words)
    # "I am" comes before many things: only a capital tells a name.
    i_am = _I_AM.search(text)
    if i_am and i_am[1][0].isupper() and not text.isupper() and _name_words([i_am[1]]):
        return _as_name([i_am[1]])
    return None


def _name_words(words: Sequence[str]) -> list[str]:
    name: list[str] = []
    for word in words:
        if word.lower() in _NO_NAME or (name and name[0][0].isupper() and not word[0].isupper()):
            break
        name.append(word)
        if name[0][0].islower() and len(name) == 2:
            break
    return name


def _as_name(words: Sequence[str]) -> str:
    return " ".join(w if any(c.isupper() for c in w) else w.capitalize() for w in words)[:MAX_NAME].removesuffix("'s")


def remembered_name(messages: Sequence[ChatMessage]) -> str | None:
    """The name that the user told last, or None."""
    names = (told_name(message.content[:MAX_TURN]) for message in reversed(messages) if message.role == "user")
    return next((name for name in names if name), None)


def persona(prompts: Sequence[str]) -> str | None:
    """The name in "You are Nova, …" of a system prompt, or None."""
    for prompt in prompts:
        match = _YOU_ARE.search(prompt)
        if match and match[1].split()[0].lower() not in _NO_NAME:
            return match[1][:MAX_NAME]
    return None


def last_words(messages: Sequence[ChatMessage]) -> str | None:
    """What the assistant said last, or None."""
    said = (message.content for message in reversed(messages) if message.role == "assistant" and message.content)
    return next(said, None)


def times_said(messages: Sequence[ChatMessage], lines: Sequence[str]) -> int:
    """How many of `lines` the assistant has said already."""
    said = [message.content for message in messages if message.role == "assistant"]
    return sum(any(line in content for content in said) for line in lines)
