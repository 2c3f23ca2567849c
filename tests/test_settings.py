"""One object of settings: where values come from, what is refused, and what never shows."""

import base64
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from speko.settings import ProviderSettings, Settings, load_settings, platform_settings

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In an empty folder, without a setting of this machine."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SPEKO_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def configured(text: str, name: str = "speko.toml") -> Path:
    file = Path(name)
    file.write_text(text)
    return file


def refused(**given: Any) -> str:
    """What is said about settings that cannot be used."""
    with pytest.raises(ValidationError) as caught:
        load_settings(**given)
    return str(caught.value)


# Where values come from.


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.embedded) == ("127.0.0.1", 8787, "auto")
    assert settings.data == Path(".speko")
    assert settings.providers == {}
    deadlines = (settings.connect_timeout, settings.first_byte_timeout, settings.gap_timeout, settings.total_timeout)
    assert (*deadlines, settings.answer_budget) == (3, 8, 10, 120, 25)


def test_command_line_over_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [load_settings().port]
    configured("port = 1")
    seen.append(load_settings().port)
    monkeypatch.setenv("SPEKO_PORT", "2")
    seen.append(load_settings().port)
    seen.append(load_settings(port=3).port)
    assert seen == [8787, 1, 2, 3]


def test_an_option_that_was_not_given_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_PORT", "2")
    assert load_settings(port=None, host=None).port == 2


def test_each_setting_is_looked_up_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    configured('port = 1\nhost = "0.0.0.0"\nlog_format = "json"')
    monkeypatch.setenv("SPEKO_PORT", "2")
    settings = load_settings(log_level="debug")
    assert (settings.port, settings.host, settings.log_format, settings.log_level) == (2, "0.0.0.0", "json", "debug")


def test_a_file_that_is_named_is_read_in_place_of_the_usual_one() -> None:
    configured("port = 1")
    assert load_settings(configured("port = 4", "other.toml")).port == 4


def test_a_file_that_is_named_has_to_be_there() -> None:
    with pytest.raises(FileNotFoundError):
        load_settings(Path("nowhere.toml"))


def test_nothing_is_remembered_from_one_reading_to_the_next() -> None:
    file = configured("port = 1")
    assert load_settings().port == 1
    file.unlink()
    assert load_settings().port == 8787


def test_lists_and_tables_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_CORS_ORIGINS", '["https://a.example"]')
    monkeypatch.setenv("SPEKO_PROVIDERS", json.dumps({"openai": {"api_key": "sk-env"}}))
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example",)
    key = settings.providers["openai"].api_key
    assert key is not None
    assert key.get_secret_value() == "sk-env"


# What is refused.


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("prot = 1", "prot"),
        ('[providers.openai]\napi_keys = "x"', "providers.openai.api_keys"),
        ("[provider.openai]", "provider"),
        ("[deadlines]\ngap = 1", "deadlines"),
    ],
)
def test_a_key_that_nobody_knows_is_refused_and_named(text: str, name: str) -> None:
    configured(text)
    assert f"{name}\n  Extra inputs are not permitted" in refused()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "many"),
        ("port", -1),
        ("port", 65536),
        ("embedded", "sometimes"),
        ("stt_workers", 0),
        ("stt_workers", 65),
        ("connect_timeout", 0),
        ("first_byte_timeout", -1),
        ("drain_seconds", -1),
        ("max_audio_bytes", 0),
        ("max_json_bytes", 0),
        ("max_spool_bytes", 0),
        ("transcript_days", 0),
        ("attempt_days", 36_501),
        ("breaker_failures", 0),
        ("breaker_open_seconds", 0),
        ("log_level", "loud"),
        ("log_format", "xml"),
        ("cors_origins", 5),
        ("connect_timeout", float("nan")),
        ("total_timeout", float("inf")),
        *(("otlp_endpoint", url) for url in ("nope", "host:4318", "ftp://host", "http://", "http://user@host")),
        ("trusted_proxies", ("proxy.example",)),
        ("trusted_proxies", ("10.0.0.0/8", "10.0.0.0/33")),
        *(
            ("public_url", url)
            for url in (
                "voice.example",
                "wss://voice.example",
                "https://",
                "https:///x",
                "https://a b",
                "https://a/?b",
                "https://a/#b",
                "https://u@a",
            )
        ),
    ],
)
def test_a_value_that_cannot_be_used_names_its_setting(name: str, value: Any) -> None:
    assert name in refused(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trusted_proxies", ("10.0.0.7", "10.1.2.3/8", "fd00::/8")),
        ("public_url", "https://voice.example"),
        ("public_url", "HTTP://127.0.0.1:8787/some/prefix/"),
        ("public_url", "http://[::1]:8787"),
    ],
)
def test_where_the_gateway_is_reached(name: str, value: Any) -> None:
    assert getattr(load_settings(**{name: value}), name) == value


