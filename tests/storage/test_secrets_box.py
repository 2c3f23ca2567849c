import dataclasses
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.storage.secrets_box import CannotOpen, Owner, Sealed, SecretsBox

OWNER = Owner("org_1", "openai", "byok_1")
BOX = SecretsBox(bytes(range(32)))
any_text = st.text(st.characters(codec=None, categories=None))


@settings(deadline=None)
@given(any_text)
def test_what_was_sealed_opens(secret: str) -> None:
    assert BOX.open(BOX.seal(secret, OWNER), OWNER) == secret


@settings(deadline=None)
@given(st.text(max_size=40), st.data())
def test_a_changed_byte_is_noticed(secret: str, data: st.DataObject) -> None:
    sealed = BOX.seal(secret, OWNER)
    stored = bytearray(sealed.nonce + sealed.ciphertext)
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CannotOpen):
        BOX.open(Sealed(bytes(stored[:12]), bytes(stored[12:]), sealed.key_version), OWNER)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_a_shortened_or_foreign_value_is_noticed(nonce_length: int, length: int) -> None:
    with pytest.raises(CannotOpen):
        BOX.open(Sealed(secrets.token_bytes(nonce_length), secrets.token_bytes(length), 1), OWNER)


@settings(deadline=None)
@given(st.tuples(any_text, any_text, any_text), st.tuples(any_text, any_text, any_text))
def test_a_value_opens_for_its_owner_alone(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    sealed = BOX.seal("secret", Owner(*one))
    if one == other:
        assert BOX.open(sealed, Owner(*other)) == "secret"
    else:
        with pytest.raises(CannotOpen):
            BOX.open(sealed, Owner(*other))


@pytest.mark.parametrize(
    "other",
    [Owner("org_1o", "penai", "byok_1"), Owner("org_1", "openaib", "yok_1"), Owner("", "org_1openai", "byok_1")],
)
def test_owners_do_not_run_together(other: Owner) -> None:
    with pytest.raises(CannotOpen):
        BOX.open(BOX.seal("secret", OWNER), other)


def test_another_master_key_or_version_does_not_open() -> None:
    sealed = BOX.seal("secret", OWNER)
    with pytest.raises(CannotOpen):
        SecretsBox(bytes(32)).open(sealed, OWNER)
    with pytest.raises(CannotOpen):
        BOX.open(dataclasses.replace(sealed, key_version=2), OWNER)


def test_each_seal_is_different() -> None:
    assert len({BOX.seal("secret", OWNER).nonce for _ in range(100)}) == 100


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretsBox(bytes(length))


def test_derived_keys_differ_by_purpose_and_master_key_and_stay_the_same() -> None:
    keys = {BOX.derived_key("one"), BOX.derived_key("two"), SecretsBox(bytes(32)).derived_key("one")}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
    assert SecretsBox(bytes(range(32))).derived_key("one") == BOX.derived_key("one")
    assert bytes(range(32)) not in keys
