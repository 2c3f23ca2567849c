"""A conversation in the terminal; the model may ask for the time of day.

    SPEKO_API_KEY=sk_live_… python chat.py

`SPEKO_BASE_URL` says where the gateway is; without it, on this machine. An empty line or Ctrl-D ends the conversation.
"""

import asyncio
import os
from datetime import datetime

from speko import AsyncSpeko, ChatMessage, ChatTool, CompleteDone, DeltaEvent, RoutingIntent, SpekoApiError, StreamError

CLOCK = ChatTool(name="clock", description="Tells the time of day.", parameters={"type": "object", "properties": {}})


async def answer(speko: AsyncSpeko, messages: list[ChatMessage]) -> None:
    """Prints the model's answer and appends it, running the tools that the model asks for."""
    while True:
        async with speko.complete_stream(
            messages=messages, intent=RoutingIntent(language="en", optimize_for="latency"), tools=[CLOCK]
        ) as events:
            async for event in events:
                if isinstance(event, DeltaEvent):
                    print(event.text, end="", flush=True)
                elif isinstance(event, StreamError):
                    raise SpekoApiError(event.error, 200, event.code)
                elif isinstance(event, CompleteDone):
                    done = event
        if not done.tool_calls:
            messages.append(ChatMessage(role="assistant", content=done.text))
            print(f"  [{done.provider}/{done.model}]")
            return
        messages.append(ChatMessage(role="assistant", content=done.text, tool_calls=done.tool_calls))
        for call in done.tool_calls:
            time = f"{datetime.now().astimezone():%H:%M}"
            messages.append(ChatMessage(role="tool", content=time, tool_call_id=call.id))


def ask() -> str:
    """What the person types; empty at the end of the input."""
    try:
        return input("> ")
    except EOFError:
        return ""


async def main() -> None:
    messages: list[ChatMessage] = []
    async with AsyncSpeko(api_key=os.environ.get("SPEKO_API_KEY", "")) as speko:
        while text := await asyncio.to_thread(ask):
            messages.append(ChatMessage(role="user", content=text))
            await answer(speko, messages)


if __name__ == "__main__":
    asyncio.run(main())
