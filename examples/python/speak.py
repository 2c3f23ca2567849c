"""Writes a sentence into a WAV file, while it is spoken.

    SPEKO_API_KEY=sk_live_… python speak.py "Good morning." morning.wav

`SPEKO_BASE_URL` says where the gateway is; without it, on this machine.
"""

import os
import sys
import wave

from speko import Speko


def main() -> int:
    text, path = sys.argv[1:3]
    with (
        Speko(api_key=os.environ.get("SPEKO_API_KEY", "")) as speko,
        speko.synthesize_stream(text, language="en", optimize_for="latency") as speech,
        wave.open(path, "wb") as file,
    ):
        # For instance `audio/pcm;rate=24000`: 16-bit samples, one channel.
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(int(speech.content_type.partition("rate=")[2]))
        rest = b""
        for chunk in speech:
            data = rest + chunk
            whole = len(data) // 2 * 2
            file.writeframes(data[:whole])
            rest = data[whole:]
    print(f"spoken by {speech.provider}/{speech.model}, failovers: {speech.failover_count}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
