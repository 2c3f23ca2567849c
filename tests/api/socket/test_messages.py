"""Messages in several frames, against what Python itself says of the whole."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.socket.messages import Assembly, Violation, check_text, close_code

NEARLY_TEXT = st.one_of(
    st.text(max_size=30).map(str.encode),
    st.binary(max_size=30),
    st.lists(st.sampled_from([b"a", b"\xc3", b"\xa9", b"\xf0\x9f", b"\x98\x80", b"\xed\xa0", b"\x80"])).map(b"".join),
)


def is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(NEARLY_TEXT, st.lists(st.integers(0, 30), max_size=5))
def test_a_text_in_frames_is_judged_as_the_whole(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    assembly = Assembly(text=True)
    message = None
    try:
        for number, piece in enumerate(pieces):
            assert message is None
            message = assembly.add(piece, last=number == len(pieces) - 1)
    except Violation as violation:
        assert violation.code == 1007
        assert not is_text(data)
    else:
        assert message == data
        assert is_text(data)


@given(NEARLY_TEXT)
def test_a_text_in_one_frame(data: bytes) -> None:
    if is_text(data):
        check_text(data)
    else:
        with pytest.raises(Violation) as raised:
            check_text(data)
        assert raised.value.code == 1007


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=6))
def test_bytes_in_frames_are_any_bytes(pieces: list[bytes]) -> None:
    assembly = Assembly(text=False)
    got = [assembly.add(piece, last=number == len(pieces) - 1) for number, piece in enumerate(pieces)]
    assert got == [None] * (len(pieces) - 1) + [b"".join(pieces)]


@given(st.binary(max_size=125))
def test_what_a_close_frame_may_say(payload: bytes) -> None:
    try:
        code = close_code(payload)
    except Violation as violation:
        assert violation.code in (1002, 1007)
        assert payload
    else:
        assert code == 1005 if not payload else code == int.from_bytes(payload[:2], "big")
        assert code not in (1004, 1006, 1015)
        assert is_text(payload[2:])
