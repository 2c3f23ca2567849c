"""What the resources answer about vendors: their voices, their models, and whose keys are there.

Times are ISO-8601 text in UTC, as they come.
"""

from typing import Any

from pydantic import Field

from speko.client.models.base import Result


class Voice(Result):
    """A voice, to be passed as `voice` to `synthesize`."""

    vendor: str
    id: str
    name: str


class VoiceProvider(Result):
    """A vendor that speaks."""

    key: str
    name: str
    models: list[str] = Field(default_factory=list)
    voices_fetched_live: bool = False
    """The vendor's library is per account: its voices are not in the list."""


class VoiceList(Result):
    """Voices, and the vendors that have them."""

    voices: list[Voice] = Field(default_factory=list)
    providers: list[VoiceProvider] = Field(default_factory=list)


class ProviderModel(Result):
    """A model of a vendor."""

    id: str
    capabilities: Any = None
    composite: bool = False
    """The gateway's own, made of other models."""


class ProviderStatus(Result):
    """Whether a vendor can be used in one layer."""

    key: str
    """Vendor id, as in allow-lists."""
    name: str
    type: str
    """`stt`, `llm`, `tts` or `s2s`."""
    configured: bool
    """Some credential, the organization's own or the platform's, is there."""
    source: str | None = None
    """`BYOK`: the organization's own key."""
    updated_at: str | None = None
    """Last change of the organization's own key."""
    rejected_at: str | None = None
    """When the vendor last refused that key; None again when it takes it."""
    rejected_status: int | None = None
    """HTTP status of the refusal, where there was one."""
    rejection: str | None = None
    """The vendor's words, secrets removed."""
    models: list[ProviderModel] | None = None
    reason: str | None = None
    """Why it cannot be used, for machines."""
    hint: str | None = None
    """What to do about it."""
    embedded: bool = False
    """It runs inside the gateway and needs no key."""


class ProviderTest(Result):
    """What came of trying a credential."""

    provider: str
    ok: bool
    """Nothing speaks against a call."""
    source: str | None = None
    """Whose credential was used, `BYOK` or `MANAGED`; None where none was."""
    checked_at: str | None = None
    latency_ms: float | None = None
    """To the vendor's answer; None where there was none."""
    status: int | None = None
    """HTTP status of the vendor's answer."""
    message: str = ""
    """What came, or what to do, for people."""
    models: int | None = None
    """How many models the vendor lists."""
    verdict: str = "unknown"
    """What the answer says about the key: `accepted`, `rejected`, or `unknown`, also where there is none."""


class KnownProvider(Result):
    """One entry that an allow-list may hold."""

    id: str
    """To be put into the allow-list as it is."""
    vendor: str
    vendor_name: str
    model: str | None = None
    """None on the row that stands for every model of the vendor."""
    benchmarked: bool = False
    """There is a score."""


class KnownProviders(Result):
    """What allow-lists may hold, per layer."""

    stt: list[KnownProvider] = Field(default_factory=list)
    llm: list[KnownProvider] = Field(default_factory=list)
    tts: list[KnownProvider] = Field(default_factory=list)
    s2s: list[KnownProvider] = Field(default_factory=list)


class ProviderKeyStatus(Result):
    """Whether the organization's own key is stored now."""

    provider: str
    configured: bool
