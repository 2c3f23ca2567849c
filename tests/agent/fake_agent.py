"""An agent process with a conversation that does what it is told: a program for the tests' pools."""

import asyncio
import json
import logging
import os
import sys
import time
import warnings
from contextlib import suppress
from datetime import UTC, datetime

from speko.agent.context import AgentContext, AgentLink, TurnOptions
from speko.agent.process import main
from speko.providers.call import Usage
from speko.providers.errors import ProviderUnavailable, RateLimited
from speko.providers.s2s import (
    AssistantText,
    EngineCommand,
    ResponseDone,
    ResponseStarted,
    S2sRequest,
    Say,
    StopResponse,
    UserTranscript,
)
from speko.routing.ledger import AttemptRow, UsageRow

MOMENT = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
WORDS = "my password is swordfish"


class FakeConversation:
    """`Say` tells it what to do; sound comes back as it is."""

    def __init__(self, request: S2sRequest, context: AgentContext, link: AgentLink) -> None:
        self.request = request
        self.context = context
        self.link = link
        self.tasks: set[asyncio.Task[None]] = set()
        self.rows_at_the_end = 0

    async def start(self) -> None:
        match self.request.system_prompt:
            case "refuse":
                raise RateLimited("the vendor has had enough", status=429, retry_after=7.0)
            case "crash":
                raise ValueError(WORDS)
            case "hang":
                await asyncio.Event().wait()
            case "hang for good":
                while True:
                    with suppress(asyncio.CancelledError):
                        await asyncio.sleep(3600)

    def on_audio(self, pcm: bytes) -> None:
        self.link.send_audio(pcm)

    def on_command(self, command: EngineCommand) -> None:
        if isinstance(command, Say):
            self.obey(command.text)
        elif isinstance(command, StopResponse):
            self.link.send(ResponseDone(command.response, "cancelled"))

    def obey(self, order: str) -> None:  # noqa: PLR0912 - one branch per order
        word, _, rest = order.partition(" ")
        match word:
            case "start":
                self.link.send(ResponseStarted(rest))
            case "flood":
                self.run(self.flood(int(rest)))
            case "deluge":
                for _ in range(int(rest)):
                    self.link.send_audio(bytes(2**20))
            case "crash":
                raise ValueError(WORDS)
            case "die":
                os.kill(os.getpid(), 9)
            case "collapse":
                os.write(2, WORDS.encode() + b"\n")
                os._exit(3)
            case "block":
                time.sleep(3600)
            case "nonsense":
                self.link._write(b"\xff" * 64)  # type: ignore[attr-defined]
            case "book" if rest:
                self.rows_at_the_end = int(rest.split()[0])
            case "book":
                self.book()
            case "log":
                self.log()
            case "tell":
                self.link.send(UserTranscript("u", json.dumps(self.facts()), True))
            case _:
                self.link.send(AssistantText("r", order))

    def run(self, doing: object) -> None:
        task = asyncio.ensure_future(doing)  # type: ignore[call-overload]
        self.tasks.add(task)

    async def flood(self, pieces: int) -> None:
        """Pieces of a second at 24 kHz, as fast as they are taken; says how many were given after each."""
        self.link.send(ResponseStarted("flood"))
        for number in range(pieces):
            await self.link.drained()
            self.link.send_audio(number.to_bytes(2, "little") * 24000)
        self.link.send(ResponseDone("flood"))

    def book(self) -> None:
        self.context.ledger.usage(a_usage_row(self.context))
        now = time.monotonic()
        error = ProviderUnavailable("down", status=503, retry_after=9.0)
        self.context.health.failed("v", "m", "platform", error, began=now - 1, now=now)
        self.context.health.succeeded("w", "n", "key_1", now - 2)

    def log(self) -> None:
        logging.getLogger("speko.somewhere").warning("static text", extra={"count": 3})
        logging.getLogger("livekit.agents").warning("user said %s", WORDS, extra={"transcript": WORDS})
        logging.getLogger("livekit.agents").info("%s", WORDS)
        try:
            raise KeyError(WORDS)
        except KeyError:
            logging.getLogger("speko.somewhere").exception("failed")
        warnings.warn(WORDS, stacklevel=1)
        print(WORDS, flush=True)
        self.link.send(AssistantText("r", "logged"))

    def facts(self) -> dict[str, object]:
        context = self.context
        return {
            "environment": sorted(os.environ),
            "organization": context.organization_id,
            "session": context.session_id,
            "language": context.language,
            "optimize_for": context.optimize_for,
            "turns": context.turns.silence,
            "deadline": context.deadlines.connect,
            "specs": {m: [c.spec.id if c.spec else None for c in chain] for m, chain in context.candidates.items()},
            "keys": [c.credential.api_key for c in context.candidates.get("llm", ())],
            "allowed": [
                context.health.allows(c.provider, c.model, c.credential_id, time.monotonic())
                for c in context.candidates.get("llm", ())
            ],
            "prompt": self.request.system_prompt,
            "tools": [tool.name for tool in self.request.tools],
            "loop": type(asyncio.get_running_loop()).__module__,
        }

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        if self.request.system_prompt == "slow":
            await asyncio.sleep(3600)
        for _ in range(self.rows_at_the_end):
            self.context.ledger.usage(a_usage_row(self.context))
        self.context.ledger.attempt(an_attempt_row(self.context))


def an_attempt_row(context: AgentContext) -> AttemptRow:
    return AttemptRow(
        id="att_1",
        request_id=context.request_id,
        organization_id=context.organization_id,
        session_id=context.session_id,
        endpoint="session",
        modality="stt",
        position=0,
        provider="v",
        model="m",
        key_source="BYOK",
        outcome="cancelled",
        cause="caller_left",
        status=None,
        message=None,
        started_at=MOMENT,
        first_byte_ms=1.5,
        total_ms=2.5,
        usage=Usage(audio_ms=20, estimated=True),
        cost_micro_usd=3,
        scores_run_id="run",
    )


def a_usage_row(context: AgentContext) -> UsageRow:
    return UsageRow(
        id="use_1",
        request_id=context.request_id,
        organization_id=context.organization_id,
        session_id=context.session_id,
        provider="v",
        model="m",
        type="stt",
        metric="stt_seconds",
        quantity=0.02,
        key_source="BYOK",
        charge_kind="byok",
        cost_micro_usd=0,
        audio_ms=20,
        estimated=False,
        created_at=MOMENT,
    )


def warm_up(turns: TurnOptions) -> None:
    """There is nothing to warm."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], FakeConversation, warm_up))
