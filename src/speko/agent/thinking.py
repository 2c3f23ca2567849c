"""The language model through routing. Who breaks off in the middle is followed by the next, who goes on from there."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from speko.agent.context import AgentContext
from speko.agent.continuation import Continuation
from speko.agent.failing import complaint, spoken
from speko.providers.call import Call
from speko.providers.errors import ProviderError, Unsupported
from speko.providers.llm import ChatMessage, LlmEvent, LlmRequest, ReasoningEffort, TextDelta, Tool, ToolCall
from speko.providers.s2s import EngineEvent, EngineProblem, S2sRequest, TurnStage
from speko.routing.attempts import Attempts, Candidate
from speko.routing.dispatch import CallerFault, Dispatch, NoAnswer
from speko.routing.intent import OptimizeFor
from speko.routing.metering import Meter

_EFFORT: Mapping[OptimizeFor, ReasoningEffort | None] = {
    "latency": "low",
    "cost": "low",
    "accuracy": "high",
    "balanced": None,
}
"""As in `/v1/complete`."""
_GO_ON = (
    "Your spoken answer to the last message was cut off. The user has heard this much of it:\n\n{said}\n\n"
    "Continue it from exactly there: say only what comes next, and repeat nothing."
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is asked."""

    system: str | None
    messages: tuple[ChatMessage, ...]
    tools: tuple[Tool, ...] = ()
    may_call: bool = True
    said: str = ""
    """The beginning of the answer, when it has one already."""

    def going_on(self, said: str) -> "Prompt":
        """The same question, when so much of the answer was said."""
        return Prompt(self.system, self.messages, self.tools, self.may_call, said)

    @property
    def system_with_beginning(self) -> str | None:
        """The system prompt, with what was said of the answer. It stands there, and not as a message, because not every
        vendor goes on with a message of the assistant."""
        if not self.said:
            return self.system
        return "\n\n".join(filter(None, (self.system, _GO_ON.format(said=self.said))))


class Failed(Exception):
    """There is no answer, or no more of it; the relay was told why."""


class Thinking:
    """The model of one conversation."""

    def __init__(self, request: S2sRequest, context: AgentContext, send: Callable[[EngineEvent], None]) -> None:
        self._request = request
        self._context = context
        self._send = send
        self._first: tuple[Candidate, float] | None = None

    def tell_stage(self) -> None:
        """Tells the relay of the first token of the answer that is now going to be used, once."""
        if self._first is not None:
            (by, at), self._first = self._first, None
            self._send(TurnStage("llm_first_token", by.provider, by.model, round((time.monotonic() - at) * 1000)))

    async def answer(self, prompt: Prompt) -> AsyncGenerator[LlmEvent, None]:
        """The answer as it comes.

        Raises:
            Failed: nobody could give it, or go on with it.
        """
        self._first = None
        candidates = self._context.candidates["llm"]
        said, called = prompt.said, False
        while True:
            trimmed = Continuation(said)
            dispatch = self._dispatch(candidates, prompt.going_on(said))
            try:
                served = await dispatch.first()
            except (NoAnswer, CallerFault) as failure:
                raise self._failure(failure) from None
            if self._first is None:
                self._first = (served.candidate, time.monotonic())
            try:
                while (batch := await served.next()) is not None:
                    for event in batch:
                        if isinstance(event, ToolCall):
                            called = True
                            yield event
                        elif text := trimmed.push(event.text):
                            said += text
                            yield TextDelta(text)
                if text := trimmed.finish():
                    yield TextDelta(text)
                return
            except ProviderError as error:
                broken = served.candidate
                candidates = tuple(c for c in candidates if c != broken)
                if called:
                    return  # the tool's answer gets the next step going
                if not candidates:
                    raise self._failure(error) from None
            finally:
                await served.close("caller_left")

    def _failure(self, why: NoAnswer | CallerFault | ProviderError) -> Failed:
        self._send(EngineProblem(complaint("the language model", why)))
        return Failed("no answer")

    def _dispatch(self, candidates: Sequence[Candidate], prompt: Prompt) -> Dispatch[LlmEvent]:
        context = self._context

        def open_stream(candidate: Candidate, call: Call) -> AsyncIterator[Sequence[LlmEvent]]:
            connector = context.connectors.llm(candidate.provider)
            if prompt.tools and not connector.capabilities.tools:
                raise Unsupported("calls no tools")
            reasons = candidate.spec is not None and candidate.spec.reasoning
            options = self._request.cascade
            request = LlmRequest(
                model=candidate.wire_model,
                messages=prompt.messages,
                system_prompt=prompt.system_with_beginning,
                temperature=self._request.temperature if options.temperature is None else options.temperature,
                max_tokens=options.max_tokens,
                reasoning_effort=_EFFORT[context.optimize_for]
                if reasons and connector.capabilities.reasoning_effort
                else None,
                tools=prompt.tools,
                tool_choice=None if prompt.may_call or not prompt.tools else "none",
                language=context.language,
            )
            return connector.complete(request, call)

        attempts = Attempts(candidates, context.health, spoken(context.deadlines), time.monotonic())
        return Dispatch(attempts, open_stream, _useful, Meter(context.call_info(), context.ledger))


def _useful(batch: Sequence[LlmEvent]) -> bool:
    return any(not isinstance(event, TextDelta) or event.text for event in batch)
