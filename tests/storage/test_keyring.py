"""The master keys as text, and what becomes of them in a rotation."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.storage.keyring import MOST_PREVIOUS, Keyring, decode, encode

KEY = bytes(range(32))
keys = st.binary(min_size=32, max_size=32)
rings = st.builds(Keyring, keys, st.none() | keys, st.lists(keys, max_size=4).map(tuple))


@given(rings)
def test_what_was_written_is_read(ring: Keyring) -> None:
    assert decode(encode(ring)) == ring


@given(st.binary(max_size=200) | st.builds(lambda ring, cut: encode(ring)[:cut], rings, st.integers(0, 100)))
def test_any_other_text_is_refused_or_a_ring(text: bytes) -> None:
    try:
        ring = decode(text)
    except ValueError:
        return
    assert all(len(key) == 32 for key in (ring.current, *ring.previous))


def test_a_file_of_one_key_is_a_ring() -> None:
    assert decode(base64.b64encode(KEY)) == Keyring(KEY)
    assert encode(Keyring(KEY)) == base64.b64encode(KEY) + b"\n"


@pytest.mark.parametrize("words", [b"next", b"previous", b"later", b"next next"])
def test_a_key_that_is_not_in_use_cannot_stand_first(words: bytes) -> None:
    with pytest.raises(ValueError, match=r"keyring|words"):
        decode(words + b" " + base64.b64encode(KEY))


@given(rings, keys)
def test_a_rotation_forgets_no_key_that_was_in_use(ring: Keyring, new: bytes) -> None:
    announced = ring.announced(new)
    assert (announced.current, announced.previous) == (ring.current, ring.previous)
    switched = announced.switched()
    assert (switched.current, switched.next, switched.previous[0]) == (new, None, ring.current)
    assert switched.previous == (ring.current, *ring.previous)[:MOST_PREVIOUS]
    assert switched.switched() == switched
    assert switched.alone() == Keyring(new)


@given(rings)
def test_no_key_shows_in_a_repr(ring: Keyring) -> None:
    assert repr(ring) == "Keyring()"
