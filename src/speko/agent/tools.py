"""The session's tools, which the client runs."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from livekit.agents import RunContext, ToolError, llm

from speko.providers.llm import Tool
from speko.providers.s2s import AnswerTool


class ClientTools:
    """Tool calls that wait for the client.

    Args:
        tools: as the client declared them.
        ask: has the client run one: call id, name and arguments as JSON text.
    """

    def __init__(self, tools: Sequence[Tool], ask: Callable[[str, str, str], None]) -> None:
        self.declared = tuple(tools)
        self._ask = ask
        self._waiting: dict[str, asyncio.Future[AnswerTool]] = {}

    def for_session(self) -> list[llm.Tool | llm.Toolset]:
        """The same for AgentSession."""
        return [self._tool(tool) for tool in self.declared]

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
