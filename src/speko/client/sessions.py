"""The requests that make sessions, and their answers, without I/O."""

import uuid
from collections.abc import Mapping
from typing import Any

import httpx

from speko.client.decoder import parse
from speko.client.models.base import Params
from speko.client.models.params import PipelineConstraints, RoutingIntent
from speko.client.models.sessions import CascadeSession, RealtimeConnectParams, S2sParams, S2sSession, SessionParams
from speko.client.wire import WireRequest, json_request, members, members_without_null, path_of

_INSIDE_S2S = frozenset(field.alias or name for name, field in S2sParams.model_fields.items())
"""Members that the wire has inside `s2s`."""


def create_request(params: SessionParams | Mapping[str, Any], idempotency_key: str | None) -> WireRequest:
    """`POST /v1/sessions`."""
    checked = params if isinstance(params, SessionParams) else SessionParams.model_validate(params)
    return _post(_body(checked), idempotency_key)


def realtime_request(params: RealtimeConnectParams | Mapping[str, Any]) -> WireRequest:
    """`POST /v1/sessions` for a conversation over a socket."""
    checked = params if isinstance(params, RealtimeConnectParams) else RealtimeConnectParams.model_validate(params)
    body = _body(checked)
    key = body.pop("idempotencyKey", None) or str(uuid.uuid4())
    engine = {name: body.pop(name) for name in list(body) if name in _INSIDE_S2S}
    return _post({**body, "mode": "s2s", "s2s": engine}, key)


def parse_session(response: httpx.Response) -> CascadeSession | S2sSession:
    """The session that was made. Raises SpekoApiError `INVALID_RESPONSE`."""
    # Older gateways name the mode of a socket's session alone, and its members tell it too.
    if b'"wsUrl"' in response.content:
        session = parse(response, S2sSession)
        # Older gateways say it in the header alone, which after a repeated request is another call's.
        session.request_id = session.request_id or response.headers.get("x-request-id")
        return session
    return parse(response, CascadeSession)


def _body(params: SessionParams | RealtimeConnectParams) -> dict[str, Any]:
    body = members(params, Params)
    if params.intent is not None:
        body["intent"] = members_without_null(params.intent, RoutingIntent)
    if params.constraints is not None:
        body["constraints"] = members_without_null(params.constraints, PipelineConstraints)
    return body


def _post(body: Mapping[str, Any], idempotency_key: str | None) -> WireRequest:
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else None
    return json_request("POST", path_of("sessions"), body, headers)
