"""Whom an agent may call: each stage is routed by itself, and keys show nowhere."""

import msgspec
import pytest

from speko.agent.context import TurnOptions
from speko.agent.plan import AgentPlan, NoStage, OpenBreaker, SessionPlan, make_plan
from speko.agent.wire import UP, Open
from speko.providers.errors import ConnectFailed, RateLimited
from speko.providers.registry import Registry
from speko.providers.s2s import S2sRequest
from speko.routing.access import EmbeddedMode
from speko.routing.attempts import Candidate, Deadlines
from speko.routing.intent import AllowedProviders, PipelineConstraints, RoutingIntent
from speko.routing.router import Router
from tests.agent.pools import Rows
from tests.routing.routers import NOTHING, Own, Setup

SECRETS = ("platform-key", "own-key")


def a_setup() -> Setup:
    return (
        Setup()
        .vendor("hears", modality="stt")
        .vendor("thinks", modality="llm", models=("small", "large"))
        .vendor("speaks", modality="tts")
        .engine("flitelike")
    )


def planned(
    router: Router,
    intent: RoutingIntent | None = None,
    constraints: PipelineConstraints | None = None,
    own_keys: dict[str, Own] | None = None,
    now: float = 0.0,
) -> AgentPlan:
    return make_plan(
        router,
        own_keys or {},
        intent,
        constraints,
        organization_id="org",
        session_id="ses",
        request_id="req",
        ledger=Rows(),
        deadlines=Deadlines(connect=2.5),
        turns=TurnOptions(silence=0.5),
        clock=lambda: now,
    )


def names(plan: AgentPlan) -> dict[str, list[str]]:
    return {m: [f"{c.provider}:{c.model}" for c in chain] for m, chain in plan.session.candidates.items()}


def test_every_stage_has_its_own_chain() -> None:
    plan = planned(a_setup().router(), RoutingIntent("fr-FR", optimize_for="cost"))
    assert names(plan) == {"stt": ["hears:m"], "llm": ["thinks:small", "thinks:large"], "tts": ["speaks:m"]}
    session = plan.session
    assert (session.organization_id, session.session_id, session.request_id) == ("org", "ses", "req")
    assert (session.language, session.optimize_for) == ("fr-FR", "cost")
    assert (session.deadlines.connect, session.turns.silence) == (2.5, 0.5)


def test_without_an_intent_it_is_english() -> None:
    assert planned(a_setup().router()).session.language == "en"


def test_constraints_hold_in_their_stage_only() -> None:
    constraints = PipelineConstraints(AllowedProviders(llm=("thinks:large",)))
    plan = planned(a_setup().router(), constraints=constraints)
    assert names(plan) == {"stt": ["hears:m"], "llm": ["thinks:large"], "tts": ["speaks:m"]}


@pytest.mark.parametrize(
    ("mode", "voices"), [("auto", ["speaks:m"]), ("always", ["speaks:m", "flitelike:m"]), ("never", ["speaks:m"])]
)
def test_the_setting_embedded_holds_in_each_stage(mode: EmbeddedMode, voices: list[str]) -> None:
    assert names(planned(a_setup().router(embedded=mode)))["tts"] == voices


def test_own_keys_are_those_of_the_organisation() -> None:
    plan = planned(a_setup().router(), own_keys={"thinks": Own("key_7")})
    (small, _), (voice,) = plan.session.candidates["llm"], plan.session.candidates["tts"]
    assert (small.credential.api_key, small.credential.source, small.credential_id) == ("own-key", "BYOK", "key_7")
    assert (voice.credential.api_key, voice.credential.source) == ("platform-key", "MANAGED")


def test_a_stage_without_anybody_says_what_to_set() -> None:
    setup = Setup().vendor("hears", modality="stt").vendor("thinks", modality="llm", platform=NOTHING)
    constraints = PipelineConstraints(AllowedProviders(llm=("thinks",)))
    with pytest.raises(NoStage) as caught:
        planned(setup.router(), constraints=constraints)
    assert caught.value.modality == "llm"
    assert "THINKS_API_KEY" in caught.value.hint
    assert "LLM" in str(caught.value)


