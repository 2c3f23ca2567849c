"""Who may be called, and with what: credentials and programs, asked at dispatch and never while ranking.

Source: contract, routing 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from speko.providers.call import Credential
from speko.providers.catalogue import Modality
from speko.providers.registry import Registration

EmbeddedMode = Literal["auto", "always", "never"]
Reason = Literal[
    "NO_CONNECTOR",
    "NO_CREDENTIAL",
    "NO_BASE_URL",
    "NO_PROGRAM",
    "EMBEDDED_OFF",
    "UNKNOWN_PROVIDER",
    "KEY_UNREADABLE",
]


@dataclass(frozen=True, slots=True)
class PlatformAccess:
    """The operator's own access to a vendor."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    models: tuple[tuple[Modality, str], ...] = ()
    """Models configured beside the catalogue's."""


class OwnKey(Protocol):
    """An organisation's own key for a vendor."""

    @property
    def id(self) -> str:
        """Another one for every key that is stored."""

    @property
    def secret(self) -> str | None:
        """The key; None = it is stored, but cannot be decrypted."""


OwnKeys = Mapping[str, OwnKey]


@dataclass(frozen=True, slots=True)
class Access:
    """The answer: a credential, or the reason why there is none."""

    credential: Credential | None = None
    credential_id: str = "platform"
    reason: Reason | None = None
    hint: str | None = None
    """What to do about the reason, for people."""

    @property
    def usable(self) -> bool:
        """Whether the vendor can be called."""
        return self.credential is not None


def access(  # noqa: PLR0911 - one return per reason
    registration: Registration | None,
    modality: Modality,
    own_key: OwnKey | None,
    platform: PlatformAccess,
    embedded: EmbeddedMode,
) -> Access:
    """Whether one organisation can call one vendor in one modality, and how."""
    if registration is None:
        return Access(reason="UNKNOWN_PROVIDER", hint="the catalogue does not know this vendor")
    vendor = registration.vendor
    composite = any(model.composite for model in vendor.models if model.modality == modality)
    if getattr(registration, modality, None) is None:
        return Access(reason="NO_CONNECTOR", hint=f"this build has no {modality.upper()} connector for {vendor.name}")
    if composite:
        return Access(Credential())
    if vendor.embedded:
        if embedded == "never":
            return Access(reason="EMBEDDED_OFF", hint="the setting `embedded` is `never`")
        missing = registration.missing()
        if missing is not None:
            return Access(reason="NO_PROGRAM", hint=f"not found: {missing}")
        return Access(Credential())
    base_url = platform.base_url or vendor.base_url
    if own_key is not None and own_key.secret is None:
        # Never the platform's key instead: that would be somebody else's bill.
        hint = f"the stored key for {vendor.id} cannot be decrypted, the master key is another one: store it again"
        return Access(reason="KEY_UNREADABLE", hint=hint)
    if own_key is not None:
        if base_url is None and vendor.needs == "url":
            return Access(reason="NO_BASE_URL", hint=_set_variable(vendor.base_url_env, "base URL", vendor.id))
        return Access(Credential(own_key.secret, base_url, "BYOK"), own_key.id)
    if vendor.needs == "url":
        if platform.base_url is None:
            return Access(reason="NO_BASE_URL", hint=_set_variable(vendor.base_url_env, "base URL", vendor.id))
    elif platform.api_key is None:
        return Access(reason="NO_CREDENTIAL", hint=_set_variable(vendor.key_env, "key", vendor.id))
    return Access(Credential(platform.api_key, base_url, "MANAGED"))


def _set_variable(variable: str | None, what: str, vendor_id: str) -> str:
    named = f"set {variable}" if variable else f"configure [providers.{vendor_id}]"
    return f"no {what} for {vendor_id}: {named}" + (
        f", or run: speko providers set-key {vendor_id}" if what == "key" else ""
    )
