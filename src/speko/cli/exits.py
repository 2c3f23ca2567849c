"""How a command ends: exit codes that scripts can rely on, and the one error that carries them."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

INSTALL_SERVER = "pip install '.[server]'"
"""Typed in speko's own folder: no package registry has it."""


class Exit(IntEnum):
    """Exit codes of the command `speko`."""

    OK = 0
    FAILED = 1
    """The gateway said no, or a step of the demo went wrong."""
    USAGE = 2
    MISSING = 3
    """A package, a program or a database is missing on this machine; `doctor`: something is missing or wrong."""
    UNREACHABLE = 4
    UNAUTHORIZED = 5
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class CommandError(Exception):
    """Ends a command with a text for people and a code for machines. Neither holds a secret.

    `lines` are for people alone, below the text; `details` are further members of the JSON form.
    """

    def __init__(
        self, message: str, code: str, status: Exit = Exit.FAILED, lines: Sequence[str] = (), **details: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.lines = lines
        self.code = code
        self.status = status
        self.details = details

    @property
    def text(self) -> str:
        """What people see."""
        return "\n  ".join((self.message, *self.lines))

    @property
    def document(self) -> dict[str, Any]:
        """The JSON form: the gateway's own error envelope."""
        return {"error": self.message, "code": self.code, **self.details}


class UsageError(CommandError):
    """The command line cannot be understood."""

    def __init__(self, message: str, usage: str = "") -> None:
        super().__init__(message, "USAGE", Exit.USAGE)
        self.usage = usage


def extra_missing(error: ModuleNotFoundError) -> CommandError:
    """What to say when a module of the gateway is not installed. A module of our own that is missing is a defect.

    Raises the error again where it is about one of our own modules.
    """
    if (error.name or "speko").partition(".")[0] == "speko":
        raise error
    message = f"the gateway is not installed (no module {error.name}); type in speko's own folder: {INSTALL_SERVER}"
    return CommandError(message, "MISSING_EXTRA", Exit.MISSING, install=INSTALL_SERVER)