def test_a_stage_that_nobody_can_serve_in_that_language() -> None:
    setup = Setup().vendor("hears", modality="stt", languages=("en",))
    with pytest.raises(NoStage) as caught:
        planned(setup.router(), RoutingIntent("fi"))
    assert caught.value.modality == "stt"
    assert "fi" in caught.value.hint


def test_keys_show_in_no_text() -> None:
    plan = planned(a_setup().router(), own_keys={"thinks": Own("key_7")})
    opening = Open(S2sRequest(model="cascade", input_rate=1, output_rate=1, plan=plan), plan.session)
    for text in (repr(plan), str(plan), repr(plan.session), repr(opening), repr(plan.session.candidates)):
        assert not any(secret in text for secret in SECRETS), text


def test_the_process_gets_everything_but_the_catalogues_rows_which_it_has_itself() -> None:
    setup = a_setup()
    plan = planned(setup.router(), own_keys={"thinks": Own("key_7")})
    body = UP.frame(Open(S2sRequest(model="cascade", input_rate=1, output_rate=1), plan.session))[5:]
    back = msgspec.msgpack.decode(body, type=Open).plan
    assert back == plan.session
    assert all(c.spec is None for chain in back.candidates.values() for c in chain)
    known = back.known_to(setup.registry)
    assert [c.spec.id for c in known["llm"] if c.spec] == ["small", "large"]
    assert known["llm"][0].credential.api_key == "own-key"


def test_models_that_the_process_cannot_call_are_left_out() -> None:
    plan = planned(a_setup().router()).session
    assert plan.known_to(Registry()) == {"stt": (), "llm": (), "tts": ()}
    without = Setup().vendor("thinks", modality="llm", connector=False).registry
    assert plan.known_to(without)["llm"] == ()


def test_a_model_that_the_catalogue_lacks_is_called_all_the_same() -> None:
    plan = planned(a_setup().router(), constraints=PipelineConstraints(AllowedProviders(llm=("thinks:brand-new",))))
    (candidate,) = plan.session.known_to(a_setup().registry)["llm"]
    assert (candidate.model, candidate.spec) == ("brand-new", None)


def test_breakers_are_those_that_are_open_when_the_session_opens() -> None:
    router = a_setup().router()
    plan = planned(router, own_keys={"thinks": Own("key_7")}, now=10)
    assert plan.breakers() == ()
    router.health.failed("thinks", "small", "key_7", RateLimited("x", retry_after=20), began=5, now=5)
    for _ in range(5):
        router.health.failed("speaks", "m", "platform", ConnectFailed("x"), began=5, now=5)
    router.health.failed("somebody", "else", "platform", RateLimited("x", retry_after=20), began=5, now=5)
    assert plan.breakers() == (
        OpenBreaker("thinks", "small", "key_7", 15.0),
        OpenBreaker("speaks", "m", None, 25.0),
    )


def test_the_gateways_breakers_hear_of_the_agents_calls() -> None:
    from speko.agent.reports import Failure, HealthReport

    router = a_setup().router()
    plan = planned(router, now=100)
    failure = Failure(cause="server_error", retry_after=9.0)
    plan.on_health(HealthReport(provider="speaks", model="m", credential_id="platform", ago=1, failure=failure))
    assert router.health.rest_of("speaks", "m", None, 100) == 9


def test_what_is_sent_can_be_compared() -> None:
    """`SessionPlan` is data alone: no callback of the gateway is in it."""
    first, second = (planned(a_setup().router()).session for _ in range(2))
    assert isinstance(first, SessionPlan)
    assert first == second
    assert isinstance(first.candidates["llm"][0], Candidate)
