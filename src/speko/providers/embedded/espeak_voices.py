"""The voices of espeak-ng: read from its own list, kept as data in the package, chosen by language.

The data file is made anew by `python -m speko.providers.embedded.espeak_voices`.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from speko.providers.catalogue import Voice

DATA = Path(__file__).with_name("data") / "espeak_voices.json"
_LINE = re.compile(r"\s*(\d+)\s+(\S+)\s+\S+\s+(\S+)\s+(\S+)\s*((?:\(\S+ \d+\))*)\s*\Z")
_OTHER = re.compile(r"\((\S+) (\d+)\)")
# Spanish of the Americas is one voice; its list names Mexico only.
_LATIN_AMERICA = frozenset("ar bo cl co cr cu do ec gt hn mx ni pa pe pr py sv us uy ve".split())


class EspeakVoice(Struct, frozen=True):
    """One line of `espeak-ng --voices`."""

    id: str
    """What `-v` takes."""
    name: str
    languages: dict[str, int]
    """espeak's own lower-case tags, each with its rank: the lowest is the best voice of that language."""


def read_list(text: str) -> list[EspeakVoice]:
    """The voices in the output of `espeak-ng --voices`, in its order.

    Raises:
        ValueError: a line is not as expected.
    """
    voices: dict[str, EspeakVoice] = {}
    for line in text.splitlines()[1:]:
        found = _LINE.match(line)
        if found is None:
            raise ValueError(f"unexpected line in the list of voices: {line!r}")
        rank, language, name, file, others = found.groups()
        # Two voices may share a language, and `-v` does not find private-use tags: those are known by their file.
        by_language = language.lower() not in voices and "-Q" not in language
        voice_id = language.lower() if by_language else file.rpartition("/")[2].lower()
        languages = {language.lower(): int(rank)}
        languages |= {other.lower(): int(other_rank) for other, other_rank in _OTHER.findall(others)}
        voices[voice_id] = EspeakVoice(voice_id, name.strip("_").replace("_", " "), languages)
    return list(voices.values())


@cache
def voices() -> tuple[EspeakVoice, ...]:
    """All voices in the package's data."""
    return msgspec.json.decode(DATA.read_bytes(), type=tuple[EspeakVoice, ...])


def catalogue_voices() -> tuple[Voice, ...]:
    """All voices as the catalogue lists them."""
    return tuple(Voice(v.id, v.name, tuple(sorted(_tags(v)))) for v in voices())


def catalogue_languages() -> tuple[str, ...]:
    """Primary subtags of everything spoken. Longer ones (Klingon) cannot be asked for by an intent."""
    return tuple(sorted({tag.split("-", 1)[0] for v in voices() for tag in _tags(v)}))


def _tags(voice: EspeakVoice) -> set[str]:
    """BCP-47 tags: the language, and its region where espeak names one."""
    tags = set()
    for own in voice.languages:
        primary, *rest = own.split("-")
        if len(primary) <= 3:
            region = next((part.upper() for part in rest if len(part) == 2 or part == "029"), None)
            tags.add(f"{primary}-{region}" if region else primary)
    return tags


@cache
def voice_for(language: str) -> str | None:
    """The voice of a BCP-47 tag: the exact one, else the best of the primary subtag; None where there is none."""
    tag = language.lower().replace("_", "-")
    primary, _, region = tag.partition("-")
    wanted = [tag, primary]
    if primary == "es" and region in _LATIN_AMERICA:
        wanted.insert(0, "es-419")
    elif tag == "en":
        wanted.insert(0, "en-us")
    elif tag in ("zh-hk", "zh-mo"):
        wanted.insert(0, "yue")
    elif primary == "zh":
        wanted.append("cmn")
    for candidate in wanted:
        ranked = [(v.languages[candidate], place) for place, v in enumerate(voices()) if candidate in v.languages]
        if ranked:
            return voices()[min(ranked)[1]].id
    # Cherokee is listed with a region only.
    return next((v.id for v in voices() if any(t.split("-", 1)[0] == primary for t in v.languages)), None)


def main() -> None:
    """Writes the data file from the program that is installed."""
    listed = subprocess.run(["espeak-ng", "--voices"], check=True, capture_output=True, text=True).stdout
    DATA.write_bytes(msgspec.json.format(msgspec.json.encode(read_list(listed)), indent=1) + b"\n")


if __name__ == "__main__":
    main()
