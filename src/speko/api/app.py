"""The application: every route, and what stands in front of them."""

from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.types import ASGIApp

from speko.api import account, benchmarks, complete, health, providers, requests, synthesize, transcribe, voices
from speko.api.auth import require_key
from speko.api.body import CallerLeft
from speko.api.console.files import console_asset, console_page
from speko.api.console.login import LOGIN_ROUTES
from speko.api.credential_check import check_provider
from speko.api.credits import credit_balance, credit_ledger
from speko.api.document import OPENAPI_CONFIG, document_of, openapi_route
from speko.api.edge import Edge
from speko.api.errors import EXCEPTION_HANDLERS, envelope, invalid
from speko.api.gateway import Gateway
from speko.api.limits import get_limits
from speko.api.openai.routes import OPENAI_ROUTES
from speko.api.scores import scores
from speko.api.sessions.routes import SESSION_ROUTES, STORED_SESSION_ROUTES
from speko.api.socket.plain import not_a_socket
from speko.api.stored import stored
from speko.api.usage_series import usage_series
from speko.providers.registry import Registry
from speko.settings import Settings

ROUTES = (
    transcribe.transcribe,
    synthesize.synthesize,
    complete.complete,
    voices.list_voices,
    benchmarks.stack,
    scores,
    *SESSION_ROUTES,
    *OPENAI_ROUTES,
    providers.list_providers,
    providers.known_providers,
    check_provider,
    account.organization,
)
STORED_ROUTES = (
    requests.get_request,
    *STORED_SESSION_ROUTES,
    providers.set_provider_key,
    providers.remove_provider_key,
    account.list_api_keys,
    account.create_api_key,
    account.revoke_api_key,
    account.usage,
    credit_balance,
    credit_ledger,
    get_limits,
    usage_series,
)

CONSOLE_ROUTES = (console_page, console_asset, *LOGIN_ROUTES)


def create_app(gateway: Gateway) -> ASGIApp:
    """The ASGI application of a gateway. The caller opens and closes the gateway."""
    return Edge(make_litestar(gateway), gateway.settings.cors_origins, gateway.request_watch())


def make_litestar(gateway: Gateway) -> Litestar:
    """The framework's application, without the edge."""
    authenticated = Router("/", route_handlers=[*ROUTES, stored(*STORED_ROUTES)], middleware=[require_key])
    return Litestar(
        route_handlers=[
            authenticated,
            health.healthz,
            health.readyz,
            health.metrics,
            openapi_route,
            not_a_socket,
            *(CONSOLE_ROUTES if gateway.settings.console else ()),
        ],
        exception_handlers={**EXCEPTION_HANDLERS, CallerLeft: _to_nobody},
        openapi_config=OPENAPI_CONFIG,
        state=State({"gateway": gateway}),
        logging_config=None,
        debug=False,
    )


def _to_nobody(_: Request[Any, Any, Any], error: CallerLeft) -> Response[dict[str, Any]]:
    return envelope(invalid("The request was not sent to its end"))


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document without a running gateway, for the docs."""
    return document_of(make_litestar(Gateway(Settings.model_construct(), Registry(), {})))
