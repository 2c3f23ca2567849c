"""Bearer keys. Looked up in memory, by hash. Source: contract, account 1."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from speko.api.context import SCOPE_KEY, RequestContext, unauthorized
from speko.api.gateway import gateway_of


async def require_key(connection: ASGIConnection[Any, Any, Any, Any], _route: BaseRouteHandler) -> None:
    """Guard: the request carries a valid API key. Fills the context with the key's organisation."""
    header = connection.headers.get("authorization")
    if not header:
        raise unauthorized("Missing API key: send 'Authorization: Bearer sk_live_…'")
    scheme, _, presented = header.partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized("The Authorization header must have the form 'Bearer <API key>'")
    directory = gateway_of(connection.app).store.directory
    key = directory.authenticate(presented.strip())
    if key is None:
        raise unauthorized("Invalid API key")
    directory.touched(key.id)
    context: RequestContext = connection.scope[SCOPE_KEY]  # type: ignore[literal-required]
    context.organization_id = key.organization_id
    context.api_key_id = key.id
