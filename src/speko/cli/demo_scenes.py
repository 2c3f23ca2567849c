"""What the demo shows. A scene is a function that yields its steps; a new one is added to SCENES.

A scene is not asked for another step after one that has a problem, so each may build on what the last one brought.
"""

from collections.abc import Iterator
from typing import Any

import httpx

from speko import Speko
from speko.cli.connection import explained
from speko.cli.demo_stage import Scene, Stage, Step, answer, client, letters, listen, served, speak, timed
from speko.cli.demo_talk import talk
from speko.cli.exits import CommandError
from speko.cli.say import sample_rate, save
from speko.providers.registry import Registry

QUESTION = "What is twelve times twelve?"
HEARD = "twelve times twelve"
ANSWER = "144"
SHORTEST_MS = 500
"""Of speech that can hold the question."""
RIVALS = ("openai", "xai")
"""The two vendors that are simulated for the forced failure."""


def conversation(stage: Stage) -> Iterator[Step]:
    """A question is spoken, heard, answered, and the answer spoken: nothing is configured, no key, no network."""
    gateway = stage.embedded_gateway()
    with client(gateway["url"], gateway["key"]) as speko:
        step = Step("speak the question", text=QUESTION)
        with timed(stage, step, "speaking") as watch:
            question = served(step, speak(speko, QUESTION, watch))
            step.problem = _too_short(question.audio, question.content_type)
        yield step

        step = Step("transcribe it")
        with timed(stage, step, "listening") as watch:
            heard = served(step, listen(speko, question.audio, question.content_type, watch))
            step.text = heard.text
            if HEARD not in letters(heard.text):
                step.problem = f"heard {heard.text!r} in place of {QUESTION!r}"
        yield step

        step = Step("answer it")
        with timed(stage, step, "thinking") as watch:
            reply = served(step, answer(speko, heard.text, watch))
            step.text = reply.text
            if ANSWER not in reply.text:
                step.problem = f"the answer {reply.text!r} lacks {ANSWER}"
        yield step

        step = Step("speak the answer", text=reply.text)
        with timed(stage, step, "speaking") as watch:
            spoken = served(step, speak(speko, reply.text, watch))
            step.problem = _too_short(spoken.audio, spoken.content_type)
            rate = sample_rate(spoken.content_type)
            stage.details["file"] = save(str(stage.out), spoken.audio, rate, make_folder=True)
        yield step


def failover(stage: Stage) -> Iterator[Step]:
    """Two simulated vendors; the one that is ranked first refuses, and the other takes over."""
    step = Step("answer, while the first vendor refuses")
    with stage.terminal.step("starting two simulated vendors and a gateway that has keys for them"):
        bases = {vendor: _simulate(stage, vendor) for vendor in RIVALS}
        env = _credentials({vendor: base["base_url"] for vendor, base in bases.items()})
        gateway = stage.gateway("vendors", "never", {**env, "SPEKO_AGENT_PROCESSES": "0"})
    url, key = gateway["url"], gateway["key"]
    with client(url, key) as speko:
        with timed(stage, step, "waiting for whoever answers") as watch:
            first = _ranked_first(url, key)
            httpx.put(f"{bases[first]['control_url']}fault", json={"kind": "refuse"}).raise_for_status()
            watch.restart()
            reply = served(step, answer(speko, "Who answers?", watch, allow=list(RIVALS)))
            step.text = reply.text
        if step.problem is None:
            step.problem = _check_failover(stage, step, speko, reply.request_id, first)
    yield step


SCENES: tuple[Scene, ...] = (conversation, talk, failover)


def _simulate(stage: Stage, vendor: str) -> dict[str, Any]:
    """A simulated vendor's addresses: `base_url` and `control_url`."""
    text = f"The simulated {vendor} answers."
    arguments = ["simulate", "openai", "--port", "0", "--no-engines", "--text", text, "--json"]
    return stage.programs.start(f"the simulated {vendor}", arguments).announcement


def _credentials(base_urls: dict[str, str]) -> dict[str, str]:
    """The variables by which a gateway knows the simulated vendors."""
    registry = Registry.load()
    env: dict[str, str] = {}
    for vendor_id, base_url in base_urls.items():
        registration = registry.get(vendor_id)
        if registration is None or not registration.vendor.key_env or not registration.vendor.base_url_env:
            raise CommandError(f"the catalogue lacks {vendor_id}", "DEMO_FAILED")
        env |= {registration.vendor.key_env: "demo", registration.vendor.base_url_env: base_url}
    return env


def _ranked_first(url: str, key: str) -> str:
    """Whom the gateway asks first when only the two may be asked: the same selection as that of a call."""
    query = {"language": "en", "allow": [f"llm:{vendor}" for vendor in RIVALS]}
    response = httpx.get(f"{url}/v1/benchmarks/stack", params=query, headers={"Authorization": f"Bearer {key}"})
    layer = response.raise_for_status().json()["llm"]
    chain = [layer, *layer["runnersUp"]] if layer else []
    first = next((entry["providerId"] for entry in chain if entry["usable"]), None)
    if first not in RIVALS:
        raise CommandError(f"routing would ask {first} first, which may not be asked", "DEMO_FAILED")
    return str(first)


def _check_failover(stage: Stage, step: Step, speko: Speko, request_id: str | None, first: str) -> str | None:
    """Asks the gateway what became of the call, keeps it for the report, and says what is not as it should be."""
    if request_id is None:
        return "the gateway gave the call no id"
    try:
        with explained("the demo's gateway"):
            attempts = speko.requests.get(request_id).attempts
    except CommandError as error:
        return error.message
    stage.details["attempts"] = [attempt.model_dump(by_alias=True) for attempt in attempts]
    if not attempts or (attempts[0].provider, attempts[0].outcome) != (first, "failed"):
        return f"{first} should have been asked first, and failed"
    if attempts[-1].outcome != "served" or attempts[-1].provider == first or step.provider != attempts[-1].provider:
        return "the other vendor should have served"
    if step.failovers != len(attempts) - 1:
        return f"{len(attempts) - 1} attempts failed, and {step.failovers} were reported"
    return None


def _too_short(audio: bytes, content_type: str) -> str | None:
    rate = sample_rate(content_type)
    if rate is None:
        return f"{content_type} came in place of samples"
    length = len(audio) // 2 * 1000 // rate
    return None if length >= SHORTEST_MS else f"{length} ms of speech are too short"
