"""speko: the SDK of a self-hosted voice gateway, and, with the extra `server`, the gateway itself."""

from speko.version import __version__

__all__ = ["__version__"]
