"""The demo's spoken conversation: two turns, a tool call on the way, and somebody who cuts in."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from speko import AsyncSpeko, SynthesizeResult
from speko.cli.connection import TIMEOUT, explained
from speko.cli.demo_processes import START_SECONDS
from speko.cli.demo_stage import IN_ENGLISH, Stage, Step, Stopwatch, client, letters, speak
from speko.cli.exits import CommandError
from speko.cli.say import sample_rate
from speko.cli.talking.conversation import Conversation
from speko.cli.talking.playback import Playback
from speko.cli.talking.screen import Screen
from speko.cli.talking.take import Take
from speko.cli.talking.turns import Turn
from speko.cli.talking.uplink import Uplink
from speko.cli.talking.wav import without_quiet_end
from speko.cli.terminal import Terminal

RATE = 24000
"""Hz, both ways."""
WITH_A_TOOL = "What is the weather in Paris?"
AT_LENGTH = "What can you do?"
CUTTING_IN = "What is two plus two?"
TIMES = 2
"""Times that the first question is asked at most: the embedded recogniser mishears every twelfth word, and who is
misheard says it again."""
CUT_IN_AFTER = 2.0
"""Seconds of the long answer."""
SILENT_WITHIN = 1.5
"""Seconds from the first sound of whoever cuts in to the silence of the agent; far more than it takes."""
WEATHER = {"temperature": 21, "sky": "sunny"}
TOOL = {
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Name of the city."}},
        "required": ["city"],
    },
}
_STAGES = {"speech_ended", "stt_final", "llm_first_token", "tts_first_byte", "first_audio", "response_done"}


def talk(stage: Stage) -> Iterator[Step]:
    """Held over the socket that every customer's client uses, with the agent that answers without a key."""
    gateway = stage.embedded_gateway()
    url, key = gateway["url"], gateway["key"]
    with stage.terminal.step("waiting for the voice agent"):
        _until_ready(url)
    with client(url, key) as speko, explained("the demo's gateway"):
        speech = [_samples(speak(speko, text, Stopwatch())) for text in (WITH_A_TOOL, AT_LENGTH, CUTTING_IN)]
    stage.terminal.write("A spoken conversation:")
    held = Held(stage.terminal)
    with explained("the demo's gateway"):
        asyncio.run(held.hold(url, key, speech))
    stage.details["conversation"] = {
        "turns": [turn.document for turn in held.turns],
        "silentAfterMs": held.silent_after_ms,
        "file": held.save(stage),
    }
    stage.terminal.write("")
    yield from held.steps()


