"""How a session's candidates are asked: what was stored with the session, as a request to one engine."""

from dataclasses import replace

from speko.agent.context import TurnOptions
from speko.agent.plan import AgentPlan, NoStage, make_plan
from speko.api.parts import Parts
from speko.providers.errors import Unsupported
from speko.providers.s2s import Configure, EngineConnection, EngineSink, Rates, S2sCapabilities, S2sRequest
from speko.realtime.engines import Dialled
from speko.realtime.spec import SessionSpec
from speko.routing.attempts import Candidate
from speko.routing.metering import CallInfo

_FIRST_BYTE = 4.0
_BUDGET = 12.0
"""Seconds: nobody waits for the next word of a conversation as long as for that of a recording."""


class Dialler:
    """Opens engines for one session."""

    def __init__(self, gateway: Parts, spec: SessionSpec, info: CallInfo) -> None:
        self._gateway = gateway
        self._spec = spec
        self._info = info

    async def dial(self, dialled: Dialled, sink: EngineSink) -> tuple[EngineConnection, S2sCapabilities, Rates]:
        """See `speko.realtime.engines.Dial`."""
        spec, candidate = self._spec, dialled.candidate
        connector = self._gateway.connectors.s2s(candidate.provider)
        capabilities = connector.capabilities
        wanted = dialled.resume.configured or Configure(spec.system_prompt, spec.tools)
        if wanted.tools and not capabilities.tools:
            raise Unsupported("calls no tools")
        rates = Rates.of(capabilities, spec.input_sample_rate, spec.output_sample_rate)
        composite = candidate.spec is not None and candidate.spec.composite
        request = S2sRequest(
            model=candidate.wire_model,
            input_rate=rates.input,
            output_rate=rates.output,
            language=spec.intent.language if spec.intent else None,
            voice=(spec.voice or spec.cascade_voice) if composite else self._voice(candidate),
            system_prompt=wanted.system_prompt,
            temperature=spec.temperature,
            tools=wanted.tools,
            manual_turns=spec.manual_turns,
            cascade=spec.cascade,
            history=dialled.resume.history_for(capabilities),
            continue_answer=dialled.resume.continue_answer,
            plan=self._plan() if composite else None,
        )
        return await connector.connect(request, dialled.call, sink), capabilities, rates

    def _voice(self, candidate: Candidate) -> str | None:
        """A voice is one vendor's own: others speak with their default."""
        voice = self._spec.voice
        if voice is None or self._spec.pinned or candidate.spec is None or not candidate.spec.voices:
            return voice
        return voice if any(known.id == voice for known in candidate.spec.voices) else None

    def _plan(self) -> AgentPlan:
        gateway, spec, info = self._gateway, self._spec, self._info
        settings, limits = gateway.settings, gateway.deadlines
        try:
            return make_plan(
                gateway.router,
                gateway.own_keys(info.organization_id),
                spec.intent,
                spec.constraints,
                organization_id=info.organization_id,
                session_id=info.session_id or "",
                request_id=info.request_id,
                ledger=gateway.ledger,
                deadlines=replace(
                    limits, first_byte=min(limits.first_byte, _FIRST_BYTE), budget=min(limits.budget, _BUDGET)
                ),
                turns=TurnOptions(detection=settings.agent_turn_detection, silence=settings.agent_silence_seconds),
                api_key_id=info.api_key_id,
                traceparent=info.traceparent,
                exceeded=gateway.limits.spending(info.organization_id, info.api_key_id),
                limited=gateway.limits.limits_spending(info.organization_id, info.api_key_id),
            )
        except NoStage as missing:
            raise Unsupported(str(missing)) from None
