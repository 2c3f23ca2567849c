"""The version of this package, and nothing else, so that builds can read it without imports."""

__version__ = "0.1.0"
