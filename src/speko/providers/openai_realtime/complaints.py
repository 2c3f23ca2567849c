"""What an error of a server means for the session."""

import re
from collections.abc import Sequence

import msgspec

from speko.providers.errors import ConnectionLost, CredentialRejected, ProviderError, QuotaExceeded
from speko.providers.http_errors import event_error
from speko.providers.openai_realtime.client_events import purpose_of
from speko.providers.openai_realtime.server_events import ErrorBody

_EXPIRED = "session_expired"
_ACTIVE = re.compile(r"already_has_active_response|already has an active response", re.IGNORECASE)
# Some servers send no code, and not every one names the message that an error is about.
_LATE = re.compile(
    r"commit_empty|cancel_not_active|buffer (?:is empty|too small)|no active response|already shorter"
    r"|already_has_active_response|already has an active response",
    re.IGNORECASE,
)
_MAY_COME_LATE = frozenset({"commit", "clear", "cancel", "truncate"})


def came_late(error: ErrorBody) -> bool:
    """Whether it only says that a message of ours crossed an event of the server: nothing is wrong."""
    return purpose_of(error.event_id) in _MAY_COME_LATE or bool(_LATE.search(f"{error.code} {error.message}"))


def response_was_active(error: ErrorBody) -> bool:
    """Whether a response was asked for while another was in flight."""
    return bool(_ACTIVE.search(f"{error.code} {error.message}"))


def meaning(error: ErrorBody, *, secrets: Sequence[str], content: Sequence[str]) -> ProviderError:
    """The error in our words, without secrets and without anybody's content."""
    kind = event_error(msgspec.to_builtins(error), secrets=secrets, content=content)
    words = kind.message.removeprefix(f"HTTP {kind.status}")  # there was no HTTP
    if error.code == _EXPIRED:
        return ConnectionLost(f"the vendor ended the session{words}")
    return type(kind)(f"the vendor reports an error{words}")


def ends_session(error: ErrorBody, kind: ProviderError) -> bool:
    """Whether the session is over, though its connection may still be open."""
    return error.code == _EXPIRED or isinstance(kind, QuotaExceeded | CredentialRejected)
