"""JSON Schemas as callers write them for tools."""

from typing import Any

from hypothesis import strategies as st

NAMES = ("city", "date", "time", "count", "name", "query", "order_id", "unit", "enabled", "items", "email", "zzz")

strings = st.one_of(
    st.just({"type": "string"}),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 20),
        st.integers(0, 20),
    ),
    st.builds(lambda kind: {"type": "string", "format": kind}, st.sampled_from(["date", "time", "date-time", "email"])),
    st.builds(lambda options: {"enum": options}, st.lists(st.sampled_from(["red", "blue", 1, 2.5, None]), min_size=1)),
    st.just({"type": "string", "pattern": "^[0-9]{5}$"}),
    st.just({"type": ["string", "null"]}),
    st.just({"const": "fixed"}),
)
numbers = st.builds(
    lambda kind, low, more, step: {"type": kind, "minimum": low, "maximum": low + more, "multipleOf": step},
    st.sampled_from(["integer", "number"]),
    st.integers(-50, 50),
    st.integers(5, 50),
    st.sampled_from([1, 5]),
)
leaves = st.one_of(
    strings,
    numbers,
    st.just({"type": "boolean"}),
    st.just({"type": "integer", "exclusiveMinimum": 3}),
    st.just({"$ref": "#/definitions/code"}),
    st.just({"anyOf": [{"type": "integer", "minimum": 10}, {"type": "string", "enum": ["many"]}]}),
    st.just({}),
)


def objects(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of their properties required."""

    def build(properties: dict[str, Any], required: list[str], closed: bool) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        schema["required"] = [name for name in required if name in properties]
        return schema | ({"additionalProperties": False} if closed else {})

    return st.builds(
        build,
        st.dictionaries(st.sampled_from(NAMES), parts, max_size=5),
        st.lists(st.sampled_from(NAMES), unique=True),
        st.booleans(),
    )


arrays = st.builds(lambda items, low: {"type": "array", "items": items, "minItems": low}, leaves, st.integers(0, 2))
parameters = objects(st.one_of(leaves, arrays, objects(leaves))).map(
    lambda schema: schema | {"definitions": {"code": {"type": "string", "minLength": 2}}}
)
"""Every one of them has a valid value."""

utterances = st.lists(
    st.sampled_from(
        "weather in Rome and Paris tomorrow at 7 pm for four people order AB-12 red blue no yes bob@example.com "
        'next monday "quoted text" 12345 minus twelve . , ?'.split(" ")
    ),
    max_size=12,
).map(" ".join) | st.text(max_size=60)
