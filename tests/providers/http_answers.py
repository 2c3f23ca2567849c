"""Error answers that vendors are known to send, and what each of them means."""

from typing import Any

from openai.types.shared import ErrorObject

from speko.providers import errors


def openai_error(**fields: Any) -> dict[str, Any]:
    """OpenAI's own form, held against its type."""
    error = ErrorObject.model_validate({"message": "", "type": "invalid_request_error", "param": None, **fields})
    return {"error": error.model_dump(exclude={"misalignment"})}


ANSWERS: list[tuple[int, Any, type[errors.ProviderError]]] = [
    # credentials
    (
        401,
        openai_error(message="Incorrect API key provided: sk-abc.", code="invalid_api_key"),
        errors.CredentialRejected,
    ),
    (401, b"", errors.CredentialRejected),
    (
        400,
        {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: ba***na."},
        errors.CredentialRejected,
    ),
    (400, {"code": 400, "error": "Incorrect%20API%20key%20provided:%20ba***na."}, errors.CredentialRejected),
    (
        401,
        {"message": "Wrong API Key", "type": "invalid_request_error", "param": "api_key", "code": "wrong_api_key"},
        errors.CredentialRejected,
    ),
    (403, openai_error(message="API key expired", type="permission_error"), errors.CredentialRejected),
    (
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        errors.CredentialRejected,
    ),
    (401, {"detail": "Unauthorized"}, errors.CredentialRejected),
    # not for this key
    (
        403,
        openai_error(
            message="Country, region, or territory not supported", code="unsupported_country_region_territory"
        ),
        errors.Forbidden,
    ),
    (403, {"error": {"message": "You lack scopes.", "code": "insufficient_permissions"}}, errors.Forbidden),
    (403, b"<html>blocked</html>", errors.Forbidden),
    # money
    (
        429,
        openai_error(
            message="You exceeded your current quota, please check your plan and billing details.",
            type="insufficient_quota",
            code="insufficient_quota",
        ),
        errors.QuotaExceeded,
    ),
    (
        402,
        {
            "error": {
                "message": "Insufficient Balance",
                "type": "unknown_error",
                "param": None,
                "code": "invalid_request_error",
            }
        },
        errors.QuotaExceeded,
    ),
    (402, {"error": {"code": 402, "message": "This request requires more credits"}}, errors.QuotaExceeded),
    (400, openai_error(message="Your credit balance is too low to access the API."), errors.QuotaExceeded),
    (
        400,
        openai_error(message="Billing hard limit has been reached", code="billing_hard_limit_reached"),
        errors.QuotaExceeded,
    ),
    # rate
    (
        429,
        openai_error(message="Rate limit reached for gpt-4o", type="requests", code="rate_limit_exceeded"),
        errors.RateLimited,
    ),
    (
        413,
        openai_error(
            message="Request too large for model on tokens per minute (TPM)", type="tokens", code="rate_limit_exceeded"
        ),
        errors.RateLimited,
    ),
    (429, b"<html>slow down</html>", errors.RateLimited),
    # models
    (
        404,
        openai_error(
            message="The model `gpt-9` does not exist or you do not have access to it.", code="model_not_found"
        ),
        errors.ModelNotFound,
    ),
    (404, b"404 page not found", errors.ModelNotFound),
    (410, b"", errors.ModelNotFound),
    (
        400,
        openai_error(
            message="The model `llama3-70b-8192` has been decommissioned and is no longer supported.",
            code="model_decommissioned",
        ),
        errors.ModelNotFound,
    ),
    (400, openai_error(message="invalid model ID", param="model"), errors.ModelNotFound),
    (
        400,
        {
            "object": "error",
            "message": "Invalid model: mistral-huge",
            "type": "invalid_model",
            "param": None,
            "code": "1500",
        },
        errors.ModelNotFound,
    ),
    (
        403,
        openai_error(message="Project does not have access to model `gpt-6`", code="model_not_found"),
        errors.ModelNotFound,
    ),
    (
        422,
        {"detail": [{"type": "literal_error", "loc": ["body", "model"], "msg": "Input should be 'a'", "input": "b"}]},
        errors.ModelNotFound,
    ),
    # the vendor
    (500, openai_error(message="The server had an error", type="server_error"), errors.ProviderUnavailable),
    (503, b"<html><h1>503 Service Unavailable</h1></html>", errors.ProviderUnavailable),
    (529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, errors.ProviderUnavailable),
    (408, b"", errors.ProviderUnavailable),
    (504, b"", errors.ProviderUnavailable),
    (500, openai_error(message="model not found on this shard"), errors.ProviderUnavailable),
    # the caller's content
    (
        400,
        openai_error(
            message="This model's maximum context length is 128000 tokens.",
            code="context_length_exceeded",
            param="messages",
        ),
        errors.CallerError,
    ),
    (
        400,
        openai_error(
            message="the request exceeds the available context size", type="exceed_context_size_error", code="400"
        ),
        errors.CallerError,
    ),
    (
        400,
        openai_error(message="Audio file might be corrupted or unsupported", param="file", code="invalid_value"),
        errors.CallerError,
    ),
    (
        400,
        openai_error(
            message="Invalid schema for function 'get_billing': not an object",
            param="tools[0].function.parameters",
            code="invalid_function_parameters",
        ),
        errors.CallerError,
    ),
    (400, openai_error(message="string too long", param="input", code="string_above_max_length"), errors.CallerError),
    (400, openai_error(message="Something is wrong with it"), errors.CallerError),
    (413, openai_error(message="Maximum content size limit (26214400) exceeded"), errors.CallerError),
    (413, b"<html>413 Request Entity Too Large</html>", errors.CallerError),
    (
        422,
        {"detail": [{"type": "string_too_short", "loc": ["body", "input"], "msg": "too short", "input": ""}]},
        errors.CallerError,
    ),
    (400, openai_error(message="content refused", code="content_policy_violation"), errors.CallerError),
    # what we made wrong
    (
        400,
        openai_error(
            message="Unsupported parameter: 'max_tokens' is not supported with this model.",
            param="max_tokens",
            code="unsupported_parameter",
        ),
        errors.Unsupported,
    ),
    (
        400,
        openai_error(
            message="Unsupported value: 'temperature' does not support 0.2 with this model.",
            param="temperature",
            code="unsupported_value",
        ),
        errors.Unsupported,
    ),
    (
        422,
        {
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "stream_options", "include_usage"],
                        "msg": "Extra inputs are not permitted",
                        "input": True,
                    }
                ]
            },
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
        errors.Unsupported,
    ),
    (
        400,
        openai_error(
            message="max_tokens is too large: 999999. This model supports at most 4096 completion tokens.",
            param="max_tokens",
        ),
        errors.Unsupported,
    ),
    (400, openai_error(message="Invalid voice", param="voice"), errors.Unsupported),
    (400, openai_error(message="Invalid file format. Supported formats: ['flac', 'wav']"), errors.Unsupported),
    (400, {"error": "registry.ollama.ai/library/gemma:2b does not support tools"}, errors.Unsupported),
    (400, b"<html>400 The plain HTTP request was sent to HTTPS port</html>", errors.Unsupported),
    (422, b"", errors.Unsupported),
    (415, b"", errors.Unsupported),
    (405, {"detail": "Method Not Allowed"}, errors.Unsupported),
    (
        501,
        {"error": {"code": 501, "message": "This server does not support it", "type": "not_supported_error"}},
        errors.Unsupported,
    ),
    # redirects are not followed
    (302, b"", errors.MalformedResponse),
    (307, b"", errors.MalformedResponse),
]
