"""Bearer keys. Looked up in memory, by hash. Source: contract, account 1."""

from litestar.types import ASGIApp, Receive, Scope, Send

from speko.api.context import SCOPE_KEY, RequestContext, unauthorized
from speko.api.gateway import gateway_of


def require_key(app: ASGIApp) -> ASGIApp:
    """Middleware of all routes that belong to an organisation: the request carries a valid API key.

    A plain ASGI layer in front of the routes and not a guard of the framework, which costs a call four percent. It
    wraps neither `receive` nor `send`.
    """

    async def authenticated(scope: Scope, receive: Receive, send: Send) -> None:
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"").decode("latin-1")
        if not header:
            raise unauthorized("Missing API key: send 'Authorization: Bearer sk_live_…'")
        scheme, _, presented = header.partition(" ")
        if scheme.lower() != "bearer":
            raise unauthorized("The Authorization header must have the form 'Bearer <API key>'")
        directory = gateway_of(scope["litestar_app"]).store.directory
        key = directory.authenticate(presented.strip())
        if key is None:
            raise unauthorized("Invalid API key")
        directory.touched(key.id)
        context: RequestContext = scope[SCOPE_KEY]  # type: ignore[literal-required]
        context.organization_id = key.organization_id
        await app(scope, receive, send)

    return authenticated
