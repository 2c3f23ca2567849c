"""One conversation of the gateway's own voice agent: an AgentSession of livekit-agents without a LiveKit server.

AgentSession decides about turns, interruptions and history. What it hears comes from `audio_input`, what it says goes
to `audio_output`, and `nodes` asks recogniser, model and voice through routing. https://docs.livekit.io/agents/
"""

import asyncio
from contextlib import suppress

from livekit.agents import NOT_GIVEN, AgentSession, ConversationItemAddedEvent, inference, llm
from livekit.local_inference import init_eot, init_vad

from speko.agent.audio_input import Ear, Microphone
from speko.agent.audio_output import ResponseAudio
from speko.agent.chat_messages import to_context
from speko.agent.context import AgentContext, AgentLink, TurnOptions
from speko.agent.hearing import Hearing
from speko.agent.nodes import Nodes, Work
from speko.agent.speaking import Speaking
from speko.agent.stand_ins import Model, Recogniser, Voice
from speko.agent.thinking import Thinking
from speko.agent.tools import ClientTools
from speko.agent.voice_activity import WINDOW, SpeechDetector, VoiceActivity
from speko.providers.catalogue import Modality
from speko.providers.errors import Unsupported
from speko.providers.s2s import (
    AnswerTool,
    AssistantSaid,
    Clear,
    Commit,
    Configure,
    CorrectHeard,
    EngineCommand,
    EngineEvent,
    PlayedSoFar,
    S2sRequest,
    Say,
    StopResponse,
    ToolRequested,
    TurnStage,
)
from speko.providers.spoken_form import spoken_form

_MOST_TOOL_STEPS = 8
"""Times that the model may call tools for one answer."""
_MOST_ASKED = 32
"""Typed messages that may wait for the answers to those before them; the oldest go first."""
_DETECTOR_SILENCE = 0.25
"""Seconds of silence that the bundled turn detector needs before it is asked."""
_KEPT = 8
"""Responses whose words can be corrected later."""


def warm_up(turns: TurnOptions | None = None) -> None:
    """Loads what all conversations of a process share, and uses it once. Blocks for some 10 ms; `turns` with the model
    for 200 ms, and 250 MB."""
    init_vad()
    list(SpeechDetector(24000).push(bytes(int(24000 * WINDOW) * 4))[1])
    spoken_form("It is 12 o'clock.", "en")
    if turns is not None and turns.detection == "model":
        init_eot()


