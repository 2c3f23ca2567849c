"""JSON Schemas (draft 7) as far as values are made for them: resolving, checking, inventing. Pure.

A schema comes from a caller, so nothing in it may be fetched, and none of its patterns may take long.
"""

import re
from contextlib import suppress
from typing import Any

from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import SchemaError, ValidationError  # type: ignore[import-untyped]
from referencing import Registry
from referencing.exceptions import Unresolvable

Schema = dict[str, Any]
MAX_DEPTH = 8
"""Of nested objects and references."""
_PLACEHOLDER = "unspecified"
_FORMATS = {
    "date": "1970-01-01",
    "time": "00:00:00Z",
    "date-time": "1970-01-01T00:00:00Z",
    "email": "nobody@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_GUESSES = (_PLACEHOLDER, "0", "1", "00", "000", "0000", "00000", "000000", "a", "A", "AA", "AAA", "aa", "aaa", "A1")


class Impossible(ValueError):
    """No value can be made for a schema."""


def checker(schema: Schema) -> Draft7Validator:
    """Checks values against `schema`. References lead nowhere outside of it.

    Raises:
        Impossible: it is no schema, or has patterns that could take for ever.
    """
    if not _patterns_are_harmless(schema, 0):
        raise Impossible("a pattern of the schema is too complicated")
    try:
        Draft7Validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        raise Impossible("the parameters are no JSON Schema") from error
    return Draft7Validator(schema, registry=Registry())


def fits(value: Any, schema: Any, root: Schema) -> bool:
    """Whether `value` is valid against a part of the schema `root`."""
    try:
        checker(root).evolve(schema=schema).validate(value)
    except (ValidationError, Unresolvable, RecursionError, Impossible, re.error):
        return False
    return True


def _patterns_are_harmless(schema: Any, depth: int) -> bool:
    """No repetition of a group and at most three open repetitions: then matching a short text is quick."""
    if depth > 64:
        return False
    if isinstance(schema, list):
        return all(_patterns_are_harmless(part, depth + 1) for part in schema)
    if not isinstance(schema, dict):
        return True
    patterns = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
    if isinstance(schema.get("patternProperties"), dict):
        patterns += schema["patternProperties"]
    return all(map(_is_harmless, patterns)) and all(_patterns_are_harmless(v, depth + 1) for v in schema.values())


def _is_harmless(pattern: str) -> bool:
    repeats_group = re.search(r"\)[*+{]", pattern)
    return len(pattern) <= 200 and not repeats_group and len(re.findall(r"(?<!\\)[*+]|,\}", pattern)) <= 3


def resolved(schema: Any, root: Schema) -> Schema:
    """`schema` with a local reference followed, `allOf` merged, and the first of several types chosen."""
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            schema = _local(str(schema["$ref"]), root)
        elif isinstance(schema.get("allOf"), list) and schema["allOf"]:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            schema = _merged([*(resolved(part, root) if _is_leaf(part) else {} for part in schema["allOf"]), rest])
        elif isinstance(schema.get("type"), list) and schema["type"]:
            schema = {**schema, "type": next((t for t in schema["type"] if t != "null"), "null")}
        else:
            return schema
    return {}


def _is_leaf(part: Any) -> bool:
    return isinstance(part, dict) and "allOf" not in part


def _merged(parts: list[Schema]) -> Schema:
    merged: Schema = {}
    for part in parts:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = list(dict.fromkeys([*merged.get("required", []), *part.get("required", [])]))
        merged |= part
        if properties:
            merged["properties"] = properties
        if required:
            merged["required"] = required
    return merged


def _local(reference: str, root: Schema) -> Any:
    found: Any = root
    if not reference.startswith("#"):
        return {}
    for step in reference.lstrip("#").strip("/").split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if key:
            found = found.get(key) if isinstance(found, dict) else None
    return found


def type_of(schema: Schema) -> str:
    """The type of a resolved schema, guessed where it is not said."""
    if isinstance(schema.get("type"), str):
        return str(schema["type"])
    if isinstance(schema.get("properties"), dict):
        return "object"
    return "array" if "items" in schema else "string"


def invent(schema: Any, root: Schema, depth: int = 0) -> Any:
    """A value that is valid and says nothing.

    Raises:
        Impossible: none was found.
    """
    if depth > MAX_DEPTH:
        raise Impossible("the schema is nested too deeply")
    plain = resolved(schema, root)
    for candidate in _candidates(plain, root, depth):
        if fits(candidate, schema, root):
            return candidate
    raise Impossible("no value was found for a parameter")


def _candidates(schema: Schema, root: Schema, depth: int) -> list[Any]:
    stated = [schema[key] for key in ("default", "const") if key in schema]
    stated += [*schema.get("enum", []), *schema.get("examples", [])]
    if stated:
        return stated
    for alternatives in ("oneOf", "anyOf"):
        for part in schema.get(alternatives, []):
            rest = {key: value for key, value in schema.items() if key != alternatives}
            with suppress(Impossible):
                stated.append(invent(_merged([rest, resolved(part, root)]), root, depth + 1))
    if stated:
        return stated
    return _of_type(type_of(schema), schema, root, depth)


def _of_type(kind: str, schema: Schema, root: Schema, depth: int) -> list[Any]:
    match kind:
        case "string":
            return [*_strings(schema)]
        case "integer" | "number":
            return [*_numbers(schema)]
        case "array":
            return [*_arrays(schema, root, depth)]
        case "object":
            return [_object(schema, root, depth)]
        case "boolean":
            return [False, True]
    return [None]


def _strings(schema: Schema) -> list[str]:
    known = [_FORMATS[schema["format"]]] if schema.get("format") in _FORMATS else []
    shortest, longest = int(schema.get("minLength", 0)), int(schema.get("maxLength", 1000))
    if shortest > 1000:
        raise Impossible("a text would have to be very long")
    return [*known, *((guess * (shortest // len(guess) + 1) if shortest else guess)[:longest] for guess in _GUESSES)]


def _numbers(schema: Schema) -> list[float]:
    step = schema.get("multipleOf", 1)
    edges = [0, step]
    for bound in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if bound in schema:
            edge = schema[bound]
            up = -(-edge // step) * step
            edges += [up, up + step, up - step, edge]
            if bound == "exclusiveMinimum" and "exclusiveMaximum" in schema:
                edges.append((edge + schema["exclusiveMaximum"]) / 2)
    return [int(edge) if edge == int(edge) else edge for edge in edges]


def _arrays(schema: Schema, root: Schema, depth: int) -> list[list[Any]]:
    count = int(schema.get("minItems", 0))
    if count > 16:
        raise Impossible("a list would have to be very long")
    items = schema.get("items", {})
    if isinstance(items, list):
        return [[invent(item, root, depth + 1) for item in items]]
    if count == 0:
        return [[]]
    choices = resolved(items, root).get("enum")
    first = invent(items, root, depth + 1)
    return [[first] * count, *([list(choices)[:count]] if isinstance(choices, list) else [])]


def _object(schema: Schema, root: Schema, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: invent(properties.get(name, {}), root, depth + 1) for name in schema.get("required", [])}
