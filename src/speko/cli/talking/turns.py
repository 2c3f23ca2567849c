"""What was said in a conversation, turn by turn, out of the frames of its session. Without I/O.

A turn is what the user said and the answer to it. The two sides overlap: a user who cuts in begins the next turn while
the answer of this one still ends, and words of the user may come when the answer has begun.
"""

from dataclasses import dataclass, field
from typing import Any

from speko.client.realtime.frames import RealtimeFrame, TurnFrame

_USERS_STAGES = ("speech_started", "speech_ended", "stt_final")
_LAST_COUNTS = ("speech_ended", "response_done")
_PARTS = (
    ("endpointing", "speech_ended"),
    ("STT", "stt_final"),
    ("LLM", "llm_first_token"),
    ("TTS", "tts_first_byte"),
    ("audio", "first_audio"),
)
"""What a caller waits for, in order, and the stage that ends each."""


@dataclass(slots=True)
class Words:
    """What one side said in a turn: utterances that are finished, and one that still grows."""

    finished: list[str] = field(default_factory=list)
    growing: str = ""

    @property
    def text(self) -> str:
        """All of it so far."""
        return " ".join(filter(None, [*self.finished, self.growing]))

    def finish(self) -> None:
        """The utterance that grows is over."""
        if self.growing:
            self.finished.append(self.growing)
            self.growing = ""


@dataclass(slots=True)
class ToolUse:
    """A tool that was asked for. `arguments` and `output` as they went over the wire."""

    name: str
    arguments: str
    output: str | None = None
    """None: nobody here has it, or the gateway runs it."""


@dataclass(slots=True)
class Turn:
    """One turn."""

    user: Words = field(default_factory=Words)
    agent: Words = field(default_factory=Words)
    stages: dict[str, TurnFrame] = field(default_factory=dict)
    """Of each stage the first, or the last where a turn goes on after it seemed over."""
    tools: list[ToolUse] = field(default_factory=list)
    answered: bool = False
    """An answer has begun."""
    interrupted: bool = False

    @property
    def split(self) -> list[tuple[str, float, str | None]]:
        """How the time from the user's end of speech to the first sound of the answer was spent: part, ms, and who
        served it. A part that was done while another one was waited for has 0."""
        parts, before = [], 0.0
        for part, name in _PARTS:
            stage = self.stages.get(name)
            if stage is not None:
                parts.append((part, max(0.0, stage["ms"] - before), stage["provider"]))
                before = max(before, stage["ms"])
        return parts

    @property
    def first_audio_ms(self) -> float | None:
        """From the user's end of speech to the first sound of the answer; None where there was no speech or sound."""
        stage = self.stages.get("first_audio")
        return stage["ms"] if stage is not None and "speech_ended" in self.stages else None

    @property
    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "said": self.user.text,
            "answer": self.agent.text,
            "interrupted": self.interrupted,
            "firstAudioMs": self.first_audio_ms,
            "stages": [
                {"stage": stage["stage"], "ms": stage["ms"], "provider": stage["provider"], "model": stage["model"]}
                for stage in sorted(self.stages.values(), key=lambda stage: stage["ms"])
            ],
            "tools": [{"name": tool.name, "arguments": tool.arguments, "output": tool.output} for tool in self.tools],
        }


def latency_line(turn: Turn) -> str | None:
    """For people: `first audio 412 ms: endpointing 301, STT 20 (pocketsphinx), …`; None without a spoken answer to
    something spoken."""
    if turn.first_audio_ms is None:
        return None
    parts = [f"{part} {ms:.0f}{f' ({provider})' if provider else ''}" for part, ms, provider in turn.split]
    return f"first audio {turn.first_audio_ms:.0f} ms: {', '.join(parts)}"


class Turns:
    """All turns so far. Frames go in as they come."""

    def __init__(self) -> None:
        self._all = [Turn()]
        self._answering: Turn | None = None
        """Whose answer is in flight."""

    @property
    def said(self) -> list[Turn]:
        """The turns in which anybody said something."""
        return [turn for turn in self._all if turn.user.text or turn.agent.text or turn.tools]

    @property
    def current(self) -> Turn:
        """Whose user speaks, or spoke last."""
        return self._all[-1]

    @property
    def answering(self) -> bool:
        """An answer is in flight."""
        return self._answering is not None

    def typed(self, text: str) -> Turn:
        """The user types something."""
        turn = self._next()
        turn.user.finished.append(text)
        return turn

    def take(self, frame: RealtimeFrame) -> Turn | None:
        """The next frame. Returns the turn that it belongs to, None for frames of no turn."""
        turn: Turn | None = None
        match frame["type"]:
            case "turn":
                turn = self._of_stage(frame["stage"])
                self._stage(turn, frame)
            case "transcript" if frame["role"] == "user":
                turn = self.current
                turn.user.growing = frame["text"]
                if frame["final"]:
                    turn.user.finish()
            case "transcript":
                # A response is one utterance, and also final words are replaced: by those that were heard.
                turn = self._answer()
                turn.agent.growing = frame["text"]
            case "tool_call":
                turn = self._answer()
                turn.tools.append(ToolUse(frame["name"], frame["arguments"]))
            case "server_tool_call":
                turn = self._answer()
                if frame["status"] == "started":
                    turn.tools.append(ToolUse(frame["name"], ""))
            case "audio":
                turn = self._answer()
            case "interruption":
                turn = self._interrupt()
        return turn

    def _stage(self, turn: Turn, frame: TurnFrame) -> None:
        if frame["stage"] in _LAST_COUNTS:
            turn.stages[frame["stage"]] = frame
        else:
            turn.stages.setdefault(frame["stage"], frame)
        if frame["stage"] == "response_done":
            self._answering = None
            turn.agent.finish()

    def _interrupt(self) -> Turn | None:
        # The answer may have come to its end already, with some of it still to be heard.
        turn = self._answering or next((turn for turn in reversed(self._all) if turn.answered), None)
        self._answering = None
        if turn is not None:
            turn.interrupted = True
            turn.agent.finish()
        return turn

    def _of_stage(self, stage: str) -> Turn:
        if stage == "speech_started":
            return self._next()
        return self.current if stage in _USERS_STAGES else self._answer()

    def _next(self) -> Turn:
        """The turn of new words: another one as soon as the answer to the last has begun."""
        if self.current.answered:
            self._all.append(Turn())
        return self.current

    def _answer(self) -> Turn:
        if self._answering is None:
            self._answering = self.current
            self._answering.answered = True
        return self._answering
