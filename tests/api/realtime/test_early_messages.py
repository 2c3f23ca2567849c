"""What is kept for a session that is not there yet: in order, and never more than so much."""

from hypothesis import given, settings
from hypothesis import strategies as st

from speko.api.realtime.early_messages import EarlyMessages
from speko.realtime.early import MOST_BYTES, MOST_FRAMES
from speko.realtime.unanswered import EARLY_BYTES

SAID = st.lists(st.one_of(st.binary(max_size=9), st.text(max_size=3)), max_size=60)


@settings(max_examples=200, deadline=None)
@given(SAID)
def test_everything_comes_out_in_order(said: list[bytes | str]) -> None:
    early = EarlyMessages()
    for message in said:
        assert early.audio(message) if isinstance(message, bytes) else early.text(message.encode())
    out = list(early.take())
    assert joined(out) == joined(
        [(isinstance(m, bytes), m if isinstance(m, bytes) else m.encode()) for m in said if m or isinstance(m, str)]
    )
    odd = [data for is_audio, data in out if is_audio and len(data) & 1]
    assert odd == [m for m in said if isinstance(m, bytes) and len(m) & 1], "half samples are whole frames of their own"
    assert list(early.take()) == [], "each is given out once"


def joined(messages: list[tuple[bool, bytes]]) -> list[tuple[bool, bytes]]:
    """Even audio without a frame between is one stretch."""
    out: list[tuple[bool, bytes]] = []
    for is_audio, data in messages:
        plain = is_audio and not len(data) & 1
        if plain and out and out[-1][0] and not len(out[-1][1]) & 1:
            out[-1] = (True, out[-1][1] + data)
        else:
            out.append((is_audio, data))
    return out


def test_of_too_much_audio_the_oldest_goes() -> None:
    early = EarlyMessages()
    early.text(b"first")
    whole = b"".join(number.to_bytes(2, "little") * 320 for number in range(2000))
    for at in range(0, len(whole), 640):
        assert early.audio(whole[at : at + 640])
    (is_audio, text), *audio = early.take()
    assert (is_audio, text) == (False, b"first"), "no word is dropped"
    kept = b"".join(data for _, data in audio)
    assert whole.endswith(kept)
    assert EARLY_BYTES - 8192 <= len(kept) <= EARLY_BYTES


def test_a_million_tiny_frames_are_few_pieces() -> None:
    early = EarlyMessages()
    for _ in range(500_000):
        early.audio(b"\x01\x00")
        early.audio(b"")
    pieces = list(early.take())
    assert len(pieces) <= EARLY_BYTES // 4096 + 1
    assert b"".join(data for _, data in pieces) == b"\x01\x00" * 500_000


def test_too_many_text_frames_and_half_samples_are_too_much() -> None:
    early, odd = EarlyMessages(), EarlyMessages()
    assert all(early.text(b"{}") for _ in range(MOST_FRAMES))
    assert not early.text(b"{}")
    assert all(odd.audio(b"\x01") for _ in range(MOST_FRAMES))
    assert not odd.audio(b"\x01")


def test_too_much_text_is_too_much() -> None:
    early = EarlyMessages()
    assert early.text(b"x" * MOST_BYTES)
    assert not early.text(b"x")
