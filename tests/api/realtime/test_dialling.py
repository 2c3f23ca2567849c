"""What one engine is asked for, of what was stored with the session."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from speko.api.gateway import Gateway
from speko.api.realtime.dialling import Dialler
from speko.providers.call import Call, Credential
from speko.providers.catalogue import Model, Voice
from speko.providers.errors import Unsupported
from speko.providers.llm import Tool
from speko.providers.s2s import (
    AssistantSaid,
    CascadeOptions,
    Configure,
    EngineSink,
    Rates,
    S2sCapabilities,
    S2sRequest,
    UserSaid,
)
from speko.realtime.engines import Dialled, Resume
from speko.realtime.spec import SessionSpec
from speko.routing.attempts import Candidate
from speko.routing.intent import RoutingIntent
from speko.routing.metering import CallInfo

BOTH = S2sCapabilities((24000,), (24000, 16000))
TOOL = Tool("look_up", "Looks something up.", {"type": "object"})
SPEC = SessionSpec(
    intent=RoutingIntent("de"),
    voice="alloy",
    system_prompt="Be brief.",
    temperature=0.5,
    input_sample_rate=16000,
    output_sample_rate=16000,
    tools=(TOOL,),
    cascade=CascadeOptions(first_message="Hi"),
)
RESUME = Resume((UserSaid("q"), AssistantSaid("all that was sent")), (UserSaid("q"), AssistantSaid("heard")), True)
CREDENTIAL = Credential("secret-key")


class Engine:
    """Keeps what it is asked for."""

    def __init__(self, capabilities: S2sCapabilities) -> None:
        self.capabilities = capabilities
        self.asked: list[S2sRequest] = []

    async def connect(self, request: S2sRequest, call: Call, sink: EngineSink) -> object:
        assert call.credential is CREDENTIAL
        self.asked.append(request)
        return object()


def model(*voices: str, composite: bool = False) -> Model:
    return Model(
        modality="s2s",
        id="one",
        languages=("*",),
        voices=tuple(Voice(id=voice, name=voice) for voice in voices),
        composite=composite,
    )


async def asked(
    spec: SessionSpec = SPEC,
    capabilities: S2sCapabilities = BOTH,
    known: Model | None = None,
    resume: Resume = RESUME,
) -> tuple[S2sRequest, Rates]:
    """What the engine got, and at which rates."""
    engine = Engine(capabilities)
    gateway = SimpleNamespace(connectors=SimpleNamespace(s2s=lambda provider: engine))
    dialler = Dialler(cast(Gateway, gateway), spec, CallInfo("session", "req_1", "org_1", "ses_1"))
    candidate = Candidate("s2s", "a", "one", "one-2026", CREDENTIAL, "platform", known)
    _, declared, rates = await dialler.dial(
        Dialled(candidate, Call(CREDENTIAL), resume), cast(EngineSink, SimpleNamespace())
    )
    assert declared is capabilities
    return engine.asked[0], rates


async def test_everything_that_was_stored_is_asked_for() -> None:
    request, rates = await asked()
    assert request == S2sRequest(
        model="one-2026",
        input_rate=24000,
        output_rate=16000,
        language="de",
        voice="alloy",
        system_prompt="Be brief.",
        temperature=0.5,
        tools=(TOOL,),
        cascade=SPEC.cascade,
        history=RESUME.history_heard,
        continue_answer=True,
    )
    assert (rates.input, rates.output) == (24000, 16000), "what is asked where the engine has it, else its own"


async def test_an_engine_that_goes_on_is_told_all_that_was_sent() -> None:
    request, _ = await asked(capabilities=S2sCapabilities((24000,), (24000,), continues=True))
    assert request.history == RESUME.history


async def test_an_engine_without_tools_is_none_for_a_session_with_tools() -> None:
    deaf = S2sCapabilities((24000,), (24000,), tools=False)
    with pytest.raises(Unsupported):
        await asked(capabilities=deaf)
    request, _ = await asked(replace(SPEC, tools=()), capabilities=deaf)
    assert request.tools == ()


async def test_what_the_client_has_changed_since_counts() -> None:
    other = replace(TOOL, name="other")
    request, _ = await asked(resume=Resume(configured=Configure("Be long.", (other,))))
    assert (request.system_prompt, request.tools) == ("Be long.", (other,))
    request, _ = await asked(resume=Resume(configured=Configure()))
    assert (request.system_prompt, request.tools) == (None, ())


@pytest.mark.parametrize(
    ("pinned", "known", "voice"),
    [
        (False, None, "alloy"),
        (False, model(), "alloy"),
        (False, model("alloy", "echo"), "alloy"),
        (False, model("eve"), None),
        (True, model("eve"), "alloy"),
    ],
)
async def test_a_voice_goes_to_a_routed_engine_that_has_it(
    pinned: bool, known: Model | None, voice: str | None
) -> None:
    spec = replace(SPEC, provider="a", model="one") if pinned else SPEC
    request, _ = await asked(spec, known=known)
    assert request.voice == voice


@pytest.mark.parametrize(("own", "voice"), [("alloy", "alloy"), (None, "cascades-own")])
async def test_our_own_agent_gets_the_voice_of_the_session_and_a_plan(
    own: str | None, voice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def plan(self: Dialler) -> object:
        made.append(self)
        return "plan"

    monkeypatch.setattr(Dialler, "_plan", plan)
    spec = replace(SPEC, voice=own, cascade_voice="cascades-own")
    request, _ = await asked(spec, known=model(composite=True))
    assert (request.voice, request.plan) == (voice, "plan")
    assert len(made) == 1


async def test_the_voice_of_the_session_is_of_our_own_agent_alone() -> None:
    request, _ = await asked(replace(SPEC, voice=None, cascade_voice="cascades-own"), known=model("alloy"))
    assert (request.voice, request.plan) == (None, None)
