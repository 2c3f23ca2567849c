import hashlib
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from speko.storage.api_keys import display_prefix, fingerprint, new_api_key


def test_a_key_has_the_form_of_the_contract() -> None:
    keys = {new_api_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(re.fullmatch(r"sk_live_[0-9a-f]{48}", key) for key in keys)


def test_the_prefix_for_display() -> None:
    key = "sk_live_abc1234" + "0" * 41
    assert display_prefix(key) == "sk_live_abc1234..."


def test_the_fingerprint_is_sha256() -> None:
    assert fingerprint("sk_live_é") == hashlib.sha256("sk_live_é".encode()).hexdigest()


@settings(deadline=None)
@given(st.text(st.characters(codec=None, categories=None)))
def test_any_text_has_a_fingerprint(text: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", fingerprint(text))


def test_lone_surrogates_have_fingerprints_of_their_own() -> None:
    assert fingerprint("\ud800") != fingerprint("\ud801")
