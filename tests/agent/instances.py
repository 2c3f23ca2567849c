"""Instances of any struct or dataclass of ours, made from its annotations: for tests that walk unions of messages."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields as struct_fields

from speko.providers.llm import Tool
from speko.providers.s2s import S2sRequest

JSON = st.dictionaries(st.text(max_size=5), st.integers(0, 9) | st.text(max_size=5) | st.booleans(), max_size=2)
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    str: st.text(max_size=20),
    bool: st.booleans(),
    NoneType: st.none(),
    datetime: st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)),
    Tool: st.builds(Tool, name=st.just("look_up"), description=st.just("Looks up."), parameters=JSON),
}
_LEFT_OUT = {(S2sRequest, "plan")}
"""What is not sent."""


def instances(hint: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one return per form
    """A strategy for an annotation."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return instances(arguments[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of([instances(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(instances(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(instances(arguments[0]), instances(arguments[1]), max_size=3)
    assert isinstance(hint, type), hint
    hints = get_type_hints(hint, include_extras=True)
    if issubclass(hint, Struct):
        names = [field.name for field in struct_fields(hint)]
    else:
        assert is_dataclass(hint), hint
        names = [field.name for field in fields(hint)]
    return st.builds(hint, **{name: instances(hints[name]) for name in names if (hint, name) not in _LEFT_OUT})
