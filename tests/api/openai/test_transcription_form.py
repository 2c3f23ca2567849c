"""The fields beside the file of `/v1/audio/transcriptions`: whatever they hold, the recogniser is asked what they say,
or the one that is wrong is named."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from speko.api.openai.naming import AUTO_NAMES
from speko.routing.intent import InvalidIntent, normalize_language
from tests.api.openai.doors import doors, wav
from tests.api.openai.near_valid import TEXTS
from tests.api.running import Running, until
from tests.api.vendors import Scripted

PATH = "/v1/audio/transcriptions"
Field = tuple[str, tuple[str | None, bytes]]
"""Name, and file name (None = a plain field) with content, as httpx takes them."""
SOUND = wav(10)
NOT_SERVED = ("timestamp_granularities", "include", "known_speaker_names", "known_speaker_references")
RIGHT: dict[str, list[str]] = {
    "model": ["auto", "auto:latency", "alpha:ears", "ears"],
    "response_format": ["json", "text", "verbose_json", ""],
    "language": ["en", "de-AT", "pt_br", "auto", "multi", " fr ", ""],
    "languages[]": ["es", "auto"],
    "temperature": ["0", "0.2", "1", "1e-3", ""],
    "stream": ["true", "false", "True", ""],
    "prompt": ["Speko, Zürich", ""],
    "keywords": ["one"],
    "keywords[]": ["two", "👩\u200d👧"],
    "chunking_strategy": ["auto"],
}
WRONG: dict[str, list[str]] = {
    "model": ["alpha", "auto:best", "", "x" * 300, "eyes\x00"],
    "response_format": ["srt", "JSON", "null"],
    "language": ["english", "e"],
    "languages[]": ["english", " "],
    "temperature": ["1.5", "-1", "nan", "hot", "0,5", "9" * 5000],
    "stream": ["1", "yes"],
    "timestamp_granularities[]": ["word", ""],
    "include": ["logprobs"],
}
ODD = TEXTS.map(str.encode) | st.sampled_from([b"\xff", b"a\xed\xa0\x80"])


@st.composite
def fields(draw: st.DrawFn) -> list[Field]:
    """A form in any order; in half of them nothing is wrong."""
    form: list[Field] = [("model", (None, b"auto")), ("file", ("speech.wav", SOUND))]
    for name in draw(st.lists(st.sampled_from(list(RIGHT)), max_size=6)):
        form.append((name, (None, draw(st.sampled_from(RIGHT[name])).encode())))
    form = draw(st.permutations(form))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        name = draw(st.sampled_from(list(WRONG)))
        match draw(st.sampled_from(["wrong", "wrong", "odd", "gone", "files"])):
            case "wrong":
                form.append((name, (None, draw(st.sampled_from(WRONG[name])).encode())))
            case "odd":
                form.append((draw(st.sampled_from([*RIGHT, "file"])), (None, draw(ODD))))
            case "gone":
                gone = draw(st.sampled_from(["file", "model", name]))
                form = [field for field in form if field[0] != gone]
            case "files":
                form.append((draw(st.sampled_from([name, "file"])), (draw(TEXTS) or "x", SOUND)))
    return form


class Read:
    """A form as it is meant to be read, without the door's own code."""

    def __init__(self, form: list[Field]) -> None:
        self._texts = [(name, content) for name, (filename, content) in form if filename is None and name != "file"]
        self.wrong: set[str | None] = set(self._mistakes(form))
        """What may be named; None = the form or the file as a whole."""

    def all(self, name: str) -> list[str]:
        return [content.decode(errors="replace") for key, content in self._texts if key.removesuffix("[]") == name]

    def one(self, name: str) -> str:
        return (self.all(name) or [""])[-1].strip()

    @property
    def streamed(self) -> bool:
        return self.one("stream").lower() == "true"

    @property
    def _languages(self) -> list[str]:
        return [language for language in (self.one("language"), *self.all("languages")) if language]

    @property
    def _known_language(self) -> str:
        return next((language for language in self._languages if language not in ("auto", "multi")), "en")

    @property
    def asked(self) -> tuple[str | None, tuple[str, ...]]:
        """Language and keywords for the recogniser."""
        detect = len(self._languages) > 1 or self._languages in (["auto"], ["multi"])
        prompt = self.one("prompt")
        keywords = (*self.all("keywords"), *([prompt] if prompt else []))
        return None if detect else normalize_language(self._known_language), keywords

    def _mistakes(self, form: list[Field]) -> Iterator[str | None]:
        files = [content for name, (_, content) in form if name == "file"]
        if not any(files):
            yield "file"
        if files != [SOUND] or any(filename is not None and name != "file" for name, (filename, _) in form):
            yield None
        for name, content in self._texts:
            if b"\xff" in content or b"\xed\xa0" in content:
                yield name.removesuffix("[]")
        yield from (name for name in NOT_SERVED if self.all(name))
        if self.one("model") not in (*AUTO_NAMES, "ears", "alpha:ears"):
            yield "model"
        if self.one("response_format") not in ("", "json", "text", "verbose_json"):
            yield "response_format"
        if self.streamed and self.one("response_format") == "verbose_json":
            yield "response_format"
        if self.one("stream").lower() not in ("", "true", "false"):
            yield "stream"
        if not _between_0_and_1(self.one("temperature") or "0"):
            yield "temperature"
        try:
            normalize_language(self._known_language)
        except InvalidIntent:
            yield "language"


def _between_0_and_1(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=fields())
async def test_a_form_is_understood_or_its_mistake_is_named(door: tuple[Scripted, Running], form: list[Field]) -> None:
    alpha, gateway = door
    alpha.requests.clear()
    answer = await gateway.client.post(PATH, files=form)
    read = Read(form)
    event(f"{answer.status_code}")
    if answer.status_code == 200:
        assert read.wrong <= {"chunking_strategy"}, "what is not read cannot be wrong"
        (request,) = alpha.requests
        assert (request.language, request.keywords) == read.asked
        check_answer(answer, read)
    else:
        check_refusal(answer, read.wrong)
        assert alpha.requests == []

    async def freed() -> bool:
        return gateway.gateway.spool.used == 0

    await until(freed)


def check_answer(answer: httpx.Response, read: Read) -> None:
    """The form that was asked for."""
    kind = answer.headers["content-type"]
    if read.streamed:
        assert kind == "text/event-stream"
        *_, last = answer.text.removesuffix("\n\n").split("\n\n")
        assert json.loads(last.removeprefix("data: "))["text"] == "hello alpha"
    elif read.one("response_format") == "text":
        assert (kind, answer.text) == ("text/plain; charset=utf-8", "hello alpha\n")
    else:
        told = answer.json()
        assert told["text"] == "hello alpha"
        assert ("duration" in told) == (read.one("response_format") == "verbose_json")


def check_refusal(answer: httpx.Response, wrong: set[str | None]) -> None:
    """That API's own error, about something that is wrong."""
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json().values()
    assert error.keys() == {"message", "type", "param", "code"}, error
    assert error["type"] == "invalid_request_error"
    assert error["param"] in wrong, error
    known = {"invalid_audio", None} if error["param"] is None else {"model_not_found", None}
    assert error["code"] in known, error
    assert answer.status_code == (404 if error["code"] == "model_not_found" else 400)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[tuple[Scripted, Running]]:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (_, gateway):
        yield alpha, gateway
