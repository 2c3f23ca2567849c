"""What goes wrong at a vendor, at which stage of a call, and what the gateway owes its caller then. Written by hand:
the run is compared with it, and not the other way round."""

from dataclasses import dataclass
from typing import Literal

from speko.providers.catalogue import Modality
from speko.simulators.faults import Fault, FaultKind
from speko.simulators.faults import Stage as At

Stage = Literal["connect", "before the first byte", "mid-stream"]
Place = Literal["closed port", "unknown name", "wrong certificate", "mute"]
"""Where there is no vendor at all; see `unreachable.py`."""
Course = Literal["replaced", "broken", "served", "blamed"]
"""`replaced`: the next candidate is asked, and the caller never knows; without one the call fails as a whole.
`broken`: some of the answer is with the caller already, so it ends as broken, and nobody goes on with it.
`served`: the answer comes all the same. `blamed`: it was the caller's fault, and nobody else is asked."""


@dataclass(frozen=True)
class Row:
    """One fault at one stage."""

    fault: str
    stage: Stage
    source: Fault | Place
    course: Course
    cause: str = ""
    """Of the failed attempt; several where the kernel decides which."""
    breaker: Literal["none", "model", "key"] = "none"
    """Which breaker counts it: none, that of the vendor's model, or that of the key there."""
    engine: Fault | Place | None = None
    """The same fault at a speech-to-speech engine; None = there is no such thing there."""
    engine_cause: str = ""
    """Where the engine's failure has another name."""
    waits: bool = False
    """Only a deadline ends it."""
    not_for: tuple[Modality, ...] = ()
    """Modalities whose answers have nothing that could break so."""
    asks_for_rest: bool = False
    """With `Retry-After`."""
    pace: float = 0.05
    """Seconds from one chunk of the answer to the next."""

    @property
    def name(self) -> str:
        return f"{self.fault}, {self.stage}"

    @property
    def in_service(self) -> bool:
        """Whether the engine was connected, so that a session had begun."""
        return isinstance(self.engine, Fault) and self.engine.stage in (At.RESPONSE, At.AUDIO)


ASKED_REST = 300.0
"""Seconds that a vendor asks for where it says `Retry-After`."""
_LOST = "connection_lost or truncated"
_BEFORE: Stage = "before the first byte"


def _status(fault: str, kind: FaultKind, cause: str, breaker: Literal["none", "model", "key"]) -> Row:
    refusal = Fault(kind, retry_after=f"{ASKED_REST:.0f}")
    asks = kind in (FaultKind.RATE_LIMITED, FaultKind.OVERLOADED)
    return Row(fault, _BEFORE, refusal, "replaced", cause, breaker, engine=refusal, asks_for_rest=asks)


def _instead(fault: str, kind: FaultKind, cause: str, breaker: Literal["none", "model", "key"]) -> Row:
    """An engine that is connected and does not answer: elsewhere the refusal is the answer to the request itself."""
    failure = Fault(kind, at=At.RESPONSE)
    return Row(fault, _BEFORE, failure, "replaced", cause, breaker, engine=failure, not_for=("stt", "llm", "tts"))


