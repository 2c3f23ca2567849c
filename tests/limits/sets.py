"""The places of sessions as Redis keeps them, without Redis."""

from speko.limits.concurrency import Concurrency
from speko.limits.sharing import Command


class Sets:
    """What the script does in Redis."""

    def __init__(self) -> None:
        self.lapse: dict[str, dict[str, float]] = {}

    def run(self, process: Concurrency, now: float, *, afresh: bool = False) -> None:
        commands = process.outgoing(now, afresh=afresh)
        process.incoming([self._do(command, now) for command in commands], now)

    def _do(self, command: Command, now: float) -> int:
        places = self.lapse.setdefault(command.keys[0], {})
        for lapsed in [session for session, at in places.items() if at <= now]:
            del places[lapsed]
        for session, lasts in zip(command.arguments[::2], command.arguments[1::2], strict=True):
            if int(lasts) > 0:
                places[str(session)] = max(places.get(str(session), 0.0), now + int(lasts) / 1e3)
            else:
                places.pop(str(session), None)
        return len(places)
