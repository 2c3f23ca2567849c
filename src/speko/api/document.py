"""The OpenAPI 3.1 document, served at `/v1/openapi.json` and compared in CI."""

from typing import Any

from litestar import Request, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Response

from speko.version import __version__

OPENAPI_CONFIG = OpenAPIConfig(
    title="speko",
    version=__version__,
    description="One API in front of every speech-to-text, language-model and text-to-speech vendor.",
    security=[{"bearer": []}],
    components=Components(
        security_schemes={
            "bearer": SecurityScheme(type="http", scheme="bearer", description="API key: `sk_live_` and 48 hex digits")
        }
    ),
    render_plugins=[],
    path="/_unused",
    use_handler_docstrings=True,
)
_INTENT_HEADER = {
    "name": "X-Speko-Intent",
    "in": "header",
    "required": True,
    "description": "Routing intent as JSON.",
    "schema": {"type": "string", "examples": ['{"language":"en","optimizeFor":"latency"}']},
}
_TRANSCRIBE_HEADERS = [
    _INTENT_HEADER,
    {
        "name": "X-Speko-Constraints",
        "in": "header",
        "description": "Pipeline constraints as JSON.",
        "schema": {"type": "string"},
    },
    {
        "name": "X-Speko-Stt-Options",
        "in": "header",
        "description": "`keywords` (up to 200) and `language`, as JSON.",
        "schema": {"type": "string"},
    },
]
_AUDIO_TYPES = ("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/pcm", "application/octet-stream")


@get("/v1/openapi.json", include_in_schema=False)
async def openapi_route(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The document. Open, like the documentation that it is."""
    return Response(document_of(request.app.openapi_schema.to_schema()), media_type="application/json")


def document_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Adds what signatures do not show: the audio body of transcribe and its headers."""
    operation = schema["paths"]["/v1/transcribe"]["post"]
    operation["parameters"] = _TRANSCRIBE_HEADERS
    operation["requestBody"] = {
        "required": True,
        "description": "The audio itself.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _AUDIO_TYPES},
    }
    return schema
