"""What a caller asks for, checked, as it is stored with the session. Source: contract, sessions 1.1 to 1.8."""

from collections.abc import Iterator

from speko.api.errors import ApiError, invalid, not_found
from speko.api.sessions.bodies import LlmBody, S2sBody, SessionBody, SttBody, TtsBody
from speko.providers.catalogue import Modality
from speko.providers.registry import Registry
from speko.providers.s2s import CascadeOptions
from speko.realtime.spec import SessionSpec

LONGEST_TTL = 1800
"""Seconds that a speech-to-speech session lives; also the default."""
_LONGEST_CASCADE_TTL = 86_400
_RATE = 24_000
_DURATION = (30, 14_400)
_S2S: Modality = "s2s"
Issue = tuple[str, str]


def s2s_spec(body: SessionBody, registry: Registry) -> SessionSpec:
    """The session that is asked for.

    Raises:
        ApiError: 400 with all that is wrong with it; 404 for an agent that does not exist; 500 for a cascade session,
            which needs a LiveKit server.
    """
    is_s2s = body.mode == "s2s"
    issues = [*_common_issues(body), *(_s2s_issues(body, registry) if is_s2s else _cascade_issues(body))]
    if issues:
        raise invalid("Invalid request: " + "; ".join(f"{path}: {text}" for path, text in issues[:5]), *issues)
    if body.agent_id is not None:
        raise not_found("Unknown agent")
    if not is_s2s:
        hint = ', which is what a session without "mode" is' if body.mode is None else ""
        raise ApiError(
            500,
            "SESSION_CREATE_FAILED",
            f'No LiveKit server is configured for a cascade session{hint}; "mode": "s2s" needs none',
            reason="NO_LIVEKIT",
        )
    return _spec(body, body.s2s or S2sBody())


def ttl_seconds(body: SessionBody) -> int:
    """How long the session lives."""
    return min(body.ttl_seconds or LONGEST_TTL, LONGEST_TTL)


def _common_issues(body: SessionBody) -> Iterator[Issue]:
    if body.variables is not None:
        yield "variables", "this gateway compiles no templates yet: send the prompt as it is to be used"
    if body.tool_secrets:
        yield "toolSecrets", "this gateway runs no tools yet"
    if body.webhook_tags and body.agent_id is None:
        yield "webhookTags", "need an agentId"


def _cascade_issues(body: SessionBody) -> Iterator[Issue]:
    if body.agent_id is None and body.intent is None:
        yield "intent", "an intent or an agentId is required"
    if (body.ttl_seconds or 0) > _LONGEST_CASCADE_TTL:
        yield "ttlSeconds", f"must be at most {_LONGEST_CASCADE_TTL}"


def _s2s_issues(body: SessionBody, registry: Registry) -> Iterator[Issue]:
    asked = body.s2s or S2sBody()
    if (asked.provider is None) != (asked.model is None):
        missing = "model" if asked.model is None else "provider"
        yield f"s2s.{missing}", "provider and model come together"
    elif asked.provider is None and body.intent is None and body.agent_id is None:
        yield "intent", "an intent, an agentId, or s2s.provider with s2s.model is required"
    if asked.provider is not None and not _speaks(registry, asked.provider.lower()):
        known = ", ".join(vendor_id for vendor_id in registry.vendors if _speaks(registry, vendor_id))
        yield "s2s.provider", f"no speech-to-speech provider of this gateway; it has {known or 'none'}"
    elif asked.provider is not None and asked.model is not None and not _has(registry, asked.provider, asked.model):
        yield "s2s.model", "the gateway's own engines have no such model"
    names: set[str] = set()
    for index, tool in enumerate(asked.tools or ()):
        if tool.name in names:
            yield f"s2s.tools.{index}.name", f"{tool.name!r} is used twice"
        names.add(tool.name)


def _has(registry: Registry, provider: str, model: str) -> bool:
    """A vendor may have models that no catalogue knows yet; the gateway's own engines have not."""
    registration = registry.get(provider.lower())
    own = registration is not None and registration.vendor.embedded
    return not own or registry.model(provider.lower(), _S2S, model) is not None


def _speaks(registry: Registry, vendor_id: str) -> bool:
    """Whether the catalogue has a speech-to-speech model of the vendor, or this build an engine for it."""
    registration = registry.get(vendor_id)
    if registration is None:
        return False
    return registration.s2s is not None or any(model.modality == _S2S for model in registration.vendor.models)


def _spec(body: SessionBody, asked: S2sBody) -> SessionSpec:
    duration = body.max_duration_seconds
    return SessionSpec(
        intent=body.intent,
        constraints=body.constraints,
        provider=None if asked.provider is None else asked.provider.lower(),
        model=asked.model,
        voice=asked.voice,
        system_prompt=asked.system_prompt,
        temperature=asked.temperature,
        input_sample_rate=asked.input_sample_rate or _RATE,
        output_sample_rate=asked.output_sample_rate or _RATE,
        tools=asked.tools or (),
        cascade=_cascade(body),
        cascade_voice=body.voice,
        max_duration_seconds=None if duration is None else min(max(duration, _DURATION[0]), _DURATION[1]),
    )


def _cascade(body: SessionBody) -> CascadeOptions:
    llm, tts, stt = body.llm or LlmBody(), body.tts_options or TtsBody(), body.stt_options or SttBody()
    return CascadeOptions(
        first_message=body.first_message or None,
        temperature=llm.temperature,
        max_tokens=llm.max_tokens,
        speed=tts.speed,
        tts_sample_rate=tts.sample_rate,
        keywords=stt.keywords or (),
        stt_language=stt.language,
        stt_prompt=stt.prompt,
    )
