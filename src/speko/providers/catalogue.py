"""Vendors, models, prices and voices as data.

Row ids (`Vendor.id`, `Model.id`) are what scores, allow-lists and callers name; they never change. What a vendor itself
calls the model stands in `Model.sent_as`.
"""

from typing import Literal

from msgspec import Struct

Modality = Literal["stt", "llm", "tts", "s2s"]
MODALITIES: tuple[Modality, ...] = ("stt", "llm", "tts", "s2s")


class Price(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the vendor charges, in USD; fields that do not apply are absent."""

    usd_per_minute: float | None = None
    """Per minute of audio."""
    usd_per_1m_characters: float | None = None
    usd_per_1m_input_tokens: float | None = None
    usd_per_1m_output_tokens: float | None = None
    usd_per_1m_cached_tokens: float | None = None
    """Input tokens billed as cached; absent = as other input."""
    usd_per_1m_input_audio_tokens: float | None = None
    """Input tokens that are audio; absent = as text. The three prices above are those of text, then."""
    usd_per_1m_output_audio_tokens: float | None = None
    usd_per_1m_cached_audio_tokens: float | None = None
    """Input tokens that are audio and billed as cached; absent = as other audio."""


class Voice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A voice of a vendor. `languages` empty = speaks whatever the model speaks."""

    id: str
    name: str
    languages: tuple[str, ...] = ()


class Model(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One model of one vendor in one modality."""

    modality: Modality
    id: str
    sent_as: str | None = None
    """What the vendor calls it, where that differs from `id`."""
    languages: tuple[str, ...] = ("*",)
    """BCP-47 tags it declares; a primary tag covers its regions, `*` covers everything."""
    price: Price | None = None
    """None = unknown, so nothing is estimated."""
    voices: tuple[Voice, ...] = ()
    default_voice: str | None = None
    streaming: bool = True
    """The vendor streams this model's answer."""
    reasoning: bool = False
    """Takes a reasoning effort."""
    composite: bool = False
    """The gateway's own, made of whatever other models it may use: comes last, and is not itself an embedded engine."""
    note: str | None = None

    @property
    def wire_name(self) -> str:
        """The model's name in requests to the vendor."""
        return self.sent_as or self.id


class Vendor(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One vendor. Environment variable names are the vendor's own usual ones."""

    id: str
    """Lower case, as in allow-lists."""
    name: str
    needs: Literal["key", "url", "program"] = "key"
    """What makes it usable: a key, a configured base URL (local servers without keys), or a program (embedded)."""
    key_env: str | None = None
    base_url_env: str | None = None
    base_url: str | None = None
    """Default base URL."""
    embedded: bool = False
    """Runs inside this gateway, and so obeys the setting `embedded`."""
    voices_fetched_live: bool = False
    """The library of voices is per account and not listed here."""
    models: tuple[Model, ...] = ()

    def model(self, modality: Modality, model_id: str) -> Model | None:
        """The model of that id, or None where the catalogue lacks it."""
        return next((m for m in self.models if m.modality == modality and m.id == model_id), None)


def speaks(languages: tuple[str, ...], tag: str) -> bool:
    """Whether a declaration of `languages` covers the BCP-47 `tag`: exactly, by its primary subtag, or by `*`."""
    return "*" in languages or tag in languages or tag.split("-", 1)[0] in languages
