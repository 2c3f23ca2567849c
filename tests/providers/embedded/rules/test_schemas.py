from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from speko.providers.embedded.rules.schemas import Impossible, checker, fits, invent, resolved, type_of
from tests.providers.embedded.rules.schema_strategy import parameters


@given(parameters)
def test_what_is_invented_is_valid(schema: dict[str, Any]) -> None:
    assert Draft7Validator(schema).is_valid(invent(schema, schema))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "format": "date"}, "1970-01-01"),
        ({"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5}, 5),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"enum": ["a", "b"]}, "a"),
        ({"default": 7}, 7),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 2, "uniqueItems": True}, [1, 2]),
        ({"oneOf": [{"type": "integer", "minimum": 5, "maximum": 4}, {"const": "x"}]}, "x"),
        ({"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"const": 1}}}]}, {"a": 1}),
    ],
)
def test_inventions(schema: dict[str, Any], value: Any) -> None:
    assert invent(schema, schema) == value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "string", "pattern": "^(very) special 42 text$"},
        {"not": {}},
        {"$ref": "#"},
        {"$ref": "https://example.com/schema.json"},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "string", "pattern": "(a+)+$"},
        {"type": "nonsense"},
    ],
)
def test_impossible(schema: dict[str, Any]) -> None:
    with pytest.raises(Impossible):
        invent(schema, schema)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)*b", "a*a*a*a*b", "x" * 300, "(a{1,}){2}"])
def test_patterns_that_could_take_for_ever_are_not_run(pattern: str) -> None:
    schemas: list[dict[str, Any]] = [
        {"pattern": pattern},
        {"patternProperties": {pattern: {}}},
        {"items": [{"pattern": pattern}]},
    ]
    for schema in schemas:
        with pytest.raises(Impossible):
            checker(schema)


def test_ordinary_patterns_are() -> None:
    assert fits("AB-12", {"pattern": r"^[A-Z]+-\d{2,}$"}, {"pattern": r"^[A-Z]+-\d{2,}$"})


def test_resolving() -> None:
    root = {"definitions": {"a/b": {"type": ["null", "integer"]}}}
    assert type_of(resolved({"$ref": "#/definitions/a~1b"}, root)) == "integer"
    assert resolved({"$ref": "#/nowhere"}, root) == {}
    assert resolved(True, root) == {}
    assert type_of({"properties": {}}) == "object"
    assert type_of({"items": {}}) == "array"