@dataclass
class Held:
    """What happened in the conversation."""

    terminal: Terminal
    turns: list[Turn] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """How long each turn took."""
    silent_after_ms: float | None = None
    """From the first sound of whoever cut in to the agent's silence."""
    sound_after_silence: bool = False
    """The agent was heard again before whoever cut in had finished."""
    engine: tuple[str | None, str | None] = (None, None)
    take: Take | None = None
    misheard: int = 0
    """Turns at the beginning that do not count."""

    async def hold(self, url: str, key: str, speech: list[bytes]) -> None:
        """Holds the conversation. Raises what goes wrong with the connection, and CommandError for the session."""
        async with AsyncSpeko(api_key=key, base_url=url, timeout=TIMEOUT) as speko:
            session = await speko.connect_realtime(
                {"intent": IN_ENGLISH, "tools": [TOOL], "input_sample_rate": RATE, "output_sample_rate": RATE}
            )
            self.engine = session.provider, session.model
            clock = asyncio.get_running_loop().time
            take = self.take = Take(RATE, clock())

            async def send(frame: bytes) -> None:
                take.user(clock(), frame)
                await session.send_audio(frame)

            playback = Playback(RATE)
            playback.on_frame = take.agent
            conversation = Conversation(session, playback, Screen(self.terminal), _weather)
            uplink = Uplink(RATE, send)
            await conversation.hold(self._lead(conversation, uplink, playback, speech), uplink.run())
            self.turns = conversation.turns.said[self.misheard :]

    async def _lead(self, conversation: Conversation, uplink: Uplink, playback: Playback, speech: list[bytes]) -> None:
        clock = asyncio.get_running_loop().time
        with_a_tool, at_length, cutting_in = speech
        await conversation.until_ready()
        for _ in range(TIMES):
            began, before = clock(), len(conversation.turns.said)
            await uplink.say(with_a_tool)
            conversation.expect()
            await conversation.answer()
            said = conversation.turns.said  # it may be heard as two turns, too, or not at all
            heard = next((at for at in range(before, len(said)) if _asks_for_weather(said[at])), None)
            self.misheard = before if heard is None else heard
            if heard is not None:
                break
        self.seconds.append(clock() - began)

        began = clock()
        await uplink.say(at_length)
        conversation.expect()
        await conversation.answer_begins()
        await asyncio.sleep(CUT_IN_AFTER)
        self.seconds.append(clock() - began)

        began = clock()
        speaking = asyncio.create_task(uplink.say(cutting_in))
        if await conversation.interruption():
            self.silent_after_ms = round(1000 * (clock() - began))
        heard = len(playback.heard)
        await speaking
        self.sound_after_silence = len(playback.heard) > heard
        conversation.expect()
        await conversation.answer()
        self.seconds.append(clock() - began)

    def save(self, stage: Stage) -> str | None:
        """Both sides, one on each channel, beside the spoken answer. Returns the file's name."""
        if self.take is None:
            return None
        path = stage.out.with_name("conversation.wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.take.save(str(path))
        return str(path)

    def steps(self) -> Iterator[Step]:
        """A step for each turn, with what is wrong with it."""
        names = ("ask aloud, with a tool", "ask for a long answer", "cut in and ask again")
        checks = (self._tool_problem, self._long_problem, self._cut_in_problem)
        for at, (name, check) in enumerate(zip(names, checks, strict=True)):
            step = Step(name, *self.engine, failovers=0)
            if at < len(self.turns):
                turn = self.turns[at]
                step.text = f"{turn.user.text} – {turn.agent.text}"
                step.first_byte_ms = turn.first_audio_ms
                step.total_ms = round(1000 * self.seconds[at], 1)
                step.problem = check(turn)
            else:
                step.problem = "the turn is missing"
            yield step

    def _tool_problem(self, turn: Turn) -> str | None:
        if not _asks_for_weather(turn):
            return f"heard {turn.user.text!r} in place of {WITH_A_TOOL!r}"
        calls = [(tool.name, json.loads(tool.arguments.lower())) for tool in turn.tools]
        if calls != [(TOOL["name"], {"city": "paris"})]:
            return "the agent should have called get_weather for Paris, once"
        if str(WEATHER["temperature"]) not in turn.agent.text or str(WEATHER["sky"]) not in turn.agent.text:
            return f"the answer {turn.agent.text!r} lacks what the tool said"
        missing = _STAGES - turn.stages.keys()
        return f"the turn's times lack {', '.join(sorted(missing))}" if missing else None

    def _long_problem(self, turn: Turn) -> str | None:
        if "what can you do" not in letters(turn.user.text):
            return f"heard {turn.user.text!r} in place of {AT_LENGTH!r}"
        if not turn.interrupted or self.silent_after_ms is None:
            return "nobody could interrupt the answer"
        if self.silent_after_ms > 1000 * SILENT_WITHIN:
            return f"the agent fell silent only after {self.silent_after_ms:.0f} ms"
        if self.sound_after_silence:
            return "the agent went on speaking to whoever cut in"
        if not turn.agent.text or turn.agent.text.endswith("."):
            return f"the words {turn.agent.text!r} are not cut to what was heard"
        return None

    def _cut_in_problem(self, turn: Turn) -> str | None:
        if len(self.turns) > 3:
            return f"{len(self.turns)} turns came of three"
        if "two plus two" not in letters(turn.user.text):
            return f"heard {turn.user.text!r} in place of {CUTTING_IN!r}"
        if not re.search(r"\b(4|four)\b", turn.agent.text.lower()):
            return f"the answer {turn.agent.text!r} lacks 4"
        return "the last answer was interrupted too" if turn.interrupted else None


def _asks_for_weather(turn: Turn) -> bool:
    return "weather in paris" in letters(turn.user.text)


def _weather(name: str, arguments: str) -> str | None:
    """The client's side of the tool."""
    return json.dumps(WEATHER) if name == TOOL["name"] else None


def _samples(speech: SynthesizeResult) -> bytes:
    """Speech as samples at RATE Hz, up to its last sound."""
    if sample_rate(speech.content_type) != RATE:
        raise CommandError(f"{speech.content_type} came in place of samples at {RATE} Hz", "DEMO_FAILED")
    return without_quiet_end(speech.audio)


def _until_ready(url: str) -> None:
    """Waits for the voice agent, whose process takes some seconds to start."""
    deadline = time.monotonic() + START_SECONDS
    while httpx.get(f"{url}/readyz").status_code != 200:
        if time.monotonic() > deadline:
            raise CommandError(f"the voice agent was not there within {START_SECONDS:.0f} s", "DEMO_FAILED")
        time.sleep(0.1)
