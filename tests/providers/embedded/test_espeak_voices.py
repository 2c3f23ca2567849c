import pytest

from speko.providers.catalogue import speaks
from speko.providers.embedded.espeak_voices import (
    EspeakVoice,
    catalogue_languages,
    catalogue_voices,
    read_list,
    voice_for,
    voices,
)
from speko.routing.intent import normalize_language

LIST = """\
Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  af              --/M      Afrikaans          gmw/af
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 5  yue             --/M      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
 5  yue             --/M      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr
"""


def test_reads_the_programs_list() -> None:
    read = read_list(LIST)
    assert read[0] == EspeakVoice("af", "Afrikaans", {"af": 5})
    assert read[1] == EspeakVoice("en-gb", "English (Great Britain)", {"en-gb": 2, "en": 2})
    assert [voice.id for voice in read] == ["af", "en-gb", "yue", "yue-latn-jyutping", "chr"]


def test_another_form_of_list_is_refused() -> None:
    with pytest.raises(ValueError, match="unexpected line"):
        read_list("header\nsomething else\n")


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en-US", "en-us"),
        ("en", "en-us"),
        ("en-GB", "en-gb"),
        ("en-AU", "en-gb"),
        ("es", "es"),
        ("es-ES", "es"),
        ("es-MX", "es-419"),
        ("es-AR", "es-419"),
        ("pt-BR", "pt-br"),
        ("pt", "pt"),
        ("zh-CN", "cmn"),
        ("zh-HK", "yue"),
        ("no", "nb"),
        ("fr-CA", "fr-fr"),
        ("chr", "chr"),
        ("xx", None),
    ],
)
def test_the_voice_of_a_language(language: str, voice: str | None) -> None:
    assert voice_for(language) == voice


def test_every_declared_language_has_a_voice_and_can_be_asked_for() -> None:
    languages = catalogue_languages()
    assert len(languages) > 100
    for language in languages:
        assert normalize_language(language) == language
        assert voice_for(language) is not None, language


def test_the_catalogue_agrees_with_itself() -> None:
    listed = catalogue_voices()
    assert len({voice.id for voice in listed}) == len(listed) == len(voices())
    for voice in listed:
        assert voice.name
        assert all(speaks(catalogue_languages(), tag) for tag in voice.languages)
