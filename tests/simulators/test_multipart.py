import httpx
import pytest
from aiohttp import FormData
from hypothesis import given
from hypothesis import strategies as st

from speko.multipart import MAX_HEAD, MAX_PARTS
from speko.simulators.multipart import File, FormError, parse_form

TYPE = 'multipart/form-data; boundary="b"'
PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n'
END = b"--b--\r\n"

names = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="%"), min_size=1, max_size=20)
values = st.text(max_size=200)


@given(fields=st.dictionaries(names, values, max_size=5), data=st.binary(max_size=2000), filename=names)
def test_reads_what_httpx_writes(fields: dict[str, str], data: bytes, filename: str) -> None:
    request = httpx.Request("POST", "http://x", data=fields, files={"file": (filename, data, "audio/wav")})
    form = parse_form(request.headers["content-type"], request.read())
    assert form.fields == {name: [value] for name, value in fields.items()}
    assert form.files == {"file": [File(filename, "audio/wav", data)]}


async def test_reads_what_aiohttp_writes() -> None:
    form = FormData()
    form.add_field("model", "whisper-1")
    form.add_field("file", b"\0\r\n--", filename="a.wav", content_type="audio/wav")
    payload = form()
    body = await payload.as_bytes()
    read = parse_form(payload.headers["Content-Type"], body)
    assert read.field("model") == "whisper-1"
    assert read.files == {"file": [File("a.wav", "audio/wav", b"\0\r\n--")]}


def test_a_name_may_come_twice() -> None:
    form = parse_form(TYPE, PART + PART + END)
    assert form.fields == {"a": ["value", "value"]}
    assert form.field("missing") is None


def test_a_form_may_be_empty_and_have_text_around_it() -> None:
    assert parse_form(TYPE, END).fields == {}
    assert parse_form(TYPE, b"preamble\r\n" + PART + b"--b--epilogue").field("a") == "value"


def test_an_extended_filename_makes_a_file() -> None:
    part = PART.replace(b'"a"', b"\"a\"; filename*=UTF-8''x.wav")
    assert parse_form(TYPE, part + END).files["a"][0].data == b"value"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", PART + END),
        ("application/json", PART + END),
        ("multipart/form-data", PART + END),
        ("multipart/form-data; boundary=", PART + END),
        (f"multipart/form-data; boundary={'b' * 71}", PART + END),
        (TYPE, b""),
        (TYPE, PART),
        (TYPE, PART + b"--b"),
        (TYPE, PART.replace(b"\r\n\r\n", b"\r\n") + END),
        (TYPE, PART.replace(b"--b\r\n", b"--bb\r\n") + END),
        (TYPE, PART.replace(b'name="a"', b"") + END),
        (TYPE, PART.replace(b"form-data", b"attachment") + END),
        (TYPE, PART.replace(b"Content-Disposition:", b"Content-Disposition") + END),
        (TYPE, PART.replace(b"value", b"\xff") + END),
        (TYPE, PART.replace(b'"a"', b'"\xff"') + END),
        (TYPE, PART.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + END),
        (TYPE, PART.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * MAX_HEAD + b"\r\n\r\n") + END),
        (TYPE, PART * (MAX_PARTS + 1) + END),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(FormError):
        parse_form(content_type, body)


def test_as_many_parts_as_allowed() -> None:
    assert len(parse_form(TYPE, PART * MAX_PARTS + END).fields["a"]) == MAX_PARTS


fragments = st.sampled_from(
    [b"--b", b"--", b"\r\n", b"\r\n\r\n", PART, END, b'name="', b"filename=", b'"', b"\\", b":"]
)


@given(
    content_type=st.just(TYPE) | st.text(max_size=60), body=st.lists(fragments | st.binary(max_size=20)).map(b"".join)
)
def test_garbage_is_a_form_or_an_error_without_its_words(content_type: str, body: bytes) -> None:
    try:
        parse_form(content_type, body)
    except FormError as error:
        assert str(error) in MESSAGES


MESSAGES = {
    "a boundary is followed by something else",
    "a header of a part is malformed",
    "a part has a transfer encoding that forms do not use",
    "a part has no name",
    "a text of the form is not UTF-8",
    "the Content-Type has no valid boundary",
    "the body has to be multipart/form-data",
    "the closing boundary is missing",
    "the headers of a part are too long",
    "too many parts",
}
