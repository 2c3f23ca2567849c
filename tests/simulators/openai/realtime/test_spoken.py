"""A whole spoken conversation through the embedded engines, with the `openai` client as the caller."""

from typing import Any

from openai import AsyncOpenAI

from speko.audio import wav_header
from speko.simulators import OpenAISimulator, RealtimeScript, Script
from speko.simulators.openai.realtime.config import SAMPLE_RATE
from tests.simulators.openai.realtime.talk import Talk, connected, silent
from tests.simulators.openai.strict import client
from tests.simulators.test_embedded import need

RING: dict[str, Any] = {
    "type": "function",
    "name": "ring_bell",
    "description": "Rings the bell.",
    "parameters": {"type": "object", "properties": {}},
}
SESSION: dict[str, Any] = {
    "type": "realtime",
    "tools": [RING],
    "audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}},
}
HEARD = "conversation.item.input_audio_transcription.completed"


class Caller:
    """Somebody with a telephone and the voice of the simulator."""

    def __init__(self, openai: AsyncOpenAI, talk: Talk) -> None:
        self.openai = openai
        self.talk = talk

    async def record(self, text: str) -> bytes:
        made = await self.openai.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="pcm")
        return silent(200) + made.content + silent(600)

    async def say(self, text: str) -> None:
        await self.talk.hear(await self.record(text), 100)

    async def answer(self) -> dict[str, Any]:
        """What the vendor heard, and what it answers."""
        response = (await self.talk.until("response.done"))["response"]
        return {"heard": self.talk.of(HEARD)[-1]["transcript"].lower(), **response}

    async def hear(self, pcm: bytes) -> str:
        file = ("answer.wav", wav_header(SAMPLE_RATE, len(pcm)) + pcm)
        return (await self.openai.audio.transcriptions.create(model="whisper-1", file=file)).text.lower()


def said(response: dict[str, Any]) -> str:
    return str(response["output"][0]["content"][0]["transcript"])


async def test_questions_a_tool_and_an_interruption() -> None:
    need("flite")
    need("pocketsphinx")
    script = Script(realtime=RealtimeScript(pace=20, in_step=True))
    async with (
        OpenAISimulator(script=script) as simulator,
        client(simulator) as openai,
        connected(simulator) as talk,
    ):
        caller = Caller(openai, talk)
        await talk.send("session.update", session=SESSION)

        await caller.say("What is twelve times twelve?")
        first = await caller.answer()
        assert "twelve times twelve" in first["heard"]
        assert "144" in said(first)
        assert "forty four" in (await caller.hear(talk.sound())).replace("-", " ")

        await caller.say("Please say that again.")
        again = await caller.answer()
        assert "144" in said(again)

        await caller.say("Please ring the bell.")
        (call,) = (await caller.answer())["output"]
        assert (call["type"], call["name"]) == ("function_call", "ring_bell")
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "the bell is ringing"}
        await talk.send("conversation.item.create", item=output)
        assert "ring" in said(await talk.answer())

        question = await caller.record("What is twelve times three?")
        await caller.say("Count from one to thirty.")
        await talk.until("response.output_audio.delta")
        await talk.hear(question, 100)
        cut = await caller.answer()
        assert cut["status_details"]["reason"] == "turn_detected"
        (item,) = cut["output"]
        end = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 100}
        await talk.send("conversation.item.truncate", **end)
        assert "36" in said(await caller.answer())
    (session,) = simulator.realtime.sessions
    assert [response.status for response in session.responses] == [*["completed"] * 4, "cancelled", "completed"]
    assert len(session.heard) == session.commits == 5
    assert len(session.truncations) == 1
    assert all(response.text == response.spoken for response in session.responses if response.status == "completed")
