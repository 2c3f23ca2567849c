"""speko: the SDK of a self-hosted voice gateway, and, with the extra `server`, the gateway itself.

The SDK's names are loaded when they are first used, so that the gateway and the command do without its packages.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from speko.version import __version__

if TYPE_CHECKING:
    from speko.client import (
        AllowedProviders,
        ApiKey,
        AsyncEventStream,
        AsyncSpeechStream,
        AsyncSpeko,
        Attempt,
        ChatMessage,
        ChatTool,
        ChatToolCall,
        CompleteDone,
        CompleteEvent,
        CompleteMeta,
        CompleteResult,
        CompletionUsage,
        CreatedApiKey,
        DeltaEvent,
        EventStream,
        FilteredCandidate,
        KnownProvider,
        KnownProviders,
        NamedFunction,
        NamedToolChoice,
        OptimizeFor,
        Organization,
        PipelineConstraints,
        ProviderKeyStatus,
        ProviderModel,
        ProviderStatus,
        ReasoningEffort,
        RequestAttempts,
        RevokedApiKey,
        Role,
        RoutedResult,
        RoutingIntent,
        RoutingStack,
        ServerToolCallEvent,
        SpeechStream,
        Speko,
        SpekoApiError,
        SpekoAuthError,
        SpekoRateLimitError,
        StackAxis,
        StackCandidate,
        StackIntent,
        StackLayer,
        StreamError,
        StreamMeta,
        SynthesizeResult,
        ToolCallEvent,
        ToolChoice,
        TranscribeDone,
        TranscribeEvent,
        TranscribeResult,
        TranscriptEvent,
        UsageRow,
        UsageSummary,
        Voice,
        VoiceList,
        VoiceProvider,
    )

__all__ = [
    "AllowedProviders",
    "ApiKey",
    "AsyncEventStream",
    "AsyncSpeechStream",
    "AsyncSpeko",
    "Attempt",
    "ChatMessage",
    "ChatTool",
    "ChatToolCall",
    "CompleteDone",
    "CompleteEvent",
    "CompleteMeta",
    "CompleteResult",
    "CompletionUsage",
    "CreatedApiKey",
    "DeltaEvent",
    "EventStream",
    "FilteredCandidate",
    "KnownProvider",
    "KnownProviders",
    "NamedFunction",
    "NamedToolChoice",
    "OptimizeFor",
    "Organization",
    "PipelineConstraints",
    "ProviderKeyStatus",
    "ProviderModel",
    "ProviderStatus",
    "ReasoningEffort",
    "RequestAttempts",
    "RevokedApiKey",
    "Role",
    "RoutedResult",
    "RoutingIntent",
    "RoutingStack",
    "ServerToolCallEvent",
    "SpeechStream",
    "Speko",
    "SpekoApiError",
    "SpekoAuthError",
    "SpekoRateLimitError",
    "StackAxis",
    "StackCandidate",
    "StackIntent",
    "StackLayer",
    "StreamError",
    "StreamMeta",
    "SynthesizeResult",
    "ToolCallEvent",
    "ToolChoice",
    "TranscribeDone",
    "TranscribeEvent",
    "TranscribeResult",
    "TranscriptEvent",
    "UsageRow",
    "UsageSummary",
    "Voice",
    "VoiceList",
    "VoiceProvider",
    "__version__",
]


if not TYPE_CHECKING:  # a type checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        # Others than these are submodules: looking for `speko.api` must not load the SDK.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("speko.client"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
