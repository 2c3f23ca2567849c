"""The session's tools, which the client runs."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from livekit.agents import RunContext, ToolError, llm

from speko.providers.llm import Tool
from speko.providers.s2s import AnswerTool


def declared(tools: Sequence[llm.Tool]) -> tuple[Tool, ...]:
    """What the client declared of the tools that AgentSession would run now."""
    schemas = [tool.info.raw_schema for tool in tools if isinstance(tool, llm.RawFunctionTool)]
    return tuple(Tool(schema["name"], schema["description"], schema["parameters"]) for schema in schemas)


class _Offered(llm.Toolset):
    """Tools that change: AgentSession looks at them whenever it asks the model, also in the middle of an answer with
    tools. Its own way to change them would drop the calls of those that are gone from the history."""

    def replace(self, tools: Sequence[llm.Tool]) -> None:
        """All of them."""
        self._tools = list(tools)


class ClientTools:
    """Tool calls that wait for the client.

    Args:
        tools: as the client declared them; see `offer`.
        ask: has the client run one: call id, name and arguments as JSON text.
    """

    def __init__(self, tools: Sequence[Tool], ask: Callable[[str, str, str], None]) -> None:
        self._ask = ask
        self.offered = _Offered(id="client")
        """For AgentSession."""
        self._waiting: dict[str, asyncio.Future[AnswerTool]] = {}
        self.offer(tools)

    def offer(self, tools: Sequence[Tool]) -> None:
        """The client runs these from the next question to the model on; calls that run go on. Of two with one name the
        last counts."""
        named = {tool.name: tool for tool in tools}
        self.offered.replace([self._tool(tool) for tool in named.values()])

    def answer(self, answer: AnswerTool) -> bool:
        """The client's result. False = nobody waits for it (any more)."""
        waiting = self._waiting.get(answer.call_id)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(answer)
        return True

    def close(self) -> None:
        """No answer will come any more."""
        for call_id, waiting in self._waiting.items():
            if not waiting.done():
                waiting.set_result(AnswerTool(call_id, "the conversation has ended", failed=True))

    def _tool(self, tool: Tool) -> llm.RawFunctionTool[..., Any]:
        async def run(raw_arguments: dict[str, object], context: RunContext[Any]) -> str:
            call = context.function_call
            waiting: asyncio.Future[AnswerTool] = asyncio.get_running_loop().create_future()
            self._waiting[call.call_id] = waiting
            try:
                self._ask(call.call_id, call.name, call.arguments)
                await context.speech_handle.wait_if_not_interrupted([waiting])
                if not waiting.done():
                    raise ToolError("no result yet: the user has spoken in the meantime")
                answer = waiting.result()
            finally:
                del self._waiting[call.call_id]
            if answer.failed:
                raise ToolError(answer.output)
            return answer.output

        schema = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
        return llm.function_tool(run, raw_schema=schema)
