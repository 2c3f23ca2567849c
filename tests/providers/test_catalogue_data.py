"""The vendors that ship as data."""

from pathlib import Path

import pytest

from speko.providers.catalogue import Model, Price, Voice
from speko.providers.catalogue_data import load_vendor_files

LANGUAGES = 'few = ["en", "de"]'
ACME = """
id = "acme"
name = "Acme"
key_env = "ACME_API_KEY"
connector = "some_package"
serves = ["tts", "llm"]

[profile]
stream_usage = false

[[models]]
modality = "tts"
id = "sing-1"
sent_as = "Sing/One"
languages = ["@few", "fr"]
price = { usd_per_1m_characters = 5.0 }
default_voice = "ann"
voices = [{ id = "ann", name = "Ann", languages = ["@few"] }]
profile = { pcm_rate = 16000 }

[[models]]
modality = "llm"
id = "talk-1"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "_languages.toml").write_text(LANGUAGES)
    (tmp_path / "acme.toml").write_text(ACME)
    (tmp_path / "notes.txt").write_text("not a vendor")
    return tmp_path


def test_a_vendor(folder: Path) -> None:
    (file,) = load_vendor_files(folder)
    assert (file.connector, file.serves) == ("some_package", ("tts", "llm"))
    assert file.vendor.key_env == "ACME_API_KEY"
    assert file.vendor.models == (
        Model(
            modality="tts",
            id="sing-1",
            sent_as="Sing/One",
            languages=("en", "de", "fr"),
            price=Price(usd_per_1m_characters=5.0),
            default_voice="ann",
            voices=(Voice("ann", "Ann", ("en", "de")),),
        ),
        Model(modality="llm", id="talk-1"),
    )


def test_facts_for_connectors_are_kept_apart_and_named_as_the_vendor_names_the_model(folder: Path) -> None:
    (file,) = load_vendor_files(folder)
    assert file.profile == {"stream_usage": False}
    assert file.model_profiles == {("tts", "Sing/One"): {"pcm_rate": 16000}}


def test_vendors_come_in_the_order_of_their_files(folder: Path) -> None:
    (folder / "aaa.toml").write_text('id = "zzz"\nname = "Last"')
    assert [file.vendor.id for file in load_vendor_files(folder)] == ["zzz", "acme"]


@pytest.mark.parametrize(
    "mistake",
    [
        "id = ",
        'name = "Nameless"',
        'id = "x"\nname = "X"\ncolour = "red"',
        'id = "x"\nname = "X"\nserves = ["smell"]',
        'id = "x"\nname = "X"\n[[models]]\nmodality = "llm"\nid = "m"\nprise = {}',
        'id = "x"\nname = "X"\n[[models]]\nmodality = "llm"\nid = "m"\nlanguages = ["@none"]',
        'id = "x"\nname = "X"\n[[models]]\nid = "m"\nprofile = {}',
    ],
)
def test_a_mistake_names_its_file(folder: Path, mistake: str) -> None:
    (folder / "wrong.toml").write_text(mistake)
    with pytest.raises(ValueError, match=r"wrong\.toml"):
        list(load_vendor_files(folder))


def test_the_package_has_vendors() -> None:
    ids = [file.vendor.id for file in load_vendor_files()]
    assert len(ids) == len(set(ids)) > 20
