"""The fault of a session, and how it is committed on its socket. The table stands in the package's docstring."""

import asyncio
from typing import Any

from speko.simulators.answer import hold
from speko.simulators.faults import Fault, FaultKind, Stage
from speko.simulators.openai.errors import error_row
from speko.simulators.openai.realtime.errors import Complaint
from speko.simulators.openai.realtime.items import new_id
from speko.simulators.openai.realtime.socket import Gone, Socket

_EXPIRED = "Your session hit the maximum duration of 60 minutes."


class Failed(Exception):
    """A response (or a transcription) fails; `members` is the vendor's error."""

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(members["code"])
        self.members = members


class Dropped(Exception):
    """A response ends without its last events."""


class Saboteur:
    """Commits the fault of one session, where there is one."""

    def __init__(self, fault: Fault | None, socket: Socket) -> None:
        self.fault = fault
        self._socket = socket

    def suffers(self, kind: FaultKind, turn: int) -> bool:
        """Whether a fault of this kind falls upon this response, whatever its stage."""
        return self.fault is not None and self.fault.kind is kind and self.fault.turn in (0, turn)

    def is_due(self, turn: int, deltas: int, words: int) -> bool:
        """Whether `audio` is reached in this response: so many messages of sound are sent, so many words complete."""
        fault = self.fault
        if fault is None or not fault.falls(Stage.AUDIO, turn):
            return False
        return deltas >= fault.chunks if fault.words is None else words >= fault.words

    def cut_after(self, turn: int) -> int | None:
        """The word of this response with whose sound a message has to end."""
        return self.fault.words if self.fault is not None and self.fault.falls(Stage.AUDIO, turn) else None

    async def strike(self, stage: Stage, turn: int = 1) -> None:
        """Commits the fault, if it falls upon this stage of this response (or utterance).

        Raises:
            Failed: the response, the transcription or the set-up fails.
            Gone: the socket is closed.
        """
        fault = self.fault
        if fault is None or not fault.falls(stage, turn):
            return
        if fault.kind.status is not None:
            row = error_row(fault.kind)
            raise Failed({"type": row.type, "code": row.code, "message": row.message})
        match fault.kind:
            case FaultKind.REFUSE | FaultKind.CUT:
                await self._socket.reset()
                raise Gone
            case FaultKind.CLOSE:
                await self._socket.close(fault.code, "")
                raise Gone
            case FaultKind.SESSION_ERROR:
                complaint = Complaint(_EXPIRED, "session_expired")
                await self._socket.send(error_event(complaint))
                await self._socket.close(1001, _EXPIRED)
                raise Gone
            case FaultKind.SILENT | FaultKind.STALL:
                self._socket.mute()
                # The reader goes on: it answers pings.
                if stage is not Stage.SETUP:
                    await hold()
            case FaultKind.SLOW:
                await asyncio.sleep(fault.seconds)
            case FaultKind.MALFORMED:
                await self._socket.send_broken()


def error_event(complaint: Complaint, event_id: str | None = None) -> dict[str, Any]:
    """An `error` event; `event_id` is that of the client event that it is about."""
    return {"type": "error", "event_id": new_id("event"), "error": complaint.members(event_id)}
