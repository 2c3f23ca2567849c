"""OpenAI's HTTP interface as so many vendors offer it: one connector per modality, the vendors are rows of data."""

from functools import partial

from speko.providers.catalogue import Modality, Vendor
from speko.providers.catalogue_data import packaged_vendors
from speko.providers.openai_compatible.chat import OpenAIChat
from speko.providers.openai_compatible.key_check import KeyCheck
from speko.providers.openai_compatible.profile import Profile, Profiles
from speko.providers.openai_compatible.speech import OpenAISpeech
from speko.providers.openai_compatible.transcriptions import OpenAITranscriptions
from speko.providers.openai_realtime import OpenAIRealtime, RealtimeFacts
from speko.providers.registry import Registration, Registry, Runtime

__all__ = ["OpenAIChat", "OpenAISpeech", "OpenAITranscriptions", "Profile", "Profiles", "register"]

CONNECTOR = "openai_compatible"


def register(registry: Registry) -> None:
    """Adds the vendors of the catalogue: with connectors those that this package serves, the others as a mere listing
    until a package of their own brings them."""
    for file in packaged_vendors():
        if file.connector not in (CONNECTOR, None):
            continue
        profiles = Profiles(file.profile, file.model_profiles)
        serves: tuple[Modality, ...] = file.serves if file.connector else ()
        registry.add(
            Registration(
                file.vendor,
                stt=partial(OpenAITranscriptions, file.vendor, profiles) if "stt" in serves else None,
                tts=partial(OpenAISpeech, file.vendor, profiles) if "tts" in serves else None,
                llm=partial(OpenAIChat, file.vendor, profiles) if "llm" in serves else None,
                s2s=partial(_realtime, file.vendor, profiles.vendor.realtime) if "s2s" in serves else None,
                check=partial(KeyCheck, file.vendor, profiles.vendor.key_check) if serves else None,
            )
        )


def _realtime(vendor: Vendor, facts: RealtimeFacts, _: Runtime) -> OpenAIRealtime:
    return OpenAIRealtime(vendor, facts)
