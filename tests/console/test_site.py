"""The console's files in memory."""

import gzip
from html.parser import HTMLParser
from pathlib import Path

import pytest

from speko.console import site
from tests.console.build import IMAGE, INDEX, SCRIPT, make_build

PACKAGED = Path(site.__file__).parent


def test_a_build_is_read_as_it_stands(tmp_path: Path) -> None:
    found = site.load(make_build(tmp_path / "static"))
    assert found.built
    assert found.index.body.decode() == INDEX
    assert set(found.assets) == {
        "index-BxA1b2C3.js",
        "style-D_x-9kQz.css",
        "icon-AbCdEf12.svg",
        "icon.png",
        "site-AAAAAAAA.webmanifest",
    }
    script = found.assets["index-BxA1b2C3.js"]
    assert script.gzipped is not None
    assert gzip.decompress(script.gzipped).decode() == script.body.decode() == SCRIPT
    assert len(script.gzipped) < len(script.body)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index-BxA1b2C3.js", "text/javascript; charset=utf-8"),
        ("style-D_x-9kQz.css", "text/css; charset=utf-8"),
        ("icon-AbCdEf12.svg", "image/svg+xml"),
        ("icon.png", "image/png"),
        ("site-AAAAAAAA.webmanifest", "application/manifest+json"),
    ],
)
def test_media_types(tmp_path: Path, name: str, media_type: str) -> None:
    assert site.load(make_build(tmp_path / "static")).assets[name].media_type == media_type


def test_only_names_with_a_hash_may_be_kept_for_ever(tmp_path: Path) -> None:
    found = site.load(make_build(tmp_path / "static"))
    assert {name for name, file in found.assets.items() if not file.hashed} == {"icon.png"}
    assert not found.index.hashed


def test_what_gets_no_smaller_is_not_squeezed(tmp_path: Path) -> None:
    found = site.load(make_build(tmp_path / "static"))
    assert found.assets["icon.png"].body == IMAGE
    assert found.assets["icon.png"].gzipped is None
    assert found.assets["style-D_x-9kQz.css"].gzipped is None, "14 bytes"


def test_tags_follow_the_contents(tmp_path: Path) -> None:
    folder = make_build(tmp_path / "static")
    before, again = site.load(folder), site.load(folder)
    (folder / "index.html").write_text("another")
    after = site.load(folder)
    assert before.index.tag == again.index.tag != after.index.tag
    assert before.assets == after.assets


def test_a_repr_is_short(tmp_path: Path) -> None:
    assert "hello" not in repr(site.load(make_build(tmp_path / "static")))


class Page(HTMLParser):
    """What a page loads and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag in ("script", "style") else []
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_without_a_build_there_is_a_page_that_says_what_to_type(tmp_path: Path) -> None:
    assert not site.is_built(tmp_path)
    found = site.load(tmp_path)
    assert not found.built
    text = found.index.body.decode()
    assert "make console" in text
    page = Page()
    page.feed(text)
    assert (page.open, page.inline) == ([], []), "well-formed, and nothing that the policy forbids"
    assets = {name.removeprefix("/assets/") for name in page.loaded if name.startswith("/assets/")}
    assert assets == set(found.assets)
    assert set(page.loaded) - {f"/assets/{name}" for name in assets} == {"/v1/openapi.json"}
    assert not any(file.hashed for file in found.assets.values()), "a build takes their place"


def test_the_package_is_where_the_build_goes() -> None:
    assert site.STATIC == PACKAGED / "static"
    assert site.is_built() == (PACKAGED / "static" / "index.html").is_file()
