"""Names of settings: those that nobody knows, with which one was meant, and those of variables that cannot be read."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from pydantic_settings import EnvSettingsSource

from speko.settings import ProviderSettings, Settings

_PREFIX = "SPEKO_"
_OF_COMMANDS = ("SPEKO_API_KEY", "SPEKO_BASE_URL")
"""What clients and commands read: in the environment of a gateway, too, they are no mistake."""
_OF_TESTS = "SPEKO_TEST_"


def unknown_variables(environment: Iterable[str]) -> Mapping[str, str | None]:
    """Environment variables that look like settings and are none, each with the nearest that is one. Case does not
    count."""
    known = [f"{_PREFIX}{name.upper()}" for name in Settings.model_fields]
    return {
        name: _nearest(name.upper(), known)
        for name in sorted(environment)
        if name.upper().startswith(_PREFIX)
        and not name.upper().startswith(_OF_TESTS)
        and name.upper() not in (*known, *_OF_COMMANDS)
    }


def variables_without_json() -> list[str]:
    """What to say of each variable of the environment that should hold JSON and does not. Its value may be a key."""
    source = EnvSettingsSource(Settings)
    told = []
    for name, field in Settings.model_fields.items():
        value, _, is_complex = source.get_field_value(field, name)
        try:
            source.prepare_field_value(name, field, value, is_complex)
        except ValueError:
            form = '{"openai": {"api_key": "…"}}' if name == "providers" else '["one", "two"]'
            told.append(f"{_PREFIX}{name.upper()} is no JSON; write it as {form}")
    return told


def unknown_setting(place: Sequence[int | str]) -> str:
    """What to say of a name in the configuration file. `place`: the tables that it stands in, and the name."""
    *tables, name = map(str, place)
    fields = ProviderSettings.model_fields if tables[:1] == ["providers"] else Settings.model_fields
    meant = _nearest(name, fields)
    full = ".".join([*tables, name])
    return f"unknown setting {full}" + (f"; did you mean {'.'.join([*tables, meant])}?" if meant else "")


def _nearest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.7)), None)
