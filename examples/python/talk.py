"""Asks a spoken question and keeps the spoken answer.

    SPEKO_API_KEY=sk_live_… python talk.py question.wav answer.wav

The question is a mono WAV file of 16 bits at 16000 or 24000 Hz. `SPEKO_BASE_URL` says where the gateway is; without
it, on this machine.
"""

import asyncio
import os
import sys
import wave

from speko import AsyncRealtimeSession, AsyncSpeko


async def speak(session: AsyncRealtimeSession, pcm: bytes) -> None:
    """Sends the question as a microphone would: 20 ms every 20 ms, and silence behind it until the answer is there."""
    size = session.input_sample_rate // 50 * 2
    while True:
        frame, pcm = pcm[:size], pcm[size:]
        await session.send_audio(frame.ljust(size, b"\0"))
        await asyncio.sleep(0.02)


async def main() -> int:
    question, answer = sys.argv[1:3]
    with wave.open(question, "rb") as file:
        rate, pcm = file.getframerate(), file.readframes(file.getnframes())
    spoken, failure = b"", None
    params = {"intent": {"language": "en"}, "input_sample_rate": rate, "output_sample_rate": rate}
    async with (
        AsyncSpeko(api_key=os.environ.get("SPEKO_API_KEY", "")) as speko,
        await speko.connect_realtime(params) as session,
    ):
        speaking = asyncio.create_task(speak(session, pcm))
        async for frame in session:
            if frame["type"] == "audio":
                spoken += frame["pcm"]
            elif frame["type"] == "transcript" and frame["final"]:
                print(f"{frame['role']}: {frame['text']}")
            elif frame["type"] == "turn" and frame["stage"] == "response_done":
                break
            elif frame["type"] == "error":
                failure = f"{frame['code']}: {frame['message']}"
        speaking.cancel()
    if not spoken:
        print(failure or "There was no answer.", file=sys.stderr)
        return 1
    with wave.open(answer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(session.output_sample_rate)
        file.writeframes(spoken)
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
