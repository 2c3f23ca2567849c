"""`POST /v1/sessions`. Source: contract, sessions 1."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import msgspec
from litestar import Request, post
from msgspec import Struct

from speko.api.arrival import arrival_of
from speko.api.body import BODY, read_body
from speko.api.context import context_of
from speko.api.errors import ApiError, invalid
from speko.api.gateway import Gateway, gateway_of
from speko.api.limiting import refusal
from speko.api.openapi import CREATE_SESSION
from speko.api.realtime.candidates import candidates_of
from speko.api.sessions.asked import s2s_spec, ttl_seconds
from speko.api.sessions.bodies import SessionBody
from speko.api.sessions.ws_url import ws_url
from speko.api.wire import timestamp
from speko.storage.errors import StorageError
from speko.storage.sessions import Once, SessionRow

_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_encode = msgspec.json.Encoder(order="deterministic").encode


class CreatedView(Struct, frozen=True, rename="camel", kw_only=True):
    """A session and how to join it. Rates in Hz."""

    mode: Literal["s2s"] = "s2s"
    session_id: str
    ws_url: str
    ws_token: str
    """First subprotocol of the socket."""
    input_sample_rate: int
    output_sample_rate: int
    expires_at: str
    provider: str
    """The engine that is asked first; like the next."""
    model: str
    request_id: str
    """Of the call that made it, also where its answer is given again (additive)."""


@post("/v1/sessions", status_code=201, opt={BODY: SessionBody}, **CREATE_SESSION)
async def create_session(request: Request[Any, Any, Any]) -> CreatedView:
    """Makes a session, for one socket. With an `Idempotency-Key`, the same request again within 24 hours gets the first
    answer and makes nothing."""
    body = await read_body(request, SessionBody)
    gateway = gateway_of(request.app)
    creation = _Creation(gateway, context_of(request).organization_id, body, _idempotency_key(request))
    try:
        return await creation.answer(request)
    except StorageError:
        raise ApiError(500, "SESSION_CREATE_FAILED", "The session could not be stored") from None


class _Creation:
    """One request for a session."""

    def __init__(self, gateway: Gateway, organization_id: str, body: SessionBody, key: str | None) -> None:
        self._gateway = gateway
        self._sessions = gateway.store.sessions
        self._organization_id = organization_id
        self._body = body
        self._key = key
        # Of what was understood, so that order, spaces and what is ignored make no other request of it.
        self._sha256 = hashlib.sha256(_encode(body)).hexdigest()

    async def answer(self, request: Request[Any, Any, Any]) -> CreatedView:
        """Makes the session, unless the same request has been answered before. Raises 409 when the key was used for
        another one."""
        try:
            row, view = self._make(request)
        except ApiError:
            # What was granted once is granted again, whatever has changed since.
            earlier = (
                self._again(await self._sessions.answered(self._organization_id, self._key)) if self._key else None
            )
            if earlier is None:
                raise
            return earlier
        created = False
        try:
            before = await self._sessions.create(row, self._once(view))
            created = before is None
            return self._again(before) or view
        finally:
            if not created:
                self._gateway.limits.end_session(row.id)

    def _make(self, request: Request[Any, Any, Any]) -> tuple[SessionRow, CreatedView]:
        gateway, body = self._gateway, self._body
        spec = s2s_spec(body, gateway.registry)
        key_id = context_of(request).api_key_id
        first = candidates_of(gateway, self._organization_id, key_id, spec)[0]
        now = self._sessions.now()
        session_id = str(uuid4())
        if exceeded := gateway.limits.hold_session(session_id, self._organization_id, key_id):
            raise refusal(exceeded)
        row = SessionRow(
            id=session_id,
            organization_id=self._organization_id,
            kind="s2s",
            agent_id=spec.agent_id,
            request_id=context_of(request).request_id,
            spec=spec,
            metadata=body.metadata or {},
            webhook_tags=body.webhook_tags or {},
            api_key_id=key_id,
            created_at=now,
            expires_at=now + timedelta(seconds=ttl_seconds(body)),
        )
        settings = gateway.settings
        view = CreatedView(
            session_id=row.id,
            ws_url=ws_url(row.id, arrival_of(request.scope), settings.public_url, settings.trusted_proxies),
            ws_token=gateway.session_tokens.issue(row.id, row.organization_id, row.expires_at),
            input_sample_rate=spec.input_sample_rate,
            output_sample_rate=spec.output_sample_rate,
            expires_at=timestamp(row.expires_at),
            provider=first.provider,
            model=first.model,
            request_id=row.request_id,
        )
        return row, view

    def _once(self, view: CreatedView) -> Once | None:
        if self._key is None:
            return None
        # Without the token: it would be a credential in the database, and can be made again at any time.
        return Once(self._key, self._sha256, msgspec.to_builtins(msgspec.structs.replace(view, ws_token="")))

    def _again(self, earlier: Once | None) -> CreatedView | None:
        if earlier is None:
            return None
        if earlier.body_sha256 != self._sha256:
            raise ApiError(409, "IDEMPOTENCY_CONFLICT", "This Idempotency-Key was used for another request")
        view = msgspec.convert(earlier.response, CreatedView)
        expires_at = datetime.fromisoformat(view.expires_at)
        token = self._gateway.session_tokens.issue(view.session_id, self._organization_id, expires_at)
        return msgspec.structs.replace(view, ws_token=token)


def _idempotency_key(request: Request[Any, Any, Any]) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.match(key):
        raise invalid("Invalid request", ("Idempotency-Key", "must be 1 to 255 printable ASCII characters, no spaces"))
    return key
