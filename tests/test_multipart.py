"""Forms as they arrive: what is sent comes out again, however it is cut, and garbage is refused."""

import tracemalloc
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.multipart import MAX_HEAD, MAX_PARTS, FormError, FormParser, Part

TYPE = "multipart/form-data; boundary=frontier"
Found = list[tuple[Part, bytes]]


def parse(body: bytes, cuts: list[int] | None = None, content_type: str = TYPE) -> Found:
    """The parts of a body that comes in pieces, cut at these positions."""
    parser = FormParser(content_type)
    found: list[tuple[Part, bytearray]] = []
    for start, end in pairwise([0, *sorted(min(cut, len(body)) for cut in cuts or ()), len(body)]):
        for event in parser.feed(body[start:end]):
            if isinstance(event, Part):
                found.append((event, bytearray()))
            else:
                assert event, "no empty pieces"
                found[-1][1].extend(event)
    parser.end()
    return [(part, bytes(content)) for part, content in found]


def form(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        b'--frontier\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (n.encode(), c) for n, c in parts
    )
    return body + b"--frontier--\r\n"


NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda name: not {"\\", "%"} & set(name)
)
CONTENTS = st.binary(max_size=200) | st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"frontie", b"\r\n--frontie", b"x"]), max_size=8
).map(b"".join)
CUTS = st.lists(st.integers(0, 2000), max_size=12)


@given(st.lists(st.tuples(NAMES, CONTENTS, NAMES | st.none()), min_size=1, max_size=5), CUTS)
def test_what_a_client_sends_comes_out_however_it_is_cut(
    parts: list[tuple[str, bytes, str | None]], cuts: list[int]
) -> None:
    files = [(name, (filename, content)) for name, content, filename in parts]
    request = httpx.Request("POST", "http://gateway", files=files)
    body = request.read()
    found = parse(body, cuts, request.headers["content-type"])
    assert [(p.name, p.filename, content) for p, content in found] == [(n, f, c) for n, c, f in parts]


@given(CONTENTS, CUTS)
def test_what_looks_like_a_boundary_is_content(content: bytes, cuts: list[int]) -> None:
    assert parse(form(("a", content), ("b", b"")), cuts) == parse(form(("a", content), ("b", b"")))
    assert [c for _, c in parse(form(("a", content), ("b", b"")), cuts)] == [content, b""]


TOKENS = [
    b"--frontier", b"--", b"\r\n", b"\r\n\r\n", b" ", b"\xff", b'Content-Disposition: form-data; name="a"',
    b"Content-Disposition: form-data", b"content-type: audio/wav", b"x", b":", b'"', b'; filename="y"',
]  # fmt: skip


@given(st.lists(st.sampled_from(TOKENS), max_size=20).map(b"".join) | st.binary(max_size=300), CUTS)
def test_garbage_is_refused_or_read_and_cuts_do_not_matter(body: bytes, cuts: list[int]) -> None:
    def outcome(at: list[int]) -> Found | None:
        try:
            return parse(body, at)
        except FormError:
            return None

    assert outcome(cuts) == outcome([]) == outcome(list(range(len(body))))


@given(st.text(max_size=80) | st.text(max_size=40).map(lambda text: f"multipart/form-data; boundary={text}"))
def test_any_content_type_is_understood_or_refused(content_type: str) -> None:
    try:
        FormParser(content_type)
    except FormError:
        return
    assert content_type.strip().lower().startswith("multipart/form-data")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--frontier",
        b"--frontier\r\n",
        form(("a", b"1"))[:-4],
        b"--frontierX\r\n\r\n\r\n--frontier--",
        b"--frontier" + b" " * 300 + b"\r\n\r\n\r\n--frontier--",
        b"--frontier\r\n\r\nno name\r\n--frontier--",
        b"--frontier\r\nContent-Disposition: form-data\r\n\r\nx\r\n--frontier--",
        b'--frontier\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n--frontier--',
        b'--frontier\r\nContent-Disposition: form-data; name="a"\r\nno colon\r\n\r\nx\r\n--frontier--',
        b'--frontier\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n'
        b"--frontier--",
        b'--frontier\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--frontier--',
        b"--frontier\r\nX: " + b"x" * MAX_HEAD + b"\r\n\r\n",
        form(*[("a", b"")] * (MAX_PARTS + 1)),
    ],
)
def test_what_is_no_form(body: bytes) -> None:
    with pytest.raises(FormError):
        parse(body)


def test_names_and_types() -> None:
    body = (
        b"a preamble\r\n--frontier \t\r\n"
        b'content-disposition: form-data; name="fi\\"le"; filename="a%22b;c.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        b"sound\r\n--frontier--\r\nan epilogue --frontier"
    )
    assert parse(body) == [(Part('fi"le', 'a"b;c.wav', "audio/wav"), b"sound")]


def test_a_long_file_is_never_held() -> None:
    parser = FormParser(TYPE)
    piece = b"\r\n--frontie" * 6000
    assert list(parser.feed(form(("a", b""))[: -len(b"\r\n--frontier--\r\n")]))
    tracemalloc.start()
    try:
        seen = sum(len(event) for _ in range(200) for event in parser.feed(piece) if isinstance(event, bytes))
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen >= 199 * len(piece)
    assert peak < 10 * len(piece), (held, peak)
