"""The work of the agent as AgentSession asks for it: the nodes of speech to text, language model and text to speech."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from dataclasses import dataclass
from secrets import token_hex

from livekit import rtc
from livekit.agents import Agent, ModelSettings, llm, stt
from livekit.agents.voice.generation import update_instructions

from speko.agent.audio_output import SENTENCE, ResponseAudio
from speko.agent.chat_messages import to_messages, tool_output
from speko.agent.hearing import Hearing
from speko.agent.speaking import Speaking, Speechless
from speko.agent.thinking import Failed, Prompt, Thinking
from speko.agent.tools import ClientTools, declared
from speko.providers.llm import TextDelta, ToolCall
from speko.providers.s2s import AnswerTool, Configure

_NOTHING_SAID = "You are a voice assistant. Nobody has said anything yet: greet the user in one short sentence."
"""Where a client asks for a response, and there is neither a word nor an instruction: no vendor takes that."""


@dataclass(frozen=True, slots=True)
class Work:
    """Who does it, in one conversation."""

    hearing: Hearing
    thinking: Thinking
    speaking: Speaking
    audio: ResponseAudio
    tools: ClientTools


class Nodes(Agent):
    """The agent of one conversation."""

    def __init__(self, work: Work, *, instructions: str, history: llm.ChatContext) -> None:
        super().__init__(instructions=instructions, chat_ctx=history, tools=[work.tools.offered])
        self.goes_on = False
        """The next answer goes on with the last one of the history."""
        self._work = work

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent, None]:
        """The words; the sound was heard on another way."""
        draining = asyncio.create_task(_drain(audio))
        try:
            async for event in self._work.hearing.words():
                yield event
        finally:
            draining.cancel()

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk | str, None]:
        """The model's answer."""
        try:
            async with aclosing(self._work.thinking.answer(self._prompt(chat_ctx, tools, model_settings))) as events:
                async for event in events:
                    yield event.text if isinstance(event, TextDelta) else _call(event, chat_ctx)
        except Failed:
            await self._work.hearing.silence()  # until then nobody has asked
            self._work.audio.failed()

    async def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """The sound of an answer."""

        async def wanted() -> None:
            await self._work.hearing.silence()
            self._work.thinking.tell_stage()

        try:
            async with aclosing(self._work.speaking.say(text, self._work.audio.room, wanted)) as sounds:
                async for sound in sounds:
                    samples = len(sound.pcm) // 2
                    yield rtc.AudioFrame(sound.pcm, self._work.audio.rate, 1, samples, userdata={SENTENCE: sound.text})
        except Speechless:
            await self._work.hearing.silence()
            self._work.audio.failed()
            raise

    def configure(self, wanted: Configure) -> None:
        """The next answer is made with other instructions and tools."""
        self._instructions = wanted.system_prompt or ""
        update_instructions(self._chat_ctx, instructions=self._instructions, add_if_missing=True)
        self._work.tools.offer(wanted.tools)
        # What was thought ahead is compared by its context, in which tools do not show: one mark does, of the last
        # change.
        self._chat_ctx.items[:] = [item for item in self._chat_ctx.items if item.type != "agent_config_update"]
        self._chat_ctx.insert(llm.AgentConfigUpdate())

    @property
    def unanswered(self) -> bool:
        """Whether there are calls, of an engine before, that have no result."""
        return bool(self._calls() - {i.call_id for i in self._chat_ctx.items if i.type == "function_call_output"})

    def add_result(self, answer: AnswerTool) -> bool:
        """A result that AgentSession does not wait for: of a call that another engine has made, or of one without which
        the conversation has gone on. It moves to the end, together with its call. False = there is no such call."""
        items = self._chat_ctx.items
        call = next((i for i in items if i.type == "function_call" and i.call_id == answer.call_id), None)
        if call is None:
            return False
        items[:] = [i for i in items if getattr(i, "call_id", None) != answer.call_id]
        call.created_at = now = time.time()
        self._chat_ctx.insert(call)
        self._chat_ctx.insert(tool_output(call.call_id, call.name, answer.output, failed=answer.failed, at=now))
        return True

    def _calls(self) -> set[str]:
        return {item.call_id for item in self._chat_ctx.items if item.type == "function_call"}

    def _prompt(self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], settings: ModelSettings) -> Prompt:
        system, messages = to_messages(chat_ctx.items)
        may_call, said = settings.tool_choice != "none", ""
        if self.goes_on:
            self.goes_on = False
            if messages and messages[-1].role == "assistant":
                said, messages = messages[-1].content, messages[:-1]
            # What the answer is made of has been asked for already.
            may_call = may_call and not (messages and messages[-1].role == "tool")
        if not system and not messages:
            system = _NOTHING_SAID
        return Prompt(system, messages, declared(tools), may_call, said)


def _call(call: ToolCall, chat_ctx: llm.ChatContext) -> llm.ChatChunk:
    """A tool call for AgentSession, with an id of its own: not every vendor's is unique in a conversation."""
    taken = {item.call_id for item in chat_ctx.items if item.type == "function_call"}
    call_id = f"call_{token_hex(6)}" if call.id in taken or not call.id else call.id
    made = llm.FunctionToolCall(name=call.name, arguments=call.args, call_id=call_id)
    return llm.ChatChunk(id=call_id, delta=llm.ChoiceDelta(role="assistant", tool_calls=[made]))


async def _drain(audio: AsyncIterable[rtc.AudioFrame]) -> None:
    async for _ in audio:
        pass
