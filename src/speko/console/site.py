"""The console's files, read once into memory, each with what a server has to say about it."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""Where the build goes, in a checkout as in a wheel."""
UNBUILT = Path(__file__).parent / "unbuilt"
"""What is served in its place."""
_ASSETS = "assets"
# Not from the machine's own table: browsers run scripts and styles of the right type only.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_SQUEEZABLE = ("text/", "application/json", "application/manifest+json", "application/wasm", "image/svg+xml")
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9.]+\Z")
"""Vite's names: the contents' hash is in them, so what such a name means never changes."""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is served."""

    body: bytes = field(repr=False)
    gzipped: bytes | None = field(repr=False)
    """The same, compressed; None where that saves nothing."""
    media_type: str
    tag: str
    """Changes with the contents; without quotes."""
    hashed: bool
    """Whether the name changes with the contents, so that a copy may be kept for ever."""


@dataclass(frozen=True, slots=True)
class Site:
    """What there is to serve."""

    built: bool
    """Whether this is the console; else the page that says what to type."""
    index: File
    assets: Mapping[str, File]
    """By the name behind `/assets/`. There is nothing else, whatever a path says."""


def is_built(folder: Path | None = None) -> bool:
    """Whether there is a console to serve in the folder; by default, in the package."""
    return _index(folder or STATIC).is_file()


def load(folder: Path | None = None) -> Site:
    """Reads a build; without one, the page in its place.

    Args:
        folder: has `index.html` and the folder `assets`; default is the package's own.
    """
    folder = folder or STATIC
    built = is_built(folder)
    if not built:
        folder = UNBUILT
    assets = {file.name: _read(file) for file in sorted((folder / _ASSETS).glob("*")) if file.is_file()}
    return Site(built, _read(_index(folder)), assets)


def _index(folder: Path) -> Path:
    return folder / "index.html"


def _read(file: Path) -> File:
    body = file.read_bytes()
    media_type = _TYPES.get(file.suffix, "application/octet-stream")
    gzipped = gzip.compress(body, mtime=0) if media_type.startswith(_SQUEEZABLE) else body
    return File(
        body=body,
        gzipped=gzipped if len(gzipped) < len(body) else None,
        media_type=media_type,
        tag=hashlib.sha256(body).hexdigest()[:32],
        hashed=_HASHED.search(file.name) is not None,
    )
