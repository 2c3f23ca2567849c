"""A small build of a console, of the form that the real one has."""

from pathlib import Path

INDEX = '<!doctype html><html lang="en"><title>console of the test</title></html>\n' + "<!-- long -->" * 50
SCRIPT = "console.log('hello');\n" * 50
IMAGE = b"\x89PNG\r\n\x1a\n\x00\x01"


def make_build(folder: Path) -> Path:
    """Writes it; the folder."""
    assets = folder / "assets"
    assets.mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (assets / "index-BxA1b2C3.js").write_text(SCRIPT)
    (assets / "style-D_x-9kQz.css").write_text("body{margin:0}")
    (assets / "icon-AbCdEf12.svg").write_text("<svg/>" * 40)
    (assets / "icon.png").write_bytes(IMAGE)
    (assets / "site-AAAAAAAA.webmanifest").write_text('{"name": "speko"}' * 20)
    return folder
