"""`speko talk`: a spoken conversation, from the microphone or from files."""

import argparse
import asyncio
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from speko import AsyncRealtimeSession, AsyncSpeko, SessionEntry, SpekoApiError
from speko.cli.connection import TIMEOUT, api_key, ask_json, base_url_of, explained
from speko.cli.exits import CommandError, Exit, UsageError
from speko.cli.options import add_allow, add_gateway, add_intent, constraints
from speko.cli.talking.conversation import Conversation
from speko.cli.talking.devices import Loudspeaker, Microphone
from speko.cli.talking.playback import Playback
from speko.cli.talking.screen import Screen
from speko.cli.talking.tools import Tools
from speko.cli.talking.uplink import Uplink
from speko.cli.talking.wav import rate_of, read_wav, without_quiet_end, write_wav
from speko.cli.terminal import Terminal

EPILOG = """\
Without --in and --text: microphone and loudspeaker (pacat and parec, aplay and arecord, or pw-play and pw-record),
until Ctrl-C. Wear headphones: an agent that hears itself interrupts itself.

--tools: a JSON list of {"name", "description", "parameters", "answer"}; `parameters` is a JSON Schema, `answer` is what
the tool says each time.
"""
_BOOKS_TRIES, _BOOKS_PAUSE = 12, 0.25
"""The gateway writes its books a little later."""


