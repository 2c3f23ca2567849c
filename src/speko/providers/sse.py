"""Server-sent events, decoded as they arrive.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (event stream interpretation). Only the data is
kept: no vendor we speak to puts anything into `event`, `id` or `retry` that the data does not say as well.
"""

from speko.providers.errors import MalformedResponse

MAX_EVENT_BYTES = 2**20
_BOM = b"\xef\xbb\xbf"


class SseDecoder:
    """Turns the bytes of one stream into the data of its events. No I/O.

    Lines end with LF, CRLF or CR; reads may split the stream anywhere. An event without data, or with empty data, gives
    nothing.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._line: list[bytes] = []  # pieces of a line that has not ended yet
        self._line_bytes = 0
        self._data: list[bytes] = []  # data lines of an event that has not ended yet
        self._data_bytes = 0
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of all events that `chunk` completes, in order.

        Raises:
            MalformedResponse: an event is larger than the limit.
        """
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = chunk.rfind(b"\n") + 1
        if not end:
            self._hold(chunk)
            return []
        text = chunk[:end]
        if self._line:
            text = b"".join((*self._line, text))
            self._line.clear()
            self._line_bytes = 0
        if end < len(chunk):
            self._hold(chunk[end:])
        if self._at_start:
            self._at_start = False
            text = text.removeprefix(_BOM)
        return self._decode(text)

    def finish(self) -> list[bytes]:
        """The data of an event that the end of the stream cut off, if it has any.

        The specification drops it. Some servers end with `data: [DONE]` and no blank line, so the caller decides.
        """
        rest = b"".join(self._line).removeprefix(_BOM if self._at_start else b"")
        self._line.clear()
        done: list[bytes] = []
        if rest:
            self._take_line(rest, done)
        self._take_line(b"", done)
        return done

    def _hold(self, piece: bytes) -> None:
        self._line_bytes += len(piece)
        if self._line_bytes > self._max:
            raise _too_large()
        self._line.append(piece)

    def _decode(self, text: bytes) -> list[bytes]:
        """`text` is complete lines."""
        if not self._data and len(text) <= self._max and text.startswith(b"data: ") and text.endswith(b"\n\n"):
            # What nearly every vendor sends: events of one data line each. Then this is all there is to do.
            events = text[6:-2].split(b"\n\ndata: ")
            if text.count(b"\n") == 2 * len(events) and b"" not in events:
                return events
        done: list[bytes] = []
        for line in text[:-1].split(b"\n"):
            self._take_line(line, done)
        return done

    def _take_line(self, line: bytes, done: list[bytes]) -> None:
        if not line:
            if self._data:
                data = b"\n".join(self._data)
                self._data.clear()
                self._data_bytes = 0
                if data:
                    done.append(data)
            return
        if len(line) > self._max:
            raise _too_large()
        name, _, value = line.partition(b":")
        if name != b"data":
            return
        value = value.removeprefix(b" ")
        self._data_bytes += len(value) + 1
        if self._data_bytes > self._max:
            raise _too_large()
        self._data.append(value)


def _too_large() -> MalformedResponse:
    return MalformedResponse("the vendor sent an event that is too large")
