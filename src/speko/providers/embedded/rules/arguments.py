"""Fills the arguments of a tool from what somebody said, by the tool's JSON Schema. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from speko.providers.embedded.rules import phrases
from speko.providers.embedded.rules.schemas import (
    MAX_DEPTH,
    Impossible,
    Schema,
    checker,
    fits,
    invent,
    resolved,
    type_of,
)

MAX_CALLS = 8
"""Of one tool at once."""

_PLACES = frozenset("city location place town country address region area state where venue".split())
_ORIGINS = frozenset(["origin", "from", "departure", "source", "start"])
_DESTINATIONS = frozenset(["destination", "arrival"])
_PEOPLE = frozenset("name person contact recipient who customer guest attendee user to".split())
_DATES = frozenset("date day when".split())
_TIMES = frozenset("time hour at".split())
_CODES = frozenset("id number code order sku reference ticket account phone zip".split())
_TEXTS = frozenset(
    "text message query question content body note prompt search title subject topic reason input q".split()
)
_TEXT_LEADS = ("saying that", "saying", "says", "that", "about", "search for", "look up", "look for", "find", "called")
_SWITCHES = frozenset(["on", "enabled", "active", "state", "power", "switch"])
_NEGATIONS = frozenset(["not", "no", "without", "don't", "never", "off", "disable"])


@dataclass(slots=True)
class Filler:
    """Fills the arguments of one tool from one utterance.

    Args:
        root: the tool's parameters.
        text: what was said.
        now: local time, for "tomorrow".
        tool_words: stems of the tool's own name, which are no arguments.
    """

    root: Schema
    text: str
    now: datetime
    tool_words: set[str] = field(default_factory=set)

    def arguments(self, *, several: bool) -> list[dict[str, Any]]:
        """One set of arguments per call, each valid; empty where something required was not said.

        Args:
            several: whether "in Rome and in Paris" may become two calls.

        Raises:
            Impossible: see `checker`.
        """
        validator = checker(self.root)
        schema = resolved(self.root, self.root)
        base = self._object(schema, 0)
        sets = [base]
        if several and (split := self._several(schema, base)) is not None:
            name, values = split
            sets = [{**base, name: value} for value in values[:MAX_CALLS]]
        return [arguments for arguments in sets if validator.is_valid(arguments)]

    def forced(self) -> dict[str, Any]:
        """Arguments that are valid, with invented values where nothing was said.

        Raises:
            Impossible: none were found.
        """
        validator = checker(self.root)
        schema = resolved(self.root, self.root)
        said = self._object(schema, 0)
        for name in schema.get("required", []):
            if name not in said:
                said[name] = self._fallback(schema.get("properties", {}).get(name, {}))
        if validator.is_valid(said):
            return said
        invented = invent(self.root, self.root)
        if not isinstance(invented, dict):
            raise Impossible("the parameters are no object")
        return invented

    def _fallback(self, schema: Any) -> Any:
        """What was said as a whole, where a text is wanted; else something invented."""
        plain = resolved(schema, self.root)
        whole = self.text.strip()
        if type_of(plain) == "string" and whole and "format" not in plain and fits(whole, schema, self.root):
            return whole
        return invent(schema, self.root)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict) or depth > MAX_DEPTH:
            return {}
        required = schema.get("required", [])
        numeric = [n for n, s in properties.items() if type_of(resolved(s, self.root)) in ("integer", "number")]
        assigned = self._assign_numbers(numeric)
        filled: dict[str, Any] = {}
        for name, part in properties.items():
            plain = resolved(part, self.root)
            if depth == MAX_DEPTH or (name not in required and type_of(plain) == "object"):
                continue
            if name in assigned:
                values: Iterable[Any] = (_json_number(assigned[name], plain),)
            else:
                values = self._values(name, plain, alone=list(required) == [name], depth=depth)
            value = next((v for v in values if fits(v, part, self.root)), None)
            if value is not None:
                filled[name] = value
        return filled

    def _values(self, name: str, schema: Schema, *, alone: bool, depth: int) -> Iterable[Any]:
        """Values that were said for a property, best first. A constant need not be said."""
        if "const" in schema:
            return (schema["const"],)
        if isinstance(schema.get("enum"), list):
            return self._choices(schema["enum"])
        look: dict[str, Callable[[], Iterable[Any]]] = {
            "string": lambda: self._strings(name, schema, alone=alone),
            "boolean": lambda: self._truths(name),
            "array": lambda: self._lists(name, resolved(schema.get("items", {}), self.root)),
            "object": lambda: filter(None, [self._object(schema, depth + 1)]),
        }
        return look.get(type_of(schema), tuple)()

    def _choices(self, options: list[Any]) -> list[Any]:
        """The options whose words were said, in the order in which they were said."""
        said = " ".join(phrases.words_of(self.text))
        found = []
        for option in options:
            words = " ".join(phrases.words_in_name(str(option)))
            at = f" {said} ".find(f" {words} ") if words else -1
            if at < 0 and words:
                at = f" {said} ".find(f" {words}s ")
            if at >= 0 and not isinstance(option, bool):
                found.append((at, -len(words), option))
        return [option for _, _, option in sorted(found, key=lambda f: f[:2])]

    def _truths(self, name: str) -> Iterable[bool]:
        words = phrases.words_of(self.text)
        if not _SWITCHES.isdisjoint(phrases.words_in_name(name)) and {"on", "off"} & set(words):
            return ("off" not in words,)
        wanted = phrases.stems(phrases.words_in_name(name))
        for at, word in enumerate(words):
            if wanted & phrases.stems([word]):
                return (_NEGATIONS.isdisjoint(words[max(0, at - 3) : at]),)
        return ()

    def _lists(self, name: str, items: Schema) -> Iterable[list[Any]]:
        if isinstance(items.get("enum"), list):
            found = self._choices(items["enum"])
        elif type_of(items) in ("integer", "number"):
            found = [_json_number(number.value, items) for number in phrases.numbers(self.text)]
        elif type_of(items) == "string":
            found = self._list_of_texts(name, items)
        else:
            return ()
        return (found,) if found else ()

    def _list_of_texts(self, name: str, items: Schema) -> list[str]:
        found = [v for v in self._strings(name.removesuffix("s"), items, alone=False) if isinstance(v, str)]
        if len(found) == 1:
            return phrases.listed(found[0])
        return found or phrases.listed(phrases.object_of(self.text, self.tool_words))

    def _assign_numbers(self, names: list[str]) -> dict[str, Fraction]:
        """Each number goes to the property whose name was said nearest to it; the rest in order."""
        left = phrases.numbers(self.text)
        words = phrases.words_of(self.text)
        assigned: dict[str, Fraction] = {}
        for name in names:
            wanted = phrases.stems(phrases.words_in_name(name))
            places = [at for at, word in enumerate(words) if wanted & phrases.stems([word])]
            distances = [(abs(place - n.at), index) for index, n in enumerate(left) for place in places]
            if distances and min(distances)[0] <= 3:
                assigned[name] = left.pop(min(distances)[1]).value
        for name in names:
            if name not in assigned and left:
                assigned[name] = left.pop(0).value
        return assigned

    def _strings(self, name: str, schema: Schema, *, alone: bool) -> Iterable[str]:
        about = set(phrases.words_in_name(name))
        kind = schema.get("format")
        if kind in ("date", "time", "date-time") or about & (_DATES | _TIMES):
            return self._moments(kind, about)
        if kind == "email" or "email" in about:
            return re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]*\w", self.text)
        if kind in ("uri", "url") or about & {"url", "uri", "link", "website"}:
            return re.findall(r"https?://[^\s\"'<>]+", self.text)
        found = [*self._named(about)]
        for words, look in self._kinds():
            if about & words:
                found += look()
                break
        else:
            found += [q] if (q := phrases.quoted(self.text)) else []
        # The only thing that is wanted may be said without any hint at what it is.
        if alone and not found:
            found += phrases.after(self.text, ("in", "at", "for", "to", "from", "of", "about", "with"))
            found += [rest] if (rest := self._rest()) else []
        return [value for value in dict.fromkeys(found) if value]

    def _places_or_people(self, leads: tuple[str, ...]) -> list[str]:
        """Phrases after a preposition, without those that are an option, a moment or an amount: "in celsius"."""
        options = {str(o).lower() for p in self._properties() for o in resolved(p, self.root).get("enum", ())}
        return [
            said
            for said in phrases.after(self.text, leads)
            if said.lower() not in options
            and not phrases.date_said(said)
            and not phrases.time_said(said)
            and not phrases.numbers(said.split()[0])
        ]

    def _properties(self) -> Iterable[Any]:
        properties = resolved(self.root, self.root).get("properties")
        return properties.values() if isinstance(properties, dict) else ()

    def _kinds(self) -> tuple[tuple[frozenset[str], Callable[[], list[str]]], ...]:
        return (
            (_ORIGINS, lambda: self._places_or_people(("from",))),
            (_DESTINATIONS, lambda: self._places_or_people(("to", "for", "in"))),
            (_PLACES, lambda: self._places_or_people(("in", "at", "near", "to", "for", "from"))),
            (_CODES, lambda: phrases.codes(self.text)),
            (_PEOPLE, lambda: self._places_or_people(("name is", "named", "called", "with", "to", "for", "call"))),
            (_TEXTS, self._free_text),
        )

    def _named(self, about: set[str]) -> list[str]:
        """What follows the property's own name: "the subject is lunch"."""
        names = sorted(about - phrases.STOP_WORDS)
        if not names:
            return []
        match = re.search(rf"\b(?:{'|'.join(map(re.escape, names))})(?: is| should be| as|:| =)+ ", self.text, re.I)
        return [phrases.phrase_at(self.text, match.end())] if match else []

    def _free_text(self) -> list[str]:
        if (said := phrases.quoted(self.text)) is not None:
            return [said]
        for lead in _TEXT_LEADS:
            if match := re.search(rf"\b{lead}\b[:,]?\s+(.+)", self.text, re.IGNORECASE | re.DOTALL):
                return [match[1].strip(" .?!")]
        return [self.text.strip()]

    def _moments(self, kind: str | None, about: set[str]) -> list[str]:
        day, hour = phrases.date_said(self.text), phrases.time_said(self.text)
        if kind is None:
            return [said for said in ((hour, day) if about & _TIMES else (day, hour)) if said]
        on = phrases.iso_date(day, self.now) if day else None
        at = phrases.iso_time(hour) if hour else None
        zone = self.now.strftime("%z")
        offset = f"{zone[:3]}:{zone[3:5]}" if zone else "Z"
        if kind == "date":
            return [on.isoformat()] if on else []
        if kind == "time":
            return [f"{at}{offset}"] if at else []
        return [f"{(on or self.now.date()).isoformat()}T{at or '00:00:00'}{offset}"] if on or at else []

    def _rest(self) -> str:
        """What is left of the utterance without the tool's words and the small ones."""
        kept = [
            word
            for word in self.text.split()
            if (plain := phrases.words_of(word)) and phrases.stems(plain) - self.tool_words
        ]
        return " ".join(kept).strip(" .,?!")

    def _several(self, schema: Schema, base: dict[str, Any]) -> tuple[str, list[Any]] | None:
        """The required property for which several things were said, and those."""
        for name in schema.get("required", []):
            part = schema.get("properties", {}).get(name, {})
            plain = resolved(part, self.root)
            about = set(phrases.words_in_name(name))
            if name not in base or type_of(plain) in ("array", "object"):
                continue
            if isinstance(plain.get("enum"), list):
                values: Iterable[Any] = self._choices(plain["enum"])
            elif about & (_PLACES | _DESTINATIONS | _CODES) and type_of(plain) == "string":
                values = self._strings(name, plain, alone=False)
            elif about & _CODES:
                values = [_json_number(number.value, plain) for number in phrases.numbers(self.text)]
            else:
                continue
            valid = [value for value in values if fits(value, part, self.root)]
            if len(valid) > 1:
                return name, valid
        return None


def _json_number(value: Fraction, schema: Schema) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
