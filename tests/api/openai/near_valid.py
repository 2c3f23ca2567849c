"""JSON that is nearly what a door asks for: a valid body of which some values are put out of shape."""

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "null", "NaN", "1e999", "{}", "\x00", "\u2028", "\u202e", "e\u0301", "👩\u200d👧"]),
)
_ODD = st.one_of(
    TEXTS,
    # Half of a surrogate pair: JSON can write it, and no text can hold it.
    st.sampled_from(["\ud800", "x\udfff"]),
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 129, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**400]),
    # The last two are no JSON, but many write them.
    st.sampled_from([0.0, -0.0, 1.0, 2.5, -1e308, 1e-320, float("nan"), float("inf")]),
    st.sampled_from([[], {}, [[]], [None], [""], {"": None}, {"type": None}, {"type": "text"}, ["text", 1]]),
)


def _places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value below this one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, found in inner:
        yield (*at, key)
        yield from _places(found, (*at, key))


def _at(body: Any, place: Sequence[str | int]) -> Any:
    for key in place:
        body = body[key]
    return body


@st.composite
def near(draw: st.DrawFn, valid: st.SearchStrategy[dict[str, Any]]) -> bytes:
    """A body as it arrives; in half of them nothing was put out of shape."""
    body = copy.deepcopy(draw(valid))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        places = list(_places(body))
        if places:
            _put_out_of_shape(draw, body, draw(st.sampled_from(places)))
    return json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def _put_out_of_shape(draw: st.DrawFn, body: Any, place: tuple[str | int, ...]) -> None:
    parents, key = place[:-1], place[-1]
    holder: Any = _at(body, parents)
    match draw(st.sampled_from(["replaced", "exchanged", "removed", "wrapped", "repeated"])):
        case "removed":
            del holder[key]
        case "wrapped":
            holder[key] = [holder[key]]
        case "exchanged":
            holder[key] = copy.deepcopy(_at(body, draw(st.sampled_from(list(_places(body))))))
        case "repeated" if isinstance(holder, list):
            holder.append(_at(body, place))
        case _:
            holder[key] = draw(_ODD)
