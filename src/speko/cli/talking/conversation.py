"""One conversation: a session, the voices of both sides, and what is said."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from speko import AsyncRealtimeSession, ToolCallFrame
from speko.cli.exits import CommandError, Exit
from speko.cli.talking.playback import Playback
from speko.cli.talking.turns import ToolUse, Turn, Turns
from speko.client.realtime.frames import RealtimeFrame

READY_SECONDS = 15.0
"""Longest time until the engine is there; the gateway itself gives up before."""
QUIET_SECONDS = 12.0
"""An answer is over, or will not come, when the gateway has said nothing for so long and nothing is being heard."""
_PAUSE_SECONDS = 0.4
"""Between two turns. An agent that has called a tool may have said something before, and goes on within it."""
_REPORT_SECONDS = 0.2

ToolRunner = Callable[[str, str], str | None]
"""Answers a tool call: its name, and the JSON text of its arguments. None = there is no such tool here."""


class Watcher(Protocol):
    """Somebody who is shown the conversation."""

    def said(self, turn: Turn, role: str, text: str, final: bool) -> None:
        """Words of one utterance so far."""

    def used(self, tool: ToolUse) -> None:
        """A tool was asked for, and answered where it is one of ours."""

    def over(self, turn: Turn) -> None:
        """The answer of a turn is over, or was interrupted."""

    def complained(self, code: str, message: str) -> None:
        """The gateway complains, and goes on."""


class Conversation:
    """A session that is held. `hold` runs it; the rest is for whoever leads it."""

    def __init__(
        self, session: AsyncRealtimeSession, playback: Playback, watcher: Watcher, run_tool: ToolRunner
    ) -> None:
        self._session = session
        self._playback = playback
        self._watcher = watcher
        self._run_tool = run_tool
        self.turns = Turns()
        self.interruptions = 0
        self.ending = ""
        """Why the session is over, in the gateway's words."""
        self.error: tuple[str, str] | None = None
        """Code and message of the last complaint."""
        self._complaint: tuple[str, str] | None = None
        """One that may be fatal: then `close` comes next, and `hold` raises it."""
        self._ready = asyncio.Event()
        self._answered = asyncio.Event()
        self._sound = asyncio.Event()
        """The answer that is awaited is being heard."""
        self._interrupted = asyncio.Event()
        self._spoke = False
        """The awaited answer has more than tool calls so far."""
        self._last_frame = 0.0

    async def hold(self, lead: Coroutine[Any, Any, None], *along: Coroutine[Any, Any, None]) -> None:
        """Holds the conversation until `lead` has come to its end; then the session ends, too.

        `along` runs beside it until then, such as what sends the user's voice. Raises CommandError what any of them
        raises, and when the gateway ends the session before, unless the agent has hung up.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(work) for work in (self._playback.run(), self._report(), *along)]
                leading, receiving = tasks.create_task(lead), tasks.create_task(self._receive())
                await asyncio.wait({leading, receiving}, return_when=asyncio.FIRST_COMPLETED)
                left = not leading.done()
                leading.cancel()
                await self._session.close()
                await receiving
                for helper in helpers:
                    helper.cancel()
        except BaseExceptionGroup as group:
            raise _first(group) from None
        finally:
            await self._session.close()
        if left and self.ending != "agent_ended":
            raise self._failure()

    def _failure(self) -> CommandError:
        code, message = self.error or ("SESSION_ENDED", f"the gateway has ended the session: {self.ending}")
        if code == "WS_ERROR":
            text = "the connection to the gateway broke off in the middle of the conversation"
            return CommandError(text, "CONNECTION_LOST", Exit.UNREACHABLE)
        return CommandError(message, code)

    async def until_ready(self) -> None:
        """Waits for the engine. Raises CommandError when it does not come."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            raise CommandError(f"no engine was there within {READY_SECONDS:.0f} s", "NOT_READY") from None

    def expect(self) -> None:
        """The user has spoken: `answer` and `answer_begins` are about what comes from here on."""
        self._answered.clear()
        self._sound.clear()
        self._spoke = False

    async def type(self, text: str) -> None:
        """The user types something."""
        self.expect()
        self.turns.typed(text)
        await self._session.send_text(text)

    async def answer(self) -> bool:
        """Waits until the answer was heard to its end. False: none came, or it broke off."""
        while await self._until(self._answered):
            await self._playback.played_out()
            await asyncio.sleep(_PAUSE_SECONDS)
            if not self.turns.answering:
                return True
            self._answered.clear()
        return False

    async def answer_begins(self) -> bool:
        """Waits for the first sound of the answer. False: none came."""
        return await self._until(self._sound)

    async def interruption(self) -> bool:
        """Waits until an answer is interrupted. False: none was."""
        self._interrupted.clear()
        return await self._until(self._interrupted)

    async def _until(self, event: asyncio.Event) -> bool:
        """Waits for something that the gateway does, as long as it does anything. While an answer is heard it has
        nothing more to say: all of it has come, and its end comes when it was heard."""
        clock = asyncio.get_running_loop().time
        self._last_frame = clock()
        while not event.is_set():
            since = max(self._last_frame, self._playback.last_heard)
            if (quiet := since + QUIET_SECONDS - clock()) <= 0:
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet):
                    await event.wait()
        return event.is_set()

    async def _receive(self) -> None:
        async for frame in self._session:
            self._last_frame = asyncio.get_running_loop().time()
            if self._complaint is not None and frame["type"] != "close":
                self._watcher.complained(*self._complaint)
            self._complaint = None
            await self._take(frame)

    async def _take(self, frame: RealtimeFrame) -> None:
        turn = self.turns.take(frame)
        match frame["type"]:
            case "audio":
                self._playback.play(frame["pcm"])
                self._spoke = True
                self._sound.set()
            case "ready":
                self._ready.set()
            case "transcript" if turn is not None:
                self._spoke = self._spoke or frame["role"] == "assistant"
                self._watcher.said(turn, frame["role"], frame["text"], frame["final"])
            case "tool_call" if turn is not None:
                await self._answer_tool(frame, turn.tools[-1])
            case "server_tool_call" if turn is not None and frame["status"] == "started":
                self._watcher.used(turn.tools[-1])
            case "turn" if turn is not None and frame["stage"] == "response_done":
                self._playback.end_of_answer()
                self._watcher.over(turn)
                if self._spoke:
                    self._answered.set()
            case "interruption":
                await self._cut(turn)
            case "error":
                self.error = self._complaint = (frame["code"], frame["message"])
            case "close":
                self.ending = frame["reason"]

    async def _cut(self, turn: Turn | None) -> None:
        # The agent may go on with an answer of its own accord; a user who cut in gets another one.
        self.interruptions += 1
        self._interrupted.set()
        await self._session.played(round(self._playback.cut()))
        self.expect()
        if turn is not None:
            self._watcher.over(turn)

    async def _answer_tool(self, frame: ToolCallFrame, use: ToolUse) -> None:
        self._spoke = False  # the answer comes behind the result
        use.output = self._run_tool(frame["name"], frame["arguments"])
        self._watcher.used(use)
        missing = "There is no such tool."
        await self._session.send_tool_result(frame["call_id"], missing if use.output is None else use.output)

    async def _report(self) -> None:
        """Tells the gateway how much of the answer was heard."""
        reported: float | None = None
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            heard = self._playback.heard_ms
            if heard and heard != reported:
                reported = heard
                await self._session.played(round(heard))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
