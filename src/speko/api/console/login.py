"""`/console/…`: logging in to the console, and out."""

from typing import Any

from litestar import Request, get, post
from litestar.response import Response
from msgspec import Struct

from speko.api.body import read_body
from speko.api.console.console import Console
from speko.api.console.cookies import no_cookie, session_cookie
from speko.api.console.headers import PRIVATE
from speko.api.console.sessions import ConsoleSession
from speko.api.errors import invalid, not_found
from speko.api.gateway import gateway_of
from speko.api.wire import timestamp
from speko.version import __version__


class LoginBody(Struct, frozen=True, rename="camel"):
    """One of the two."""

    token: str | None = None
    """From the printed link."""
    api_key: str | None = None


class OrganizationName(Struct, frozen=True):
    """Whose console it is."""

    id: str
    name: str


class SessionView(Struct, frozen=True, rename="camel", kw_only=True):
    """Who is logged in."""

    csrf_token: str
    """Goes into the header `x-speko-csrf` of every request that has the cookie."""
    organization: OrganizationName
    expires_at: str
    version: str


@post("/console/login", status_code=200, include_in_schema=False)
async def log_in(request: Request[Any, Any, Any]) -> Response[SessionView]:
    """Begins a session, by the link or by an API key."""
    console = console_of(request)
    console.own_page_only(request.scope)
    body = await read_body(request, LoginBody)
    if (body.token is None) == (body.api_key is None):
        raise invalid("Send either token or apiKey", ("", "one of token and apiKey is required"))
    if body.token is not None:
        session, cookie = await console.log_in_by_link(body.token)
    else:
        session, cookie = console.log_in_by_key(body.api_key or "")
    answer = _view(console, session)
    answer.set_cookie(session_cookie(console.reached(request.scope), cookie))
    return answer


@get("/console/session", include_in_schema=False)
async def current_session(request: Request[Any, Any, Any]) -> Response[SessionView] | Response[None]:
    """The session of the cookie, for a page that was loaded anew. 204 when nobody is logged in: that is no mistake of
    the page's, and browsers would note it as one."""
    console = console_of(request)
    session = console.session_of_own_page(request.scope)
    return Response(None, status_code=204, headers=PRIVATE) if session is None else _view(console, session)


@post("/console/logout", status_code=204, include_in_schema=False)
async def log_out(request: Request[Any, Any, Any]) -> Response[None]:
    """Ends the session."""
    console = console_of(request)
    await console.log_out(console.authenticate(request.scope))
    answer = Response(None, status_code=204, headers=PRIVATE)
    answer.set_cookie(no_cookie(console.reached(request.scope)))
    return answer


def console_of(request: Request[Any, Any, Any]) -> Console:
    """The console of the gateway that was asked. Raises 404 where it is switched off."""
    console = gateway_of(request.app).console
    if console is None:
        raise not_found()
    return console


def _view(console: Console, session: ConsoleSession) -> Response[SessionView]:
    organization = console.organization(session)
    view = SessionView(
        csrf_token=console.sessions.csrf_token(session),
        organization=OrganizationName(organization.id, organization.name),
        expires_at=timestamp(session.expires_at),
        version=__version__,
    )
    return Response(view, status_code=200, headers=PRIVATE)


LOGIN_ROUTES = (log_in, current_session, log_out)
