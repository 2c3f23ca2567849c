"""A simulated OpenAI: the server side of its HTTP API and of its Realtime API, written from its public reference alone.

It shares no code with the connector, so that both cannot make the same mistake; the tests check every message against
the types of the `openai` package, and drive it with that package's clients.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import msgspec
from aiohttp import web

from speko.simulators.answer import Answer, Refused
from speko.simulators.captured import CapturedRequest
from speko.simulators.engines import Engines
from speko.simulators.faults import Fault, FaultKind
from speko.simulators.openai import chat, speech, transcriptions
from speko.simulators.openai.errors import error, status_error
from speko.simulators.openai.realtime import models as realtime_models
from speko.simulators.openai.realtime.conversing import converse
from speko.simulators.openai.realtime.seen import Seen
from speko.simulators.script import Script
from speko.simulators.server import Simulator

MODELS = (
    "gpt-4o-mini",
    "gpt-4o",
    "gpt-4o-mini-transcribe",
    "gpt-4o-transcribe",
    "whisper-1",
    "gpt-4o-mini-tts",
    "tts-1",
    *realtime_models.MODELS,
)
"""What `/v1/models` lists. Any other model is served as well, but by the Realtime API."""
REALTIME = "/v1/realtime"


async def _models(request: CapturedRequest, script: Script, engines: Engines) -> Answer:
    rows = [{"id": model, "object": "model", "created": 1_715_367_049, "owned_by": "system"} for model in MODELS]
    return Answer((msgspec.json.encode({"object": "list", "data": rows}),))


_Handler = Callable[[CapturedRequest, Script, Engines], Awaitable[Answer]]
_ROUTES: dict[str, tuple[str, str, _Handler]] = {
    "/v1/chat/completions": ("POST", "chat", chat.answer),
    "/v1/audio/transcriptions": ("POST", "transcriptions", transcriptions.answer),
    "/v1/audio/speech": ("POST", "speech", speech.answer),
    "/v1/models": ("GET", "models", _models),
}


class OpenAISimulator(Simulator):
    """Chat completions, transcriptions, speech, the list of models, and conversations over a WebSocket."""

    vendor = "openai"
    conversations = frozenset({"realtime"})
    operations = frozenset(operation for _, operation, _ in _ROUTES.values()) | conversations

    def __init__(self, **options: Any) -> None:
        """`options`: as every simulator takes them."""
        self.realtime = Seen()
        """What conversations saw and said."""
        super().__init__(**options)

    def operation(self, method: str, path: str) -> str:
        if path == REALTIME:
            return "realtime" if method == "GET" else "other"
        route = _ROUTES.get(path)
        return route[1] if route is not None and route[0] == method else "other"

    def key_of(self, request: web.BaseRequest) -> str | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else None

    def headers(self) -> Mapping[str, str]:
        return {"x-request-id": f"req_{uuid4().hex}", "openai-version": "2020-10-01"}

    async def answer(self, request: CapturedRequest, script: Script) -> Answer:
        route = _ROUTES.get(request.path)
        if route is None:
            raise Refused(error(404, "There is nothing at this URL.", code="unknown_url"))
        method, _, handler = route
        if request.method != method:
            raise Refused(error(405, f"Only {method} is allowed here.", code="method_not_supported"))
        return await handler(request, script, self.engines)

    async def converse(self, request: web.BaseRequest, script: Script, fault: Fault | None) -> web.StreamResponse:
        return await converse(
            request,
            dict(self.headers()),
            script=script,
            fault=fault,
            engines=self.engines,
            seen=self.realtime,
            ledger=self.ledger,
        )

    def state(self) -> dict[str, Any]:
        return {**super().state(), "realtime": self.realtime.state()}

    def reset(self) -> None:
        super().reset()
        self.realtime.reset()

    def status_answer(self, kind: FaultKind) -> Answer:
        return status_error(kind)

    def error_answer(self, status: int, message: str) -> Answer:
        return error(status, message)