ROWS: tuple[Row, ...] = (
    Row("refused", "connect", "closed port", "replaced", "connect", "model", engine="closed port"),
    Row("DNS failure", "connect", "unknown name", "replaced", "connect", "model", engine="unknown name"),
    Row("TLS failure", "connect", "wrong certificate", "replaced", "connect", "model", engine="wrong certificate"),
    Row("accepted, then nothing", "connect", "mute", "replaced", "timeout", "model", engine="mute", waits=True),
    Row(
        "reset",
        _BEFORE,
        Fault(FaultKind.REFUSE),
        "replaced",
        "connection_lost",
        "model",
        engine=Fault(FaultKind.REFUSE),
    ),
    Row(
        "400 (the caller's fault)",
        _BEFORE,
        Fault(FaultKind.BAD_REQUEST),
        "blamed",
        "bad_request",
        engine=Fault(FaultKind.BAD_REQUEST),
        engine_cause="unsupported",
    ),
    _status("401", FaultKind.UNAUTHORIZED, "unauthorized", "key"),
    _status("402", FaultKind.PAYMENT_REQUIRED, "quota", "key"),
    _status("403", FaultKind.FORBIDDEN, "forbidden", "none"),
    _status("404", FaultKind.NOT_FOUND, "model_not_found", "none"),
    _status("429", FaultKind.RATE_LIMITED, "rate_limited", "key"),
    _status("500", FaultKind.SERVER_ERROR, "server_error", "model"),
    _status("503", FaultKind.OVERLOADED, "server_error", "model"),
    Row(
        "request read, then nothing",
        _BEFORE,
        Fault(FaultKind.SILENT),
        "replaced",
        "timeout",
        "model",
        engine=Fault(FaultKind.SILENT, at=At.SETUP),
        waits=True,
    ),
    Row(
        "stall",
        _BEFORE,
        Fault(FaultKind.STALL, chunks=0),
        "replaced",
        "timeout",
        "model",
        engine=Fault(FaultKind.STALL, at=At.RESPONSE),
        waits=True,
    ),
    Row(
        "cut",
        _BEFORE,
        Fault(FaultKind.CUT, chunks=0),
        "replaced",
        _LOST,
        "model",
        engine=Fault(FaultKind.CUT, at=At.SETUP),
    ),
    Row(
        "malformed",
        _BEFORE,
        Fault(FaultKind.MALFORMED, chunks=0),
        "replaced",
        "malformed",
        "model",
        engine=Fault(FaultKind.MALFORMED, at=At.CONNECT),
    ),
    Row(
        "truncated",
        _BEFORE,
        Fault(FaultKind.TRUNCATED, chunks=0),
        "replaced",
        "truncated",
        "model",
        engine=Fault(FaultKind.CLOSE, at=At.SETUP),
        engine_cause="connection_lost",
    ),
    Row("empty", _BEFORE, Fault(FaultKind.EMPTY), "replaced", "empty", engine=Fault(FaultKind.EMPTY)),
    _instead("429 in place of an answer", FaultKind.RATE_LIMITED, "rate_limited", "key"),
    _instead("500 in place of an answer", FaultKind.SERVER_ERROR, "server_error", "model"),
    Row("slow", _BEFORE, Fault(FaultKind.SLOW, seconds=0.3), "served", engine=Fault(FaultKind.SLOW, seconds=0.3)),
    Row(
        "stall",
        "mid-stream",
        Fault(FaultKind.STALL, chunks=2),
        "broken",
        "timeout",
        "model",
        engine=Fault(FaultKind.STALL, at=At.AUDIO, words=3),
        waits=True,
    ),
    Row(
        "cut",
        "mid-stream",
        Fault(FaultKind.CUT, chunks=2),
        "broken",
        _LOST,
        "model",
        engine=Fault(FaultKind.CUT, at=At.AUDIO, words=3),
    ),
    Row(
        "malformed",
        "mid-stream",
        Fault(FaultKind.MALFORMED, chunks=2),
        "broken",
        "malformed",
        "model",
        engine=Fault(FaultKind.MALFORMED, at=At.AUDIO, words=3),
        not_for=("tts",),
    ),
    Row(
        "truncated",
        "mid-stream",
        Fault(FaultKind.TRUNCATED),
        "broken",
        "truncated",
        "model",
        engine=Fault(FaultKind.CLOSE, at=At.AUDIO, words=3),
        engine_cause="connection_lost",
    ),
    Row(
        "slow",
        "mid-stream",
        Fault(FaultKind.SLOW, seconds=0),
        "served",
        engine=Fault(FaultKind.SLOW, at=At.AUDIO, words=3, seconds=0.5),
        pace=0.3,
    ),
)
