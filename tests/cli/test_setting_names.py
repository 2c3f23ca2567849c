"""Misspelt settings: what was meant."""

import pytest

from speko.cli.serving import warn_of_unknown_variables
from speko.cli.setting_names import unknown_setting, unknown_variables


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SPEKO_PROT", "SPEKO_PORT"),
        ("SPEKO_DATABASE_URI", "SPEKO_DATABASE_URL"),
        ("SPEKO_LOGLEVEL", "SPEKO_LOG_LEVEL"),
        ("speko_worker", "SPEKO_WORKERS"),
        ("SPEKO_XYZZY", None),
    ],
)
def test_a_variable_that_is_none_of_ours(name: str, meant: str | None) -> None:
    assert unknown_variables({name}) == {name: meant}


def test_variables_that_are_read() -> None:
    known = (
        "SPEKO_PORT",
        "speko_port",
        "SPEKO_API_KEY",
        "SPEKO_BASE_URL",
        "SPEKO_TEST_DATABASE",
        "PATH",
        "OPENAI_API_KEY",
    )
    assert unknown_variables(known) == {}


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (("prot",), "unknown setting prot; did you mean port?"),
        (("provider",), "unknown setting provider; did you mean providers?"),
        (
            ("providers", "openai", "api_keys"),
            "unknown setting providers.openai.api_keys; did you mean providers.openai.api_key?",
        ),
        (("xyzzy",), "unknown setting xyzzy"),
    ],
)
def test_a_name_in_the_file(place: tuple[str, ...], told: str) -> None:
    assert unknown_setting(place) == told


def test_the_log_names_them_without_their_values(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_unknown_variables({"SPEKO_MASTERKEY": "hunter2", "SPEKO_XYZZY": "hunter2", "SPEKO_PORT": "1"})
    told = [(r.levelname, getattr(r, "variable", ""), getattr(r, "did_you_mean", None)) for r in caplog.records]
    assert told == [("WARNING", "SPEKO_MASTERKEY", "SPEKO_MASTER_KEY"), ("WARNING", "SPEKO_XYZZY", None)]
    assert "hunter2" not in str([vars(r) for r in caplog.records])
