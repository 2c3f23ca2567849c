"""What processes that work for us see of our environment, which holds the operator's keys."""

from collections.abc import Mapping
from typing import Final

_KEPT: Final = frozenset(
    "PATH HOME LANG LANGUAGE TZ TMPDIR LD_LIBRARY_PATH DYLD_LIBRARY_PATH PYTHONPATH PYTHONHOME SSL_CERT_FILE "
    "SSL_CERT_DIR ESPEAK_DATA_PATH".split()
)


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What of our environment a process gets: no key, no password and no address. Such processes read what strangers
    send (speech, texts), and packages in them would take a vendor's key for their own."""
    return {name: value for name, value in ours.items() if name in _KEPT or name.startswith("LC_")}
