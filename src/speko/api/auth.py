"""Who calls: an API key, looked up in memory by its hash, or somebody who is logged in to the console.

Source: contract, account 1.
"""

from litestar.types import ASGIApp, Receive, Scope, Send

from speko.api.console.console import Console
from speko.api.context import SCOPE_KEY, RequestContext, unauthorized
from speko.api.edge import answer_error
from speko.api.errors import ApiError
from speko.api.gateway import Gateway, gateway_of
from speko.api.limiting import refusal
from speko.storage.directory import Directory
from speko.storage.records import ApiKey


def require_key(app: ASGIApp) -> ASGIApp:
    """Middleware of all routes that belong to an organisation: the request carries a valid API key, or comes from the
    console. An Authorization header decides alone when there is one.

    A plain ASGI layer in front of the routes and not a guard of the framework, which costs a call four percent. It
    wraps neither `receive` nor `send`.
    """

    async def authenticated(scope: Scope, receive: Receive, send: Send) -> None:
        header = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        gateway = gateway_of(scope["litestar_app"])
        context: RequestContext = scope[SCOPE_KEY]  # type: ignore[literal-required]
        try:
            if header is None:
                context.organization_id = _logged_in(gateway.console, scope)
            else:
                key = _key_of(header.decode("latin-1"), gateway.store.directory)
                context.organization_id, context.api_key_id = key.organization_id, key.id
                count_request(gateway, key)
        except ApiError as error:
            if error.status == 401:
                await gateway.wrong_keys.wait()
            # Not by way of the framework: a flood of refusals would take twice as much from everybody else.
            await answer_error(send, error, scope["path"])
            return
        await app(scope, receive, send)

    return authenticated


def count_request(gateway: Gateway, key: ApiKey) -> None:
    """Counts a request of an API key. Raises 429 `RATE_LIMITED`. Nobody is locked out of the console, whose requests
    have no key."""
    exceeded = gateway.limits.request(key.organization_id, key.id)
    if exceeded is not None:
        raise refusal(exceeded)


def _key_of(header: str, directory: Directory) -> ApiKey:
    """The API key in an Authorization header."""
    if not header:
        raise _no_key()
    scheme, _, presented = header.partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized("The Authorization header must have the form 'Bearer <API key>'")
    key = directory.authenticate(presented.strip())
    if key is None:
        raise unauthorized("Invalid API key")
    directory.touched(key.id)
    return key


def _logged_in(console: Console | None, scope: Scope) -> str:
    """The organisation of somebody in the console. The key of a login was used at the login, and is not used here."""
    if console is None or not any(name == b"cookie" for name, _ in scope["headers"]):
        raise _no_key()
    return console.authenticate(scope).organization_id


def _no_key() -> ApiError:
    return unauthorized("Missing API key: send 'Authorization: Bearer sk_live_…'")
