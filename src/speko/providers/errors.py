"""What can go wrong at a vendor, as types.

The attempt loop reads nothing but these members: it never looks into a message. `blame` decides what the rest of the
chain does, `cause` names the failure in ledgers, logs and metrics, and the message is shown to the caller, so a
connector must never put a credential or the caller's own words into it.
"""

from enum import Enum
from typing import ClassVar, Literal


class Blame(Enum):
    """Whose fault a failure is, and so what happens to the other candidates of the call."""

    CALLER = "caller"
    """The content itself is refused: another vendor would refuse it too, so the caller hears of it at once."""
    MODEL = "model"
    """Only this vendor and model: the next candidate is asked."""
    VENDOR = "vendor"
    """The vendor is in trouble: its other models go to the end of the chain."""
    CREDENTIAL = "credential"
    """The vendor does not accept our key: its other models are skipped for this call."""


Stage = Literal["connect", "first_byte", "gap", "total"]
Subject = Literal["voice", "recording", "options"]
"""What of a request an engine may be unable to serve, though it is the caller who chose it."""


class ProviderError(Exception):
    """A vendor failed.

    Args:
        message: for people; without secrets and without the caller's content.
        status: HTTP status of the vendor's answer, where there was one.
        retry_after: seconds the vendor asked us to wait, where it did.
        about: what of the request is refused, where that is known.
    """

    blame: ClassVar[Blame] = Blame.MODEL
    cause: ClassVar[str] = "error"
    harms: ClassVar[Literal["nothing", "model", "credential"]] = "nothing"
    """Which breaker counts it: none, that of the vendor and model (an outage is everybody's), or that of the
    credential there (a limit or a bad key is one organisation's)."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        about: Subject | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.about = about

    @property
    def retryable(self) -> bool:
        """Whether another candidate may be asked."""
        return self.blame is not Blame.CALLER


class CallerError(ProviderError):
    """400, 413 or 422 about what the caller sent (bad audio, context too long)."""

    blame = Blame.CALLER
    cause = "bad_request"


class CredentialRejected(ProviderError):
    """401, or 403 about the key itself."""

    blame = Blame.CREDENTIAL
    cause = "unauthorized"
    harms = "credential"


class Forbidden(ProviderError):
    """403: the key is good, but not for this model or region."""

    cause = "forbidden"


class QuotaExceeded(ProviderError):
    """402, or any status that says that the account has nothing left."""

    blame = Blame.VENDOR
    cause = "quota"
    harms = "credential"


class ModelNotFound(ProviderError):
    """404 or 410, or any status that says that the model does not exist."""

    cause = "model_not_found"


class Unsupported(ProviderError):
    """415, or a request that this engine cannot serve (format, language, option)."""

    cause = "unsupported"


class RateLimited(ProviderError):
    """429. `retry_after` is honoured by the breaker."""

    cause = "rate_limited"
    harms = "credential"


class Busy(ProviderError):
    """An engine of our own has no free worker. It refuses at once and never queues for ever."""

    cause = "busy"


class ProviderUnavailable(ProviderError):
    """5xx."""

    blame = Blame.VENDOR
    cause = "server_error"
    harms = "model"


class ConnectFailed(ProviderError):
    """Refused, unreachable, name not resolved or TLS failed: no request was sent."""

    blame = Blame.VENDOR
    cause = "connect"
    harms = "model"


class ConnectionLost(ProviderError):
    """The connection broke after the request was sent."""

    blame = Blame.VENDOR
    cause = "connection_lost"
    harms = "model"


class DeadlineExceeded(ProviderError):
    """The vendor was too slow. `stage` tells which of the deadlines it missed."""

    blame = Blame.VENDOR
    cause = "timeout"
    harms = "model"

    def __init__(self, message: str, *, stage: Stage) -> None:
        super().__init__(message)
        self.stage = stage


class MalformedResponse(ProviderError):
    """The vendor's answer cannot be read."""

    blame = Blame.VENDOR
    cause = "malformed"
    harms = "model"


class TruncatedResponse(ProviderError):
    """The answer ended in good order on the wire, but without the vendor's own end mark."""

    blame = Blame.VENDOR
    cause = "truncated"
    harms = "model"


class EmptyResult(ProviderError):
    """The vendor finished normally and said nothing: no text, no tool call, no audio."""

    cause = "empty"