def test_a_list_that_is_not_json_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_SCORES", "mine.csv")
    with pytest.raises(SettingsError, match="scores"):
        load_settings()


def test_a_file_that_is_not_toml() -> None:
    configured("port = = 1")
    with pytest.raises(tomllib.TOMLDecodeError):
        load_settings()


def test_the_answers_budget_fits_into_the_total() -> None:
    assert "total_timeout must not be less than answer_budget" in refused(total_timeout=10)
    assert "total_timeout must not be less than answer_budget" in refused(answer_budget=200)
    assert load_settings(total_timeout=10, answer_budget=10).total_timeout == 10


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1  # type: ignore[misc]


# Secrets.


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_ADMIN_TOKEN", "admin-secret")
    configured(f'master_key = "{KEY}"\n[providers.openai]\napi_key = "vendor-secret"')
    settings = load_settings()
    for shown in (repr(settings), str(settings), repr(settings.providers), settings.model_dump_json()):
        assert "secret" not in shown
        assert KEY not in shown
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "admin-secret"


def test_the_master_key() -> None:
    assert load_settings().master_key_bytes() is None, "then the key file is used"
    assert load_settings(master_key=KEY).master_key_bytes() == bytes(range(32))


@pytest.mark.parametrize(
    "key", [base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode(), "", "not base64!", KEY + "\n!"]
)
def test_a_master_key_of_another_form_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ValueError, match="32 bytes in base64") as caught:
        load_settings(master_key=key).master_key_bytes()
    assert not key or key not in str(caught.value)


# Vendors.


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("gpt-9", ("llm", "gpt-9")),
        ("llm:gpt-9", ("llm", "gpt-9")),
        ("stt:whisper-9", ("stt", "whisper-9")),
        ("tts:voice", ("tts", "voice")),
        ("llama3:8b", ("llm", "llama3:8b")),
        ("llm:llama3:8b", ("llm", "llama3:8b")),
        ("s2s:live", ("s2s", "live")),
    ],
)
def test_configured_models(entry: str, found: tuple[str, str]) -> None:
    configured(f'[providers.openai]\nmodels = ["{entry}"]')
    assert load_settings().providers["openai"].configured_models() == (found,)


def access_of(env: dict[str, str], **table: Any) -> tuple[str | None, str | None]:
    """Key and base URL of a vendor whose variables are `V_KEY` and `V_URL`."""
    settings = Settings(providers={"v": ProviderSettings(**table)} if table else {})
    found = platform_settings(settings, "v", "V_KEY", "V_URL", env)
    return (found.api_key.get_secret_value() if found.api_key else None, found.base_url)


def test_a_vendors_own_variables() -> None:
    env = {"V_KEY": "from-env", "V_URL": "http://env"}
    assert access_of({}) == (None, None)
    assert access_of(env) == ("from-env", "http://env")
    assert access_of(env, api_key="from-file") == ("from-file", "http://env")
    assert access_of(env, base_url="http://file") == ("from-env", "http://file")


def test_an_empty_variable_is_none() -> None:
    assert access_of({"V_KEY": "", "V_URL": ""}) == (None, None)


def test_a_vendor_without_variables() -> None:
    found = platform_settings(Settings(), "v", None, None, {"None": "x"})
    assert (found.api_key, found.base_url, found.models) == (None, None, ())


def test_configured_models_stay_with_credentials_from_the_environment() -> None:
    settings = Settings(providers={"v": ProviderSettings(models=("stt:x",))})
    found = platform_settings(settings, "v", "V_KEY", None, {"V_KEY": "k"})
    assert found.configured_models() == (("stt", "x"),)
