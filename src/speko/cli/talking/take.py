"""A recording of both sides, as they sounded together."""

from speko.cli.talking.wav import write_wav


class Take:
    """Two channels on one clock. Times are seconds of any monotonic clock; samples at `rate` Hz."""

    def __init__(self, rate: int, began: float) -> None:
        self._rate = rate
        self._began = began
        self._user = bytearray()
        self._agent = bytearray()

    def user(self, at: float, pcm: bytes) -> None:
        """What the user says at a time."""
        self._place(self._user, at, pcm)

    def agent(self, at: float, pcm: bytes) -> None:
        """What the agent says at a time."""
        self._place(self._agent, at, pcm)

    def save(self, name: str) -> None:
        """The user on the left, the agent on the right. Raises CommandError."""
        write_wav(name, self._rate, bytes(self._user), bytes(self._agent))

    def _place(self, channel: bytearray, at: float, pcm: bytes) -> None:
        # Sound comes in order; what seems to come before the end of the last is the jitter of the clock.
        silence = 2 * max(0, round((at - self._began) * self._rate)) - len(channel)
        if silence > 0:
            channel += bytes(silence)
        channel += pcm