class AgentConversation:
    """See `Conversation`."""

    def __init__(self, request: S2sRequest, context: AgentContext, link: AgentLink) -> None:
        self._request = request
        self._context = context
        self._link = _Outlet(link)
        silence = context.turns.silence
        if context.turns.detection == "model":
            silence = max(silence, _DETECTOR_SILENCE)
        self._microphone = Microphone() if context.turns.detection == "model" else None
        self._audio = ResponseAudio(request.output_rate, self._link, undecided=lambda: self._hearing.busy)
        self._hearing = Hearing(
            request, context, self._link.send, nothing=self._audio.nothing_was_said, guess=self._may_guess
        )
        self._activity = VoiceActivity(silence)
        self._ear = Ear(
            request.input_rate,
            silence,
            activity=self._activity,
            hearing=self._hearing,
            send=self._link.send,
            microphone=self._microphone,
        )
        self._thinking = Thinking(request, context, self._tell_thinking)
        self._speaking = Speaking(request, context, self._link.send)
        self._tools = ClientTools(request.tools, self._ask_client)
        self._said: dict[str, tuple[str, llm.ChatMessage]] = {}
        """By response: where it stands in the history, and what stands there before its words."""
        self._asked: asyncio.Queue[Say] = asyncio.Queue(_MOST_ASKED)
        """Typed by the user."""
        self._tasks: list[asyncio.Task[None]] = []
        self._broken: BaseException | None = None
        """A mistake of ours or of AgentSession, after which it would be deaf or dumb."""
        self._agent = Nodes(
            Work(self._hearing, self._thinking, self._speaking, self._audio, self._tools),
            instructions=request.system_prompt or "",
            history=to_context(request.history),
        )
        self._session = _session(request, context, self._activity)

    # ---- see `Conversation`

    async def start(self) -> None:
        """Ready to listen when it returns. Raises ProviderError."""
        for modality in ("stt", "llm", "tts"):
            if not self._context.candidates.get(modality):
                raise Unsupported(f"the voice agent has no {modality.upper()} that it may use")
        if self._microphone is not None:
            self._session.input.audio = self._microphone
        self._session.output.audio = self._audio
        self._session.on("conversation_item_added", self._remember)
        self._session.on("close", lambda _: self._broke(RuntimeError("AgentSession has closed itself")))
        await self._session.start(self._agent, record=False, session_host=False)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._ear.run()), loop.create_task(self._answer_asked())]
        for task in self._tasks:
            task.add_done_callback(lambda done: None if done.cancelled() else self._broke(done.exception()))
        self._begin()

    def on_audio(self, pcm: bytes) -> None:
        """The user's next sound. Raises RuntimeError when the conversation cannot go on."""
        if self._broken is not None:
            raise RuntimeError("the conversation has broken down") from self._broken
        self._ear.push(pcm)

    def on_command(self, command: EngineCommand) -> None:
        """What the relay wants."""
        match command:
            case Commit():
                self._ear.commit()
            case Clear():
                self._ear.clear()
                if self._session.current_speech is None:
                    self._session.interrupt(force=True)  # what was begun ahead
                self._session.clear_user_turn()
            case Say():
                self._ask(command)
            case StopResponse() | CorrectHeard():
                self._heard_only(command)
            case AnswerTool():
                self._answer_tool(command)
            case Configure():
                self._agent.configure(command)
            case PlayedSoFar():
                self._audio.played(command.ms)

    async def close(self) -> None:
        """Ends it, and everything that it called."""
        self._link.close()
        self._tools.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(self._hearing.close(), self._session.aclose(), *self._tasks, return_exceptions=True)
        self._audio.close()

    def _broke(self, why: BaseException | None) -> None:
        if self._link.open:
            self._broken = why

    def _tell_thinking(self, event: EngineEvent) -> None:
        if isinstance(event, TurnStage):  # what was thought ahead is there with the end of the speech, and not before
            event = TurnStage(event.stage, event.provider, event.model, min(event.ago_ms, int(self._hearing.silent_ms)))
        self._link.send(event)

    def _may_guess(self) -> bool:
        """Thinking about words that may not be the last is for nothing sometimes, and so has to cost nothing. What the
        agent is saying is not touched before the words are certain."""
        return _free(self._context, "llm") and self._session.current_speech is None

    # ---- answers

    def _begin(self) -> None:
        request = self._request
        if request.continue_answer and request.history:
            if not self._agent.unanswered:  # otherwise their results come first
                self._agent.goes_on = isinstance(request.history[-1], AssistantSaid)
                self._session.generate_reply()
        elif request.cascade.first_message and not request.history:
            self._session.say(request.cascade.first_message)

    def _ask(self, typed: Say) -> None:
        if self._asked.full():
            self._asked.get_nowait()
        self._asked.put_nowait(typed)

    async def _answer_asked(self) -> None:
        """What is asked without speech waits until the answer before it is made, so that its own answer knows of it."""
        with suppress(RuntimeError):  # the session is closing
            while True:
                typed = await self._asked.get()
                self._audio.next_waits = True
                self._audio.hurry()
                while (speech := self._session.current_speech) is not None and not speech.done():
                    await speech
                self._audio.next_waits = False
                await self._session.generate_reply(
                    user_input=typed.text or NOT_GIVEN, instructions=typed.instructions or NOT_GIVEN
                )

    # ---- tools

    def _ask_client(self, call_id: str, name: str, arguments: str) -> None:
        self._thinking.tell_stage()
        self._link.send(ToolRequested(self._audio.for_tool(), call_id, name, arguments))

    def _answer_tool(self, answer: AnswerTool) -> None:
        if self._tools.answer(answer):
            self._audio.hurry()
        elif self._agent.add_result(answer) and not self._agent.unanswered:
            self._ask(Say(""))

    # ---- history

    def _remember(self, event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, llm.ChatMessage) and event.item.role == "assistant":
            response, before = self._audio.finished
            self._said[response] = (before, event.item)
            while len(self._said) > _KEPT:
                del self._said[next(iter(self._said))]

    def _heard_only(self, heard: StopResponse | CorrectHeard) -> None:
        if self._audio.stopped(heard.response, heard.heard_ms, heard.heard_text):
            # A correction of what was stopped already leaves open whether it goes on.
            if isinstance(heard, StopResponse) or not self._audio.paused:
                self._session.interrupt(force=True)
        elif heard.response in self._said:
            before, message = self._said[heard.response]
            message.content = [before + heard.heard_text]


def _free(context: AgentContext, modality: Modality) -> bool:
    """Whether whoever is asked first costs nothing."""
    return all(candidate.embedded for candidate in context.candidates.get(modality, ())[:1])


def _session(request: S2sRequest, context: AgentContext, activity: VoiceActivity) -> AgentSession[None]:
    turns = context.turns
    by_model = turns.detection == "model"
    return AgentSession(
        stt=Recogniser(),
        vad=activity,
        llm=Model(),
        tts=Voice(request.output_rate),
        turn_handling={
            "turn_detection": inference.TurnDetector(version="v1-mini") if by_model else "vad",
            # The silence that ends speech decides. The model may ask for more of it: its own default.
            "endpointing": {"min_delay": 0.0} if by_model else {"min_delay": 0.0, "max_delay": 0.0},
            "interruption": {
                "mode": "vad",
                "min_duration": WINDOW,  # at once; 0 would take silence for speech
                "resume_false_interruption": True,
                "false_interruption_timeout": turns.false_interruption_after,
                "backchannel_boundary": None,
            },
            "preemptive_generation": {"enabled": True, "preemptive_tts": _free(context, "tts")},
        },
        max_tool_steps=_MOST_TOOL_STEPS,
        use_tts_aligned_transcript=False,
        tts_text_transforms=None,
        aec_warmup_duration=None,
        user_away_timeout=None,
        session_close_transcript_timeout=0.0,
    )


class _Outlet:
    """The way to the relay, until the conversation is closed."""

    def __init__(self, link: AgentLink) -> None:
        self._link: AgentLink | None = link

    @property
    def open(self) -> bool:
        return self._link is not None

    def send(self, event: EngineEvent) -> None:
        if self._link is not None:
            self._link.send(event)

    def send_audio(self, pcm: bytes) -> None:
        if self._link is not None:
            self._link.send_audio(pcm)

    async def drained(self) -> None:
        if self._link is not None:
            await self._link.drained()

    def close(self) -> None:
        self._link = None
