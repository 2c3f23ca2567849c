from typing import get_args

import msgspec
import pytest

from speko.providers.embedded.sphinx import messages
from speko.providers.embedded.sphinx.messages import (
    LENGTH_BYTES,
    Answer,
    Done,
    Failed,
    Heard,
    Job,
    Ready,
    Words,
    decode_answer,
    decode_job,
    encode,
    frame,
)

EXAMPLES = [
    Ready(),
    Heard((Words("good morning", True, 0.5), Words("ünï", False, None))),
    Done(),
    Failed("ValueError"),
]


def body(message: Job | Answer) -> bytes:
    encoded = encode(message)
    assert int.from_bytes(encoded[:LENGTH_BYTES], "little") == len(encoded) - LENGTH_BYTES
    return encoded[LENGTH_BYTES:]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: type(m).__name__)
def test_answers_there_and_back(message: Answer) -> None:
    assert decode_answer(body(message)) == message


def test_every_answer_is_among_the_examples() -> None:
    assert {type(message) for message in EXAMPLES} == set(get_args(messages.Answer))


@pytest.mark.parametrize("interim", [True, False])
def test_a_job_there_and_back(interim: bool) -> None:
    assert decode_job(body(Job(interim))) == Job(interim)


@pytest.mark.parametrize("junk", [b"", b"\xc1", b"hello", body(Job(True))])
def test_anything_else_is_refused(junk: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_answer(junk)


def test_an_empty_frame_is_just_a_length() -> None:
    assert frame(b"") == b"\x00\x00\x00\x00"
