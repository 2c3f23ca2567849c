"""Seals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.signing import LONGEST, Signer

SIGNER = Signer(bytes(range(32)))
any_text = st.text(st.characters(codec=None, categories=None))


@given(st.binary(max_size=200))
def test_what_was_sealed_comes_back(claims: bytes) -> None:
    assert SIGNER.opened(SIGNER.sealed(claims)) == claims
    assert Signer(bytes(32)).opened(SIGNER.sealed(claims)) is None


@given(claims=st.binary(max_size=50), data=st.data())
def test_a_changed_seal_is_none(claims: bytes, data: st.DataObject) -> None:
    seal = SIGNER.sealed(claims)
    at = data.draw(st.integers(0, len(seal)))
    forged = (
        seal[:at] + data.draw(any_text.filter(lambda text: len(text) < 4)) + seal[at + data.draw(st.integers(0, 2)) :]
    )
    assert SIGNER.opened(forged) == (claims if forged == seal else None)


@given(any_text)
def test_garbage_is_none(text: str) -> None:
    assert SIGNER.opened(text) is None


def test_a_seal_that_is_too_long_is_not_looked_at() -> None:
    assert SIGNER.opened(SIGNER.sealed(b"x" * LONGEST)) is None


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "x" * 10**7, "é.é", "x" * LONGEST + ".", "\ud800"])
def test_what_is_no_seal_is_none(text: str) -> None:
    assert SIGNER.opened(text) is None
