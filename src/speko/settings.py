"""All settings of the gateway, in one object that is read once, at the top.

Order of precedence: command line, environment (`SPEKO_…`), `speko.toml`, defaults. The reference page of the docs is
generated from the fields below.
"""

import base64
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from speko.providers.catalogue import MODALITIES, Modality

_PUBLIC_URL = re.compile(r'(?i:https?)://[A-Za-z0-9\[][A-Za-z0-9.:_\]-]*(?:/[!"$->@-~]*)?\Z')


class ProviderSettings(BaseModel):
    """Platform credentials of one vendor: the table `[providers.<vendor>]` of the configuration file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: SecretStr | None = Field(None, description="Platform key of the vendor.")
    base_url: str | None = Field(
        None, description="Base URL; `/chat/completions`, `/audio/…` are appended to it as it stands."
    )
    models: tuple[str, ...] = Field(
        (),
        description="Models to offer beside the catalogue's, as `stt:name`, `llm:name` or `tts:name`; "
        "without a prefix: a language model.",
    )

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("a base URL begins with http:// or https://")
        return value

    @field_validator("models")
    @classmethod
    def _named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not entry.strip() or entry.rstrip().endswith(":"):
                raise ValueError("a model has a name, as in llm:llama3.2")
        return value

    def configured_models(self) -> tuple[tuple[Modality, str], ...]:
        """`models` as (modality, model id)."""
        found: list[tuple[Modality, str]] = []
        for entry in self.models:
            prefix, colon, name = entry.partition(":")
            modality = next((m for m in MODALITIES if colon and m == prefix), None)
            found.append((modality, name) if modality else ("llm", entry))
        return tuple(found)


class Settings(BaseSettings):
    """Settings of one gateway process."""

    model_config = SettingsConfigDict(env_prefix="SPEKO_", extra="forbid", frozen=True, allow_inf_nan=False)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8787, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    data: Path = Field(Path(".speko"), description="Data folder: SQLite, key file, caches. Created when missing.")
    database_url: str | None = Field(
        None, description="Database; default is SQLite in the data folder, which serves one process."
    )
    master_key: SecretStr | None = Field(
        None,
        description="32 bytes, base64: encrypts vendor keys. Default: the file `master.key` in the data folder.",
    )
    embedded: Literal["auto", "always", "never"] = Field(
        "auto",
        description="Embedded engines: `auto` = only when nothing else is usable for a modality, "
        "`always` = at the end of every chain, `never`.",
    )
    scores: tuple[Path, ...] = Field(
        (), description="The operator's own score snapshots (CSV), ranked before the published one."
    )
    admin_token: SecretStr | None = Field(
        None, description="Bearer token for `/metrics` from elsewhere than this machine."
    )
    cors_origins: tuple[str, ...] = Field(("*",), description="Origins that browsers may call from; `*` = any.")
    max_audio_bytes: int = Field(100 * 2**20, ge=1, description="Largest body of `/v1/transcribe`, in bytes.")
    max_json_bytes: int = Field(8 * 2**20, ge=1, description="Largest JSON body, in bytes.")
    max_spool_bytes: int = Field(
        2 * 2**30, ge=1, description="Disk that all uploads in flight may take together, in bytes."
    )
    workers: int = Field(
        1, ge=1, le=64, description="Gateway processes that share the port; more than one needs PostgreSQL."
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis for the state of breakers and limits of several processes; without it, or while it does "
        "not answer, each process has its own.",
    )
    stt_workers: int = Field(2, ge=1, le=64, description="Worker processes of the embedded recogniser.")
    console: bool = Field(
        True, description="The web console at `/`; `false`: nothing is there, and API keys are the only way in."
    )
    public_url: str | None = Field(
        None, description="URL under which callers reach this gateway, for `wsUrl`; default: as the request came."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks of proxies whose `X-Forwarded-Proto` and `-Host` are believed."
    )
    socket_origins: tuple[str, ...] = Field(
        ("*",), description="Origins of pages that may open an S2S socket; `*` = any, the token is the credential."
    )
    session_idle_seconds: float = Field(
        300.0, gt=0, description="Seconds without a frame of the client after which an S2S session ends."
    )
    store_transcripts: bool = Field(
        False, description="Keep the words of S2S sessions; timings of turns are kept anyway."
    )
    agent_processes: int = Field(
        1, ge=0, le=64, description="Processes of the gateway's own voice agent, kept warm; 0 = no such agent."
    )
    agent_sessions: int = Field(10, ge=1, le=100, description="Conversations that one agent process holds at most.")
    agent_turn_detection: Literal["vad", "model"] = Field(
        "vad",
        description="How the voice agent finds the end of a turn: `vad` = by silence, "
        "`model` = by LiveKit's turn detector, which waits longer and cuts in less.",
    )
    agent_silence_seconds: float = Field(
        0.3, ge=0.1, le=3.0, description="Silence after which a turn is over, where silence decides."
    )
    connect_timeout: float = Field(3.0, gt=0, description="Seconds to connect to a vendor.")
    first_byte_timeout: float = Field(
        8.0, gt=0, description="Seconds to a vendor's first useful byte; transcribe adds 0.25 of the audio's length."
    )
    gap_timeout: float = Field(10.0, gt=0, description="Seconds between two chunks of a vendor.")
    total_timeout: float = Field(120.0, gt=0, description="Seconds for one call in total.")
    answer_budget: float = Field(
        25.0, gt=0, description="Seconds until our own first byte, over all candidates, for inputs under a minute."
    )
    breaker_failures: int = Field(5, ge=1, description="Failures in a row that open the breaker of a model.")
    breaker_open_seconds: float = Field(30.0, gt=0, description="Seconds an open breaker waits before it probes.")
    hedge: Literal["off", "p95"] = Field(
        "off",
        description="`p95` = ask the runner-up too when a provider takes longer to its first useful output than it "
        "usually does in 95 of 100 calls; the faster one serves, and both may bill.",
    )
    hedge_least_seconds: float = Field(0.25, gt=0, description="Seconds before which no runner-up is asked to hedge.")
    key_requests_per_minute: int | None = Field(None, ge=1, description="Requests a minute of one API key.")
    key_concurrent_sessions: int | None = Field(None, ge=1, description="S2S sessions of one API key at a time.")
    key_monthly_spend_usd: float | None = Field(
        None, gt=0, description="USD that one API key may spend in a calendar month (UTC) on platform keys."
    )
    organization_requests_per_minute: int | None = Field(
        None, ge=1, description="Requests a minute of one organization."
    )
    organization_concurrent_sessions: int | None = Field(
        None, ge=1, description="S2S sessions of one organization at a time."
    )
    organization_monthly_spend_usd: float | None = Field(
        None, gt=0, description="USD that one organization may spend in a calendar month (UTC) on platform keys."
    )
    initial_credit_usd: float = Field(0.0, ge=0, description="USD of credit that a new organization gets.")
    enforce_credits: bool = Field(
        False, description="Refuse calls on platform keys (402) when the credit is used up; credit is counted anyway."
    )
    transcript_days: int | None = Field(
        None, ge=1, le=36_500, description="Days after its end that a session's words are kept; default: for ever."
    )
    attempt_days: int | None = Field(
        None, ge=1, le=36_500, description="Days that attempts and timings of turns are kept; default: for ever."
    )
    previous_master_key: SecretStr | None = Field(
        None, description="The master key before this one, while `speko master-key rotate` runs and until it is done."
    )
    otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry collector for traces, as http://host:4318; default: nobody traces."
    )
    trace_ratio: float = Field(
        1.0, ge=0, le=1, description="Part of the calls without a trace of the caller's own that is traced."
    )
    drain_seconds: float = Field(
        300.0, ge=0, description="Seconds that SIGTERM waits for calls in flight before it ends them."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["text", "json"] = Field("text", description="Form of a log line.")
    providers: dict[str, ProviderSettings] = Field(
        default_factory=dict, description="Platform credentials, one table per vendor."
    )

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, value: str | None) -> str | None:
        if value is not None and not _PUBLIC_URL.match(value):
            raise ValueError("the public URL looks like https://voice.example.com or https://example.com/voice")
        return value

    @field_validator("otlp_endpoint")
    @classmethod
    def _collector(cls, value: str | None) -> str | None:
        if value is not None and not _PUBLIC_URL.match(value):
            raise ValueError("the address of the trace collector looks like http://host:4318")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("the Redis URL looks like redis://host:6379/0, rediss://… or unix:///path/of/a.sock")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            try:
                ip_network(entry, strict=False)
            except ValueError:
                raise ValueError(f"a trusted proxy is an address or a network like 10.0.0.0/8, not {entry!r}") from None
        return value

    @property
    def initial_credit(self) -> int:
        """`initial_credit_usd` in micro-USD."""
        return round(self.initial_credit_usd * 1_000_000)

    def master_key_bytes(self) -> bytes | None:
        """The master key, or None for the key file.

        Raises:
            ValueError: it is not 32 bytes in base64.
        """
        return _key_bytes(self.master_key, "SPEKO_MASTER_KEY")

    def previous_master_key_bytes(self) -> bytes | None:
        """The master key before this one, if it is given; raises ValueError likewise."""
        return _key_bytes(self.previous_master_key, "SPEKO_PREVIOUS_MASTER_KEY")

    @model_validator(mode="after")
    def _budget_within_total(self) -> "Settings":
        if self.total_timeout < self.answer_budget:
            raise ValueError("total_timeout must not be less than answer_budget")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Adds the configuration file below the environment."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def _key_bytes(key: SecretStr | None, variable: str) -> bytes | None:
    if key is None:
        return None
    try:
        decoded = base64.b64decode(key.get_secret_value(), validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) != 32:
        raise ValueError(f"{variable} must be 32 bytes in base64")
    return decoded


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Reads file and environment; `overrides` come from the command line, None = not given.

    Raises:
        FileNotFoundError: `config` was named and does not exist.
        pydantic.ValidationError: a value is not allowed.
        tomllib.TOMLDecodeError: the file is not TOML.
    """
    if config is not None and not config.is_file():
        raise FileNotFoundError(config)
    file = config if config is not None else Path("speko.toml")

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    return FromFile(**{name: value for name, value in overrides.items() if value is not None})


def platform_settings(
    settings: Settings,
    vendor_id: str,
    key_env: str | None,
    base_url_env: str | None,
    env: Mapping[str, str],
) -> ProviderSettings:
    """Platform credentials of a vendor: its table in the configuration file, else its own usual variables."""
    table = settings.providers.get(vendor_id, ProviderSettings())
    key = table.api_key or (SecretStr(env[key_env]) if key_env and env.get(key_env) else None)
    base_url = table.base_url or (env.get(base_url_env) if base_url_env else None) or None
    return table.model_copy(update={"api_key": key, "base_url": base_url})
