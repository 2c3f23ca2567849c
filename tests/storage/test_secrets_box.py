import dataclasses
import secrets

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.storage.secrets_box import UNNAMED, CannotOpen, Owner, Sealed, SecretsBox, name_of

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
    (one,), (two,) = BOX.derived_keys("one"), BOX.derived_keys("two")
    (other,) = SecretsBox(bytes(32)).derived_keys("one")
    assert len({one, two, other, bytes(range(32))}) == 4
    assert all(len(key) == 32 for key in (one, two, other))
    assert SecretsBox(bytes(range(32))).derived_keys("one") == (one,)
    assert SecretsBox(bytes(32), bytes(range(32))).derived_keys("one") == (other, one)


master_keys = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True)


@settings(deadline=None)
@given(master_keys, st.data())
def test_what_any_key_of_a_ring_has_sealed_opens_and_says_which(keys: list[bytes], data: st.DataObject) -> None:
    sealing = data.draw(st.sampled_from(keys))
    sealed = SecretsBox(sealing).seal("secret", OWNER)
    box = SecretsBox(*keys)
    assert box.open_with(sealed, OWNER) == ("secret", name_of(sealing))
    assert box.name == name_of(keys[0]) == box.seal("secret", OWNER).key_version
    others = [key for key in keys if key != sealing]
    if others:
        with pytest.raises(CannotOpen):
            SecretsBox(*others).open(sealed, OWNER)


@given(st.binary(min_size=32, max_size=32))
def test_a_name_fits_its_column_and_is_no_old_version(key: bytes) -> None:
    assert 2**30 <= name_of(key) < 2**31
    assert name_of(key).to_bytes(4, "big") not in key


def test_what_was_sealed_before_keys_had_names_opens() -> None:
    associated = b"".join(len(p).to_bytes(4, "big") + p for p in (b"org_1", b"openai", b"byok_1", b"1"))
    old = Sealed(bytes(12), AESGCM(bytes(range(32))).encrypt(bytes(12), b"secret", associated), UNNAMED)
    assert BOX.open(old, OWNER) == "secret"
    assert SecretsBox(bytes(32), bytes(range(32))).open_with(old, OWNER) == ("secret", BOX.name)
    with pytest.raises(CannotOpen):
        SecretsBox(bytes(32)).open(old, OWNER)
