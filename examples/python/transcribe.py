"""Prints what is said in an audio file, while it is heard.

    SPEKO_API_KEY=sk_live_… python transcribe.py question.wav

`SPEKO_BASE_URL` says where the gateway is; without it, on this machine.
"""

import os
import sys
from pathlib import Path

from speko import Speko, StreamError, TranscribeDone, TranscriptEvent


def main() -> int:
    audio = Path(sys.argv[1]).read_bytes()
    with (
        Speko(api_key=os.environ.get("SPEKO_API_KEY", "")) as speko,
        speko.transcribe_stream(audio, language="en", optimize_for="accuracy") as events,
    ):
        for event in events:
            if isinstance(event, TranscriptEvent) and event.is_final:
                print(event.text)
            elif isinstance(event, TranscribeDone):
                print(f"heard by {event.provider}/{event.model}, failovers: {event.failover_count}", file=sys.stderr)
            elif isinstance(event, StreamError):
                print(f"{event.code}: {event.error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
