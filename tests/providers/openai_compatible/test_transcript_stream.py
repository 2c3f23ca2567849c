"""The events of a streamed transcription, without a network."""

from typing import Any

import pytest
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent

from speko.providers.errors import MalformedResponse, ProviderUnavailable
from speko.providers.openai_compatible.transcript_stream import TranscriptStream
from speko.providers.stt import Transcript


def delta(text: str) -> bytes:
    return TranscriptionTextDeltaEvent(delta=text, type="transcript.text.delta").model_dump_json().encode()


def done(text: str, usage: dict[str, Any] | None = None) -> bytes:
    fields = {"text": text, "type": "transcript.text.done", "usage": usage}
    return TranscriptionTextDoneEvent.model_validate(fields).model_dump_json().encode()


TOKENS = {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59}


def fresh() -> TranscriptStream:
    return TranscriptStream(lambda error: ProviderUnavailable(str(error)))


def test_interim_transcripts_are_cumulative() -> None:
    stream = fresh()
    assert stream.take([delta("Good")]) == [Transcript("Good", is_final=False)]
    assert stream.take([delta(" mor"), delta("ning")]) == [Transcript("Good morning", is_final=False)]
    assert not stream.done
    assert stream.take([done("Good morning.", TOKENS)]) == [Transcript("Good morning.", is_final=True)]
    assert stream.done


def test_of_one_read_only_the_last_word_counts() -> None:
    assert fresh().take([delta("Good"), delta(" day"), done("Good day.")]) == [Transcript("Good day.", is_final=True)]


def test_silence() -> None:
    stream = fresh()
    assert stream.take([delta(""), delta("  ")]) == []
    assert stream.take([done(" ")]) == []
    assert stream.done


def test_other_events_and_marks_are_passed_over() -> None:
    assert fresh().take([b'{"type": "transcript.text.segment", "text": "x"}', b"[DONE]"]) == []


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"delta": 7}', b"\xff", b'{"a":1},{}'])
def test_events_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(MalformedResponse):
        fresh().take([data])


def test_an_error_in_the_middle() -> None:
    with pytest.raises(ProviderUnavailable):
        fresh().take([delta("Good"), b'{"error": {"message": "boom"}}'])
