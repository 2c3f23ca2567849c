import logging
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.storage.api_keys import fingerprint, new_api_key
from speko.storage.directory import Contents, Directory, KeyEntry
from speko.storage.records import ApiKey, OwnKey
from tests.storage.rows import NOON

SECRET = new_api_key()
KEY = ApiKey(
    id="key_1",
    organization_id="org_1",
    name="first",
    prefix="sk_live_0000000...",
    created_at=NOON,
    last_used_at=None,
    revoked=False,
)
CONTENTS = Contents(
    revision=1,
    api_keys={fingerprint(SECRET): KeyEntry(fingerprint(SECRET), KEY)},
    own_keys={"org_1": {"openai": OwnKey("byok_1", "openai", "hunter2", NOON)}},
)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


def loaded() -> tuple[Directory, list[tuple[str, datetime]], Clock]:
    touches: list[tuple[str, datetime]] = []
    clock = Clock()
    directory = Directory(lambda key_id, at: touches.append((key_id, at)), clock)
    directory.replace(CONTENTS)
    return directory, touches, clock


def test_before_the_first_load_it_knows_nobody() -> None:
    directory = Directory(lambda key_id, at: None)
    assert directory.revision == -1
    assert directory.authenticate(SECRET) is None
    assert directory.organization("org_1") is None
    assert directory.provider_keys("org_1") == {}


def test_a_known_key_authenticates() -> None:
    directory, _, _ = loaded()
    assert directory.authenticate(SECRET) is KEY


@settings(deadline=None)
@given(st.text(st.characters(codec=None, categories=None)))
def test_any_other_text_is_nobody(text: str) -> None:
    directory, _, _ = loaded()
    assert directory.authenticate(text) is None
    assert directory.authenticate(SECRET + text) is (KEY if text == "" else None)


def test_a_revoked_key_is_gone_with_the_next_contents() -> None:
    directory, _, _ = loaded()
    directory.replace(Contents(revision=2))
    assert directory.revision == 2
    assert directory.authenticate(SECRET) is None


def test_it_holds_the_keys_that_work() -> None:
    directory, _, _ = loaded()
    assert directory.holds("key_1")
    assert not directory.holds("key_2")
    directory.replace(Contents(revision=2))
    assert not directory.holds("key_1")
    assert not Directory(lambda key_id, at: None).holds("key_1")


def test_touches_are_written_once_a_minute_for_each_key() -> None:
    directory, touches, clock = loaded()
    for _ in range(3):
        directory.touched("key_1")
        directory.touched("key_2")
    clock.time += timedelta(seconds=59.9)
    directory.touched("key_1")
    assert touches == [("key_1", NOON), ("key_2", NOON)]
    clock.time += timedelta(seconds=0.1)
    directory.touched("key_1")
    assert touches[2:] == [("key_1", NOON + timedelta(minutes=1))]
    assert directory.last_use("key_1") == NOON + timedelta(minutes=1)


def test_uses_of_keys_that_are_gone_are_forgotten() -> None:
    directory, _, _ = loaded()
    directory.touched("key_1")
    directory.touched("key_2")
    directory.replace(CONTENTS)
    assert directory.last_use("key_1") == NOON
    assert directory.last_use("key_2") is None


def test_listeners_hear_of_a_change_when_it_is_there() -> None:
    directory, _, _ = loaded()
    heard: list[int] = []
    directory.on_change(lambda: heard.append(directory.revision))
    directory.replace(Contents(revision=5))
    assert heard == [5]


def test_a_listener_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    directory, _, _ = loaded()
    heard: list[int] = []

    def fail() -> None:
        raise ZeroDivisionError

    directory.on_change(fail)
    directory.on_change(lambda: heard.append(1))
    with caplog.at_level(logging.ERROR):
        directory.replace(Contents(revision=2))
    assert heard == [1]
    assert "A listener to changes of the directory failed" in caplog.text


def test_no_secret_shows_in_a_repr() -> None:
    assert "hunter2" not in repr(CONTENTS) + repr(CONTENTS.own_keys["org_1"]["openai"])
