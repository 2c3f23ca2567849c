"""Faults that a simulated vendor commits on purpose, one table for all vendors.

A `Fault` says what goes wrong and for which requests; a `FaultPlan` counts the requests and decides, without I/O.
"""

import random
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class FaultKind(StrEnum):
    """What goes wrong. The value is the word that the command line and the control address take."""

    REFUSE = "refuse"
    """The connection is reset as soon as the request's head shows that it is meant; no byte of an answer. The port
    still listens, because the control address lives on it: for a true "connection refused" within one process use
    `Simulator.port_closed()`, elsewhere a port on which nothing runs."""
    BAD_REQUEST = "400"
    UNAUTHORIZED = "401"
    PAYMENT_REQUIRED = "402"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_LARGE = "413"
    UNSUPPORTED_MEDIA = "415"
    UNPROCESSABLE = "422"
    RATE_LIMITED = "429"
    """With `Retry-After`, as `Fault.retry_after` says."""
    QUOTA = "quota"
    """Also 429, but because the account has nothing left; without `Retry-After`."""
    SERVER_ERROR = "500"
    OVERLOADED = "503"
    """With `Retry-After`, as `Fault.retry_after` says."""
    SILENT = "silent"
    """The request is read to its end and nothing is ever said, until the client leaves."""
    STALL = "stall"
    """Head and `Fault.chunks` chunks of the answer, then nothing more, until the client leaves."""
    CUT = "cut"
    """Head and `Fault.chunks` chunks of the answer, then the connection is reset."""
    MALFORMED = "malformed"
    """In an event stream, after `Fault.chunks` events, one whose JSON is broken. Any other answer, and an event stream
    with `chunks` 0, is a page of HTML with status 200, as proxies send it."""
    TRUNCATED = "truncated"
    """An event stream ends in good order on the wire, but without the vendor's own end mark. Any other body is shorter
    than its `Content-Length`. With `Fault.chunks` 0 the head is all there is."""
    EMPTY = "empty"
    """All in good order, but nothing is said: no text, no tool call, no audio."""
    SLOW = "slow"
    """The first byte comes `Fault.seconds` late."""

    # Only in conversations over a socket.
    CLOSE = "close"
    """The socket is closed in good order, with `Fault.code`."""
    SESSION_ERROR = "session_error"
    """The vendor says that the session has lasted long enough, and closes it."""
    LATE_PONG = "late_pong"
    """Every ping is answered `Fault.seconds` late."""
    DISORDER = "disorder"
    """The user's transcript comes after the response, and the response's transcript after its sound."""
    GIANT = "giant"
    """The sound of a response comes in one message of several megabytes."""

    @property
    def status(self) -> int | None:
        """The HTTP status that is the whole fault; None for faults that are more than a status."""
        if self is FaultKind.QUOTA:
            return 429
        return int(self.value) if self.value.isdigit() else None


class Stage(StrEnum):
    """Where in a conversation over a socket a fault happens."""

    CONNECT = "connect"
    """Before the socket is accepted."""
    SETUP = "setup"
    """After that, before the vendor's first word."""
    TRANSCRIPTION = "transcription"
    """Before the transcript of something the user said."""
    RESPONSE = "response"
    """In place of the beginning of a response: it was asked for, and does not start."""
    CALL = "call"
    """In the middle of the arguments of a tool call."""
    FIRST_AUDIO = "first_audio"
    """After the beginning of a response, before its first sound."""
    AUDIO = "audio"
    """In the middle of a response: after `Fault.chunks` messages of sound, or after the sound of `Fault.words`."""


_AT_CONNECT = frozenset({FaultKind.REFUSE, FaultKind.SILENT, FaultKind.SLOW})


class Fault(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault and the requests it falls upon: of those that `path` names, the first `after` are spared, then it
    falls upon `times`, each with `probability`."""

    kind: FaultKind
    path: str | None = None
    """Operation as the simulator calls it (`chat`, `transcriptions`, `speech`, `realtime`, `models`); None = all."""
    times: Annotated[int, Meta(ge=1)] | None = None
    """How many requests it falls upon; None = all that come."""
    after: Annotated[int, Meta(ge=0)] = 0
    """Requests that are spared first."""
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    seed: int = 0
    """Of the dice for `probability`."""
    chunks: Annotated[int, Meta(ge=0)] = 2
    """Chunks of the answer before `stall`, `cut` and `malformed`; 0 = the head alone. The first event of a chat says no
    word yet, so 2 is the first word. Of a body in one piece the first half goes out."""
    seconds: Annotated[float, Meta(ge=0)] = 1.0
    """Delay of `slow`, in seconds."""
    retry_after: str | None = "1"
    """Value of `Retry-After` as it is sent, seconds or an HTTP date; None = no such header."""
    at: Stage | None = None
    """Conversations: where it happens. None = `connect` for a status, `refuse`, `silent` and `slow`; else `audio`."""
    turn: Annotated[int, Meta(ge=0)] = 1
    """Conversations: the response (for `transcription`: the utterance) of the session that it falls upon, from 1;
    0 = each."""
    words: Annotated[int, Meta(ge=0)] | None = None
    """Conversations: words of the response whose sound is sent before `audio`; None = as `chunks` says."""
    code: Annotated[int, Meta(ge=1000, le=4999)] = 1011
    """Close code of `close`."""

    def __post_init__(self) -> None:
        # msgspec checks the bounds above only when it decodes; tests write faults in Python.
        if not 0 <= self.probability <= 1:
            raise ValueError("probability lies between 0 and 1")
        if (self.times is not None and self.times < 1) or min(self.after, self.chunks, self.seconds) < 0:
            raise ValueError("times is at least 1; after, chunks and seconds are not negative")
        if min(self.turn, self.words or 0) < 0 or not 1000 <= self.code <= 4999:
            raise ValueError("turn and words are not negative; code lies between 1000 and 4999")
        if self.at is Stage.CONNECT and self.kind in (FaultKind.CLOSE, FaultKind.SESSION_ERROR):
            raise ValueError("what is not connected cannot be closed: use refuse or the stage setup")
        if self.retry_after is not None and not self.retry_after.isprintable():
            raise ValueError("retry_after has to fit into a header")

    @property
    def stage(self) -> Stage:
        """Where it happens in a conversation."""
        if self.at is not None:
            return self.at
        return Stage.CONNECT if self.kind in _AT_CONNECT or self.kind.status is not None else Stage.AUDIO

    def falls(self, stage: Stage, turn: int) -> bool:
        """Whether it happens at this stage of this response (or utterance) of a conversation."""
        return self.stage is stage and self.turn in (0, turn)


class FaultPlan:
    """Decides, request by request, whether a fault falls upon it."""

    def __init__(self, fault: Fault | None) -> None:
        self.fault = fault
        self._spare = fault.after if fault else 0
        self._left = fault.times if fault else 0
        self._dice = random.Random(fault.seed if fault else 0)

    def next(self, operation: str) -> Fault | None:
        """The fault that falls upon the request that has just come in for `operation`, or None."""
        fault = self.fault
        if fault is None or (fault.path is not None and fault.path != operation) or self._left == 0:
            return None
        if self._spare:
            self._spare -= 1
            return None
        if fault.probability < 1 and self._dice.random() >= fault.probability:
            return None
        if self._left is not None:
            self._left -= 1
        return fault
