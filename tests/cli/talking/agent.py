"""An agent that hears loud from silent, and answers as the test says: the gateway's side of a socket."""

import asyncio
import json
import os
import signal
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

RATE = 16000
"""Hz, of what the agent says."""
END_OF_TURN_FRAMES = 4
"""Silent ones."""


def tone(seconds: float, rate: int = RATE, level: int = 8000) -> bytes:
    """Something loud: samples that tell where they are."""
    count = round(seconds * rate)
    return struct.pack(f"<{count}h", *(level + at % 100 for at in range(count)))


@dataclass
class Answer:
    """What the agent does in one turn."""

    heard: str = "words"
    said: str = "an answer"
    audio: bytes = field(default_factory=lambda: tone(0.1))
    tool: tuple[str, str, str] | None = None
    """Call id, name, arguments; the answer goes on with the result."""
    before: Sequence[tuple[str, dict[str, Any]]] = ()
    """Frames in place of an answer's."""


class FakeAgent:
    """One conversation. Whoever speaks while an answer is still being heard interrupts it."""

    def __init__(self, answers: Sequence[Answer], *, ending: str | None = None, close_code: int = 1000) -> None:
        self._answers = list(answers)
        self._ending = ending
        self._close_code = close_code
        self.received: list[dict[str, Any]] = []
        """Text frames of the client."""
        self.audio = bytearray()
        self._results: asyncio.Queue[str] = asyncio.Queue()
        self._unheard_until = 0.0
        self._socket: web.WebSocketResponse | None = None
        self._ends = False
        self._said = ""
        """The words of the last answer."""

    async def __call__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        answering: list[asyncio.Task[None]] = []
        await self.say("ready", inputSampleRate=24000, outputSampleRate=RATE)
        loud = silent = 0
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                frame = json.loads(message.data)
                self.received.append(frame)
                if frame["t"] == "tool_result":
                    self._results.put_nowait(frame["output"])
                if frame["t"] == "user_message":
                    answering.append(asyncio.create_task(self._answer(typed=True)))
                continue
            self.audio += message.data
            if max(map(abs, array("h", message.data))) > 1000:
                loud, silent = loud + 1, 0
                if loud == 1:
                    await self._speech_started()
            elif loud:
                silent += 1
                if silent == END_OF_TURN_FRAMES:
                    loud = 0
                    answering.append(asyncio.create_task(self._answer()))
        if not self._ends:  # who has ended it is still saying goodbye
            for task in answering:
                task.cancel()
        await asyncio.gather(*answering, return_exceptions=True)

    async def say(self, kind: str, **members: Any) -> None:
        """One text frame."""
        assert self._socket is not None
        await self._socket.send_str(json.dumps({"t": kind, **members}))

    async def _speech_started(self) -> None:
        await self.say("turn", stage="speech_started", ms=-500)
        if asyncio.get_running_loop().time() < self._unheard_until:
            self._unheard_until = 0.0
            await self.say("transcript", role="assistant", text=self._said[:4], final=True)
            await self.say("interruption", at="user")

    async def _answer(self, *, typed: bool = False) -> None:
        assert self._socket is not None
        if not self._answers:
            return
        answer = self._answers.pop(0)
        if not typed:
            await self.say("turn", stage="speech_ended", ms=80)
            await self.say("transcript", role="user", text=answer.heard[:2], final=False)
            await self.say("turn", stage="stt_final", ms=90, provider="ears", model="e")
            await self.say("transcript", role="user", text=answer.heard, final=True)
        for kind, members in answer.before:
            await self.say(kind, **members)
        if answer.tool is not None:
            call_id, name, arguments = answer.tool
            await self.say("tool_call", callId=call_id, name=name, arguments=arguments)
            answer.said = answer.said.format(await self._results.get())
        if answer.audio:
            await self._speak(answer)
        if not self._answers and self._ending is not None:
            await self.say("end", reason=self._ending)
            self._ends = True
            await self._socket.close(code=self._close_code, message=self._ending.encode())

    async def _speak(self, answer: Answer) -> None:
        assert self._socket is not None
        await self.say("turn", stage="llm_first_token", ms=100, provider="mind", model="m")
        await self.say("transcript", role="assistant", text=answer.said[:2], final=False)
        await self.say("turn", stage="tts_first_byte", ms=140, provider="mouth", model="v")
        await self.say("turn", stage="first_audio", ms=145)
        await self._socket.send_bytes(answer.audio)
        await self.say("transcript", role="assistant", text=answer.said, final=True)
        self._said = answer.said
        seconds = len(answer.audio) / 2 / RATE
        self._unheard_until = asyncio.get_running_loop().time() + seconds
        await asyncio.sleep(seconds)
        if self._unheard_until:
            await self.say("turn", stage="response_done", ms=200)


class HangsUp(FakeAgent):
    """Presses Ctrl-C when the last answer is out."""

    async def say(self, kind: str, **members: Any) -> None:
        await super().say(kind, **members)
        if kind == "transcript" and members["role"] == "assistant" and members["final"] and not self._answers:
            os.kill(os.getpid(), signal.SIGINT)
