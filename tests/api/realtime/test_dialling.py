"""What a session's engines are asked for."""

from types import SimpleNamespace
from typing import Any

import pytest

from speko.api.realtime.dialling import Dialler
from speko.providers.call import Call, Credential
from speko.providers.catalogue import Model, Voice
from speko.providers.s2s import EngineSink, S2sCapabilities, S2sRequest
from speko.realtime.engines import Dialled, Resume
from speko.realtime.spec import SessionSpec
from speko.routing.attempts import Candidate
from speko.routing.metering import CallInfo

NAMED = (Voice("ann", "Ann"), Voice("bob", "Bob"))


class Engine:
    """Remembers what it is asked."""

    capabilities = S2sCapabilities(input_rates=(24000,), output_rates=(24000,))

    def __init__(self) -> None:
        self.asked: list[S2sRequest] = []

    async def connect(self, request: S2sRequest, call: Call, sink: EngineSink) -> object:
        self.asked.append(request)
        return object()


@pytest.mark.parametrize(
    ("pinned", "voices", "wanted", "given"),
    [
        pytest.param(False, NAMED, "ann", "ann", id="its own"),
        pytest.param(False, NAMED, "somebody else's", None, id="another vendor's"),
        pytest.param(False, (), "anybody", "anybody", id="nobody knows its voices"),
        pytest.param(True, NAMED, "a clone", "a clone", id="pinned: the vendor has the last word"),
        pytest.param(False, NAMED, None, None, id="none"),
    ],
)
async def test_a_voice_is_one_vendors_own(
    pinned: bool, voices: tuple[Voice, ...], wanted: str | None, given: str | None
) -> None:
    engine: Any = Engine()
    gateway: Any = SimpleNamespace(connectors=SimpleNamespace(s2s=lambda _: engine))
    engine_id: Any = {"provider": "acme", "model": "talker"} if pinned else {}
    spec = SessionSpec(voice=wanted, **engine_id)
    row = Model(modality="s2s", id="talker", voices=voices)
    candidate = Candidate("s2s", "acme", "talker", "talker", Credential(), "platform", spec=row)
    sink: Any = None
    dialler = Dialler(gateway, spec, CallInfo("session", "req", "org", "ses"))
    await dialler.dial(Dialled(candidate, Call(Credential()), Resume()), sink)
    assert [request.voice for request in engine.asked] == [given]
