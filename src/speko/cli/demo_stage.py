"""What the scenes of the demo share: steps with their times and expectations, and calls that are timed."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from speko import Speko, SpekoApiError
from speko.cli.connection import TIMEOUT, explained
from speko.cli.demo_processes import Programs
from speko.cli.exits import CommandError
from speko.cli.terminal import Terminal
from speko.client.models.events import CompleteDone, DeltaEvent, StreamError, TranscribeDone
from speko.client.models.results import CompleteResult, RoutedResult, SynthesizeResult, TranscribeResult

ResultT = TypeVar("ResultT", bound=RoutedResult)
IN_ENGLISH = {"language": "en"}


@dataclass(slots=True)
class Step:
    """One call and what it was meant to bring."""

    name: str
    provider: str | None = None
    model: str | None = None
    first_byte_ms: float | None = None
    total_ms: float | None = None
    failovers: int | None = None
    text: str = ""
    """What was said, heard or answered."""
    problem: str | None = None
    """Why the step failed; None when it did what it should."""

    @property
    def document(self) -> dict[str, Any]:
        """The JSON form, in the casing of the API."""
        members = asdict(self)
        members["firstByteMs"] = members.pop("first_byte_ms")
        members["totalMs"] = members.pop("total_ms")
        return members


@dataclass(slots=True)
class Stopwatch:
    """Times of one call, in ms."""

    started: float = field(default_factory=time.perf_counter)
    first_byte_ms: float | None = None

    def first_byte(self) -> None:
        """Something useful has arrived; later calls change nothing."""
        if self.first_byte_ms is None:
            self.first_byte_ms = self.elapsed()

    def restart(self) -> None:
        """What went before was preparation."""
        self.started, self.first_byte_ms = time.perf_counter(), None

    def elapsed(self) -> float:
        """Since the start."""
        return round((time.perf_counter() - self.started) * 1000, 1)


@dataclass(slots=True)
class Stage:
    """Where scenes play."""

    terminal: Terminal
    programs: Programs
    folder: Path
    """For data that nobody needs afterwards."""
    out: Path
    """The spoken reply."""
    details: dict[str, Any] = field(default_factory=dict)
    """What scenes add to the JSON form."""
    _embedded: dict[str, Any] | None = None

    def embedded_gateway(self) -> dict[str, Any]:
        """The gateway on embedded engines, started by the scene that needs it first: its `url` and a `key`."""
        if self._embedded is None:
            with self.terminal.step("starting the gateway on embedded engines"):
                self._embedded = self.gateway("embedded", "auto")
        return self._embedded

    def gateway(self, name: str, embedded: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Starts a gateway with its own empty data folder, on a free port: its `url` and a `key`."""
        data = str(self.folder / name)
        options = ["--port", "0", "--data", data, "--embedded", embedded, "--log-level", "warning"]
        return self.programs.start("the gateway", ["serve", *options, "--first-key", "--json"], env).announcement


def letters(text: str) -> str:
    """The words alone: engines differ in case and punctuation."""
    return " ".join(re.findall(r"[a-z]+", text.lower()))


Scene = Callable[[Stage], Iterator[Step]]
"""Yields each step as it is done. A step with a problem is the last of its scene."""


@contextmanager
def timed(stage: Stage, step: Step, expects: str) -> Iterator[Stopwatch]:
    """Shows that a step runs, and takes its time and what goes wrong. `expects` names the step for people."""
    watch = Stopwatch()
    try:
        with stage.terminal.step(expects), explained("the demo's gateway"):
            yield watch
    except CommandError as error:
        step.problem = error.message
    step.total_ms = watch.elapsed()
    step.first_byte_ms = watch.first_byte_ms


def served(step: Step, result: ResultT) -> ResultT:
    """Notes who served."""
    step.provider, step.model, step.failovers = result.provider, result.model, result.failover_count
    return result


def client(url: str, key: str) -> Speko:
    """The SDK, as any customer has it."""
    return Speko(api_key=key, base_url=url, timeout=TIMEOUT)


def speak(speko: Speko, text: str, watch: Stopwatch) -> SynthesizeResult:
    """Speech for a text, as samples."""
    with speko.synthesize_stream(text, language="en") as stream:
        chunks = []
        for chunk in stream:
            watch.first_byte()
            chunks.append(chunk)
        return SynthesizeResult(
            audio=b"".join(chunks),
            content_type=stream.content_type,
            provider=stream.provider,
            model=stream.model,
            failover_count=stream.failover_count,
            request_id=stream.request_id,
        )


def listen(speko: Speko, audio: bytes, content_type: str, watch: Stopwatch) -> TranscribeResult:
    """The text of a recording."""
    with speko.transcribe_stream(audio, content_type=content_type, language="en") as stream:
        for event in stream:
            watch.first_byte()
            if isinstance(event, StreamError):
                raise SpekoApiError(event.error, 200, event.code)
            if isinstance(event, TranscribeDone):
                return event.result()
    raise SpekoApiError("The stream ended before it was done.", 200, "STREAM_ENDED")


def answer(speko: Speko, question: str, watch: Stopwatch, allow: list[str] | None = None) -> CompleteResult:
    """A model's answer; `allow`: the only vendors that may be asked."""
    constraints = {"allowedProviders": {"llm": allow}} if allow else None
    messages = [{"role": "user", "content": question}]
    with speko.complete_stream(messages=messages, intent=IN_ENGLISH, constraints=constraints) as stream:
        for event in stream:
            if isinstance(event, DeltaEvent):
                watch.first_byte()
            if isinstance(event, StreamError):
                raise SpekoApiError(event.error, 200, event.code)
            if isinstance(event, CompleteDone):
                return event.result()
    raise SpekoApiError("The stream ended before it was done.", 200, "STREAM_ENDED")
