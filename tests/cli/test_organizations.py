"""`speko organizations`, and keys of several."""

from pathlib import Path

import pytest

from speko.cli.exits import Exit
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway


@pytest.fixture
def data(speko: Command) -> str:
    """A data folder with a database."""
    assert speko("keys", "create", "--name", "first", "--data", "data").code == Exit.OK
    return "data"


def test_an_organization_is_made_and_listed(speko: Command, data: str) -> None:
    made = speko("organizations", "create", "Acme & Sons", "--data", data, "--json")
    assert made.code == Exit.OK
    assert (made.json["name"], made.json["slug"]) == ("Acme & Sons", "acme-sons")
    text = speko("organizations", "create", "Müller", "--slug", "kurz", "--data", data)
    assert "--organization kurz" in text.err
    found = speko("organizations", "list", "--data", data, "--json").json
    assert {one["slug"] for one in found} == {"default", "acme-sons", "kurz"}
    assert made.json in found
    assert text.out.strip() in {one["id"] for one in found}, "a shell catches the id alone"
    assert "Müller" in speko("organizations", "list", "--data", data).out


def test_a_key_belongs_to_the_organization_that_is_named(speko: Command, data: str) -> None:
    made = speko("organizations", "create", "Acme", "--data", data, "--json").json
    text = speko("keys", "create", "--name", "by slug", "--organization", "acme", "--data", data)
    assert "of the organization acme" in text.err
    key = speko("keys", "create", "--name", "by id", "--organization", made["id"], "--data", data, "--json").json
    rows = speko("keys", "list", "--data", data, "--json").json
    owners = {row["name"]: row["organization"] for row in rows}
    assert owners == {"first": "default", "by slug": "acme", "by id": "acme"}
    assert "acme" in speko("keys", "list", "--data", data).out
    assert speko("keys", "revoke", key["id"], "--data", data).code == Exit.OK
    rows = speko("keys", "list", "--data", data, "--json").json
    assert [row["name"] for row in rows if row["revoked"]] == ["by id"]
    assert speko("credits", "grant", "1", "--organization", "acme", "--data", data).code == Exit.OK
    assert speko("limits", "set", "acme", "--concurrent-sessions", "2", "--data", data).code == Exit.OK


def test_an_unknown_organization_gets_no_key(speko: Command, data: str) -> None:
    done = speko("keys", "create", "--name", "a", "--organization", "nobody", "--data", data, "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "NOT_FOUND")
    assert "default" in done.json["error"]
    assert len(speko("keys", "list", "--data", data, "--json").json) == 1


def test_a_slug_that_is_taken(speko: Command, data: str) -> None:
    done = speko("organizations", "create", "Other", "--slug", "default", "--data", data, "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "STORAGE")


@pytest.mark.parametrize(
    "words", [[" "], ["x" * 101], ["a", "--slug", "A b"], ["a", "--slug", "-"], ["a", "--slug", ""]]
)
def test_what_is_no_name(speko: Command, data: str, words: list[str]) -> None:
    assert speko("organizations", "create", *words, "--data", data).code == Exit.USAGE


@pytest.mark.parametrize(
    "words",
    [
        ["organizations", "create", "Acme"],
        ["organizations", "list"],
        ["keys", "create", "--name", "a", "--organization", "acme"],
    ],
)
def test_a_folder_without_a_database_stays_as_it_is(speko: Command, words: list[str]) -> None:
    done = speko(*words, "--data", "typo", "--json")
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_DATABASE")
    assert not Path("typo").exists()


def test_the_gateway_makes_keys_of_the_callers_organization_alone(speko: Command, fake: FakeGateway) -> None:
    done = speko("keys", "create", "--name", "a", "--organization", "acme", "--json")
    assert (done.code, "--data" in done.json["error"]) == (Exit.USAGE, True)
    assert fake.requests == []
