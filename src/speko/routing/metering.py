"""Writes the two ledgers for one call."""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec.structs import replace

from speko.providers.call import Call, Usage
from speko.providers.errors import ProviderError
from speko.providers.pricing import estimate_micro_usd
from speko.routing.attempts import Attempt, Candidate
from speko.routing.ledger import AttemptRow, ChargeKind, Ledger, Metric, Outcome, UsageRow


@dataclass(frozen=True, slots=True)
class CallInfo:
    """Whose call it is."""

    endpoint: str
    request_id: str
    organization_id: str
    session_id: str | None = None
    characters: int | None = None
    """Characters to show as used, where the text that is spoken is not the text that was sent."""
    api_key_id: str | None = None
    """None = from the web console."""
    traceparent: str | None = None
    """The call's own span, which its attempts are children of; None = nobody traces."""
    named_session_id: str | None = None
    """As in `AttemptRow`."""


class Meter:
    """Books one call."""

    def __init__(self, info: CallInfo, ledger: Ledger) -> None:
        self.info = info
        self._ledger = ledger

    def attempt(
        self,
        attempt: Attempt,
        call: Call,
        outcome: Outcome,
        *,
        now: float,
        first_byte_at: float | None = None,
        error: ProviderError | None = None,
        cause: str | None = None,
    ) -> None:
        """Books an attempt that ended at `now` (monotonic seconds); `cause` of a cancellation."""
        candidate = attempt.candidate
        self._ledger.attempt(
            AttemptRow(
                id=_row_id("att"),
                request_id=self.info.request_id,
                organization_id=self.info.organization_id,
                session_id=self.info.session_id,
                named_session_id=self.info.named_session_id,
                endpoint=self.info.endpoint,
                modality=candidate.modality,
                position=attempt.position,
                provider=candidate.provider,
                model=candidate.model,
                key_source=candidate.credential.source,
                outcome=outcome,
                cause=error.cause if error else cause,
                status=error.status if error else None,
                message=error.message if error else None,
                started_at=datetime.fromtimestamp(time.time() - (now - attempt.started), UTC),
                first_byte_ms=None if first_byte_at is None else round((first_byte_at - attempt.started) * 1e3, 3),
                total_ms=round((now - attempt.started) * 1e3, 3),
                usage=replace(call.usage),
                cost_micro_usd=_vendor_cost(candidate, call.usage),
                scores_run_id=candidate.scores_run_id,
                api_key_id=self.info.api_key_id,
                credential_id=candidate.credential_id,
                hedge=attempt.hedge,
                traceparent=self.info.traceparent,
            )
        )

    def responded(self, candidate: Candidate, usage: Usage) -> None:
        """Books one response of a speech-to-speech engine, also one that was interrupted: by its audio tokens in each
        direction, or by its seconds where the engine counts no tokens. `usage.audio_ms` is the sound of both sides."""
        if not usage.input_tokens and not usage.output_tokens:
            self._used(candidate, usage, "s2s_seconds", usage.audio_ms / 1e3)
            return
        heard = replace(usage, output_tokens=0, output_audio_tokens=0)
        spoken = Usage(output_tokens=usage.output_tokens, output_audio_tokens=usage.output_audio_tokens)
        self._used(candidate, heard, "s2s_input_audio_tokens", float(usage.input_audio_tokens))
        self._used(candidate, spoken, "s2s_output_audio_tokens", float(usage.output_audio_tokens))

    def served(self, candidate: Candidate, call: Call) -> None:
        """Books what the caller got, in full or in part."""
        usage = call.usage
        metric: Metric
        quantity: float
        if candidate.modality == "stt":
            metric, quantity = "stt_seconds", usage.audio_ms / 1e3
        elif candidate.modality == "tts":
            characters = usage.characters if self.info.characters is None else self.info.characters
            metric, quantity = "tts_characters", float(characters)
        else:
            metric, quantity = "llm_tokens", float(usage.input_tokens + usage.output_tokens)
        self._used(candidate, usage, metric, quantity)

    def _used(self, candidate: Candidate, usage: Usage, metric: Metric, quantity: float) -> None:
        self._ledger.usage(
            UsageRow(
                id=_row_id("use"),
                request_id=self.info.request_id,
                organization_id=self.info.organization_id,
                session_id=self.info.session_id,
                named_session_id=self.info.named_session_id,
                provider=candidate.provider,
                model=candidate.model,
                type=candidate.modality,
                metric=metric,
                quantity=quantity,
                key_source=candidate.credential.source,
                charge_kind=_charge_kind(candidate),
                cost_micro_usd=_vendor_cost(candidate, usage) if candidate.credential.source == "MANAGED" else 0,
                audio_ms=usage.audio_ms,
                estimated=usage.estimated,
                created_at=datetime.now(UTC),
                api_key_id=self.info.api_key_id,
            )
        )


def _vendor_cost(candidate: Candidate, usage: Usage) -> int:
    if candidate.embedded or candidate.spec is None:
        return 0
    return estimate_micro_usd(candidate.spec.price, usage)


def _charge_kind(candidate: Candidate) -> ChargeKind:
    if candidate.embedded:
        return "free"
    if candidate.credential.source == "BYOK":
        return "byok"
    return "add_on" if candidate.modality == "llm" else "minutes"


def _row_id(prefix: str) -> str:
    """A new id. It begins with the time, so that new rows stand side by side in the index of the table, and ends with
    64 random bits, which is enough for uniqueness; nothing secret depends on it."""
    return f"{prefix}_{time.time_ns() // 1_000_000 << 64 | random.getrandbits(64):027x}"