class _Add(argparse.Action):
    """Keeps --in and --text in the order in which they were given."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        namespace.script = [*namespace.script, (self.metavar, values)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.set_defaults(script=[])
    parser.add_argument(
        "--in", action=_Add, dest="script", metavar="WAV", help="say what is in a file; each is a turn, may be repeated"
    )
    parser.add_argument("--text", action=_Add, dest="script", metavar="TEXT", help="type a turn; may be repeated")
    parser.add_argument("--out", metavar="WAV", help="keep what was heard of the agent, in place of playing it")
    parser.add_argument(
        "--cut-in",
        type=_seconds,
        metavar="SECONDS",
        help="say the next file so long after the answer's first sound, without waiting for its end",
    )
    parser.add_argument("--provider", help="vendor of the engine, with --model; else the gateway chooses")
    parser.add_argument("--model", help="model of the engine")
    parser.add_argument("--voice", help="id of a voice of that engine")
    parser.add_argument("--prompt", metavar="TEXT", help="instructions for the agent")
    parser.add_argument("--first-message", metavar="TEXT", help="what the agent says first")
    parser.add_argument("--tools", type=Path, metavar="FILE", help="tools that the agent may call (JSON, see below)")
    add_intent(parser)
    add_allow(parser)
    add_gateway(parser)


def run(args: argparse.Namespace) -> int:
    """Talks."""
    if (args.provider is None) != (args.model is None):
        raise UsageError("--provider and --model come together")
    if args.out and not (folder := Path(args.out).parent).is_dir():
        raise CommandError(f"there is no folder {folder}", "CANNOT_WRITE")  # before anybody has talked
    base_url, key = base_url_of(args.base_url), api_key()
    with explained(base_url):
        return asyncio.run(_Talk(args, base_url, key).run())


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 3600:
        raise ValueError
    return seconds


class _Talk:
    """One run of the command."""

    def __init__(self, args: argparse.Namespace, base_url: str, key: str) -> None:
        self._args = args
        self._base_url = base_url
        self._key = key
        self._terminal = Terminal(as_json=args.as_json)
        self._tools = Tools.read(args.tools)
        self._script: Sequence[tuple[str, str]] = args.script
        files = {name for kind, name in self._script if kind == "WAV"}
        self._rate = 16000 if files and {rate_of(name) for name in files} == {16000} else 24000
        self._speech = {name: without_quiet_end(read_wav(name, self._rate)) for name in files}
        self._stopped = asyncio.Event()

    async def run(self) -> int:
        """Exit code."""
        microphone = None if self._script else await Microphone.open(self._rate)
        try:
            async with AsyncSpeko(api_key=self._key, base_url=self._base_url, timeout=TIMEOUT) as client:
                return await self._talk(client, microphone)
        finally:
            if microphone is not None:
                await microphone.close()

    async def _talk(self, client: AsyncSpeko, microphone: Microphone | None) -> int:
        clock = asyncio.get_running_loop().time
        with self._terminal.step("connecting"):
            session = await client.connect_realtime(self._params())
        # From here on Ctrl-C ends the conversation, not the command: there is something to save and to tell.
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._stopped.set)
        speaker = None if self._args.out else Loudspeaker.find(session.output_sample_rate)
        if speaker is None and not self._args.out:
            self._terminal.note("speko: no loudspeaker here: the agent is seen, not heard")
        playback = Playback(session.output_sample_rate, speaker)
        conversation = Conversation(session, playback, Screen(self._terminal), self._tools.answer)
        began = clock()
        try:
            if microphone is not None:
                hearing = microphone.record(self._rate, session.send_audio)
                await conversation.hold(self._listen(conversation), hearing)
            else:
                uplink = Uplink(self._rate, session.send_audio)
                await conversation.hold(self._play_script(conversation, uplink), uplink.run())
        finally:
            if speaker is not None:
                speaker.silence()
            if self._args.out:
                write_wav(self._args.out, session.output_sample_rate, bytes(playback.heard))
        seconds, cost = round(clock() - began, 1), await _cost(client, session)
        provider, model = await asyncio.to_thread(_engine, self._args, session)
        self._report(
            conversation,
            {
                "sessionId": session.session_id,
                "provider": provider,
                "model": model,
                "seconds": seconds,
                "file": self._args.out,
                "player": speaker.name if speaker is not None else None,
                "microphone": microphone.name if microphone is not None else None,
                "costUsd": cost,
            },
        )
        return Exit.INTERRUPTED if self._stopped.is_set() and self._script else Exit.OK

    def _params(self) -> dict[str, Any]:
        args = self._args
        intent = {"language": args.language, "region": args.region, "optimizeFor": args.optimize_for}
        params: dict[str, Any] = {
            "provider": args.provider,
            "model": args.model,
            "voice": args.voice,
            "systemPrompt": args.prompt,
            "firstMessage": args.first_message,
            "tools": self._tools.specs or None,
            "inputSampleRate": self._rate,
            "constraints": constraints("s2s", args.allow),
        }
        return {"intent": intent, **{name: value for name, value in params.items() if value is not None}}

    async def _listen(self, conversation: Conversation) -> None:
        """The microphone leads, until somebody has had enough."""
        await conversation.until_ready()
        self._terminal.note("Speak; Ctrl-C ends the conversation.")
        await self._stopped.wait()

    async def _play_script(self, conversation: Conversation, uplink: Uplink) -> None:
        """Turn after turn, unless somebody has had enough."""
        turns = asyncio.create_task(self._play_turns(conversation, uplink))
        stopping = asyncio.create_task(self._stopped.wait())
        try:
            await asyncio.wait({turns, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if turns.done():
                await turns
        finally:
            turns.cancel()
            stopping.cancel()

    async def _play_turns(self, conversation: Conversation, uplink: Uplink) -> None:
        await conversation.until_ready()
        if self._args.first_message:
            _came(await conversation.answer(), conversation)
        for number, (kind, value) in enumerate(self._script):
            if kind == "TEXT":
                await conversation.type(value)
            else:
                await uplink.say(self._speech[value])
                conversation.expect()
            if self._args.cut_in is not None and self._script[number + 1 :]:
                _came(await conversation.answer_begins(), conversation)
                await asyncio.sleep(self._args.cut_in)
            else:
                _came(await conversation.answer(), conversation)

    def _report(self, conversation: Conversation, facts: dict[str, Any]) -> None:
        turns = conversation.turns.said
        self._terminal.live("")
        engine = f"{facts['provider']} {facts['model']}" if facts["provider"] else "the session"
        cost = "unknown cost" if facts["costUsd"] is None else f"likely cost ${facts['costUsd']:.4f}"
        file = f", written to {facts['file']}" if facts["file"] else ""
        count = f"{len(turns)} turn{'' if len(turns) == 1 else 's'}"
        self._terminal.note(f"{engine}: {count} in {facts['seconds']:.0f} s, {cost}{file}")
        self._terminal.document(
            {
                **facts,
                "interruptions": conversation.interruptions,
                "ending": conversation.ending,
                "turns": [turn.document for turn in turns],
            }
        )


def _came(answer: bool, conversation: Conversation) -> None:
    if not answer:
        because = f": {conversation.error[1]}" if conversation.error is not None else ""
        raise CommandError(f"the agent has not answered{because}", "NO_ANSWER")


def _engine(args: argparse.Namespace, session: AsyncRealtimeSession) -> tuple[str | None, str | None]:
    """Vendor and model of the engine that served last: another than the session was made for where that one failed.
    What the session was made for where the gateway does not say more."""
    served = session.provider, session.model
    with suppress(CommandError):
        for _ in range(_BOOKS_TRIES):
            entry = ask_json(args, f"/v1/sessions/{quote(session.session_id, safe='')}", SessionEntry)
            if entry.get("provider"):
                served = entry["provider"], entry.get("model")
            if entry["status"] in ("ended", "failed"):
                break
            time.sleep(_BOOKS_PAUSE)
    return served


async def _cost(client: AsyncSpeko, session: AsyncRealtimeSession) -> float | None:
    """What everybody who served the session is likely to bill, in USD; None where the gateway does not say."""
    if session.request_id is None:
        return None
    cost = None
    for _ in range(_BOOKS_TRIES):
        with suppress(SpekoApiError):
            attempts = (await client.requests.get(session.request_id)).attempts
            cost = sum(attempt.cost_micro_usd or 0 for attempt in attempts) / 1e6
            if any(attempt.modality == "s2s" for attempt in attempts):
                break  # the engine's own, which is over last
        await asyncio.sleep(_BOOKS_PAUSE)
    return cost
