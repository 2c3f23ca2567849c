"""The OpenAPI 3.1 document, served at `/v1/openapi.json` and compared in CI."""

from typing import Any

import msgspec
from litestar import Litestar, Request, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Response
from litestar.routes import HTTPRoute

from speko.api.body import ALSO_ANSWERS, BODY, OPERATION
from speko.api.openai.shape import is_door
from speko.api.openapi import ERROR_TEXT, SESSION_HEADER
from speko.api.stored import STORED
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
    path="/v1/openapi",
    use_handler_docstrings=True,
)
_TRANSCRIBE_HEADERS = [
    {
        "name": "X-Speko-Intent",
        "in": "header",
        "required": True,
        "description": "Routing intent as JSON.",
        "schema": {"type": "string", "examples": ['{"language":"en","optimizeFor":"latency"}']},
    },
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
    SESSION_HEADER,
]
_END = r"(?!\n)"
_SUCCESS = {"200": "Success", "201": "Created"}
_AUDIO_TYPES = ("audio/wav", "audio/mpeg", "audio/ogg", "audio/flac", "audio/pcm", "application/octet-stream")


@get("/v1/openapi.json", include_in_schema=False)
async def openapi_route(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The document. Open, like the documentation that it is."""
    return Response(document_of(request.app), media_type="application/json")


def document_of(app: Litestar) -> dict[str, Any]:
    """The framework's document with what handlers do not show by their signature: their bodies."""
    document = app.openapi_schema.to_schema()
    bodies = _noted(app, BODY)
    for (path, method), described in _noted(app, OPERATION).items():
        document["paths"][path][method].update(described)
    for (path, method), media_types in _noted(app, ALSO_ANSWERS).items():
        content = document["paths"][path][method]["responses"]["200"]["content"]
        content.update({media_type: {"schema": {"type": "string"}} for media_type in media_types})
    kinds = [*dict.fromkeys(bodies.values())]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    document["components"].setdefault("schemas", {}).update(_with_plain_patterns(components))
    for schema, kind in zip(schemas, kinds, strict=True):
        for (path, method), body in bodies.items():
            if body is kind:
                document["paths"][path][method]["requestBody"] = {
                    "required": True,
                    "content": {"application/json": {"schema": schema}},
                }
    _say_answers(document["paths"])
    for path, method in _noted(app, STORED):
        if method in document["paths"][path]:  # OPTIONS, which the framework adds, is not told of
            document["paths"][path][method]["responses"].setdefault("503", _envelope("503", path))
    for parameter in document["paths"]["/v1/benchmarks/stack"]["get"]["parameters"]:
        if parameter["name"] == "language":
            parameter.update(required=True, schema={"type": "string"})
    for path in ("/v1/complete", "/v1/synthesize"):
        document["paths"][path]["post"].setdefault("parameters", []).append(SESSION_HEADER)
    transcribe = document["paths"]["/v1/transcribe"]["post"]
    transcribe["parameters"] = _TRANSCRIBE_HEADERS
    transcribe["requestBody"] = {
        "required": True,
        "description": "The audio itself.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _AUDIO_TYPES},
    }
    return document


def _with_plain_patterns(schema: Any) -> Any:
    """Patterns as JSON Schema has them: there `$` is the end alone, and not every reader knows what Python needs."""
    if isinstance(schema, list):
        return [_with_plain_patterns(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.removesuffix(_END) if name == "pattern" and isinstance(value, str) else _with_plain_patterns(value)
        for name, value in schema.items()
    }


def _noted(app: Litestar, key: str) -> dict[tuple[str, str], Any]:
    """What routes note in `opt` under `key`, by path and method."""
    return {
        (route.path_format, method.lower()): handler.opt[key]
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if key in handler.opt
    }


def _say_answers(paths: dict[str, Any]) -> None:
    """Errors in the envelope that they come in, and not in the framework's own; answers in our words."""
    for path, operations in paths.items():
        for operation in operations.values():
            answers = operation["responses"]
            expected = [*(["404"] if "{" in path else []), *(["400", "413"] if "requestBody" in operation else [])]
            for status in expected:
                answers.setdefault(status, _envelope(status, path))
            if "400" in answers:
                answers["400"] = _envelope("400", path)
            if path.startswith("/v1/"):
                answers.setdefault("401", _envelope("401", path))
                answers.setdefault("429", _envelope("429", path))
            for status, words in _SUCCESS.items():
                if "follows" in answers.get(status, {}).get("description", ""):
                    answers[status]["description"] = words
            # A schema of a stream is one of each event to some readers, and of the whole text to others.
            for answer in answers.values():
                answer.get("content", {}).get("text/event-stream", {}).pop("schema", None)


def _envelope(status: str, path: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{'DoorEnvelope' if is_door(path) else 'ErrorEnvelope'}"}
    return {"description": ERROR_TEXT[int(status)], "content": {"application/json": {"schema": schema}}}
