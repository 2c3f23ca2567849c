"""Reads the vendors that ship as data: one TOML file each, under `data/`.

A file is a `Vendor` (see `catalogue.py`), plus what only connectors want to know: `connector` names the connector
package that serves it and `serves` the modalities that package serves; a table `profile`, for the vendor and for single
models, holds facts that the connector reads. `languages` may name a list of `_languages.toml`, as `@name`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from speko.providers.catalogue import Modality, Vendor

_LANGUAGES = "_languages.toml"


class VendorFile(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor's file."""

    vendor: Vendor
    connector: str | None
    """Name of the connector package, None for a vendor that this build only lists."""
    serves: tuple[Modality, ...]
    profile: Mapping[str, Any]
    """Facts about all models of the vendor."""
    model_profiles: Mapping[tuple[Modality, str], Mapping[str, Any]]
    """Facts about single models, by modality and the name that is sent to the vendor."""


@cache
def packaged_vendors() -> tuple[VendorFile, ...]:
    """The vendors of this package, read once: each connector package looks for its own among them. Read-only."""
    return tuple(load_vendor_files())


def load_vendor_files(folder: Traversable | None = None) -> Iterator[VendorFile]:
    """All vendors, by the name of their file.

    Args:
        folder: where the files are; default: the package's own.

    Raises:
        ValueError: a file is not TOML, or does not say what it has to. The message names the file.
    """
    folder = folder or files("speko.providers") / "data"
    lists = tomllib.loads((folder / _LANGUAGES).read_text(encoding="utf-8"))
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml") or file.name == _LANGUAGES:
            continue
        try:
            yield _vendor_file(tomllib.loads(file.read_text(encoding="utf-8")), lists)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{file.name}: {error}") from error


def _vendor_file(table: dict[str, Any], lists: Mapping[str, list[str]]) -> VendorFile:
    connector = table.pop("connector", None)
    serves = table.pop("serves", [])
    profile = table.pop("profile", {})
    model_profiles = {}
    for row in table.get("models", []):
        row_profile = row.pop("profile", None)
        if row_profile is not None:
            model_profiles[row["modality"], row.get("sent_as") or row["id"]] = row_profile
        for speaker in (row, *row.get("voices", [])):
            if "languages" in speaker:
                speaker["languages"] = _expand(speaker["languages"], lists)
    return VendorFile(
        vendor=msgspec.convert(table, Vendor),
        connector=connector,
        serves=msgspec.convert(serves, tuple[Modality, ...]),
        profile=profile,
        model_profiles=model_profiles,
    )


def _expand(languages: list[str], lists: Mapping[str, list[str]]) -> list[str]:
    expanded: list[str] = []
    for tag in languages:
        expanded += lists[tag.removeprefix("@")] if tag.startswith("@") else [tag]
    return expanded
