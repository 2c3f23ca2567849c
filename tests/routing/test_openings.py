"""Who would serve, if they had what they lack."""

from speko.routing.intent import RoutingIntent
from speko.routing.openings import openings, told
from tests.routing.routers import NOTHING, Own, Setup, allow
from tests.routing.scores import OPEN


def setup() -> Setup:
    return (
        Setup()
        .engine("toy", "en")
        .vendor("ready", languages=("en",))
        .vendor("alpha", platform=NOTHING, models=("first", "second"))
        .vendor("english", platform=NOTHING, languages=("en",))
        .vendor("ears", platform=NOTHING, modality="stt")
        .vendor("unbuilt", platform=NOTHING, connector=False)
        .vendor("local", platform=NOTHING, needs="url", base_url_env="LOCAL_BASE_URL")
        .vendor("beta", platform=NOTHING, languages=("de",))
    )


def test_whoever_speaks_the_language_and_lacks_a_key_or_an_address() -> None:
    found = openings(setup().router(), "tts", RoutingIntent("de-AT"), OPEN, {})
    assert [(one.provider, one.model, one.reason) for one in found] == [
        ("alpha", "first", "NO_CREDENTIAL"),
        ("local", "m", "NO_BASE_URL"),
        ("beta", "m", "NO_CREDENTIAL"),
    ]
    assert "ALPHA_API_KEY" in (found[0].hint or "")
    assert told(found) == (
        "these would, with a key (speko providers set-key VENDOR): alpha, beta; with a base URL: local"
    )


def test_within_what_is_allowed() -> None:
    allowed = allow("alpha:second", "beta:other")
    found = openings(setup().router(), "tts", RoutingIntent("de"), allowed, {})
    assert [(one.provider, one.model) for one in found] == [("alpha", "second")]


def test_a_vendor_with_a_key_is_none() -> None:
    found = openings(setup().router(), "tts", RoutingIntent("de"), OPEN, {"alpha": Own("k")})
    assert [one.provider for one in found] == ["local", "beta"]


def test_nobody() -> None:
    assert told(openings(setup().router(), "llm", RoutingIntent("de"), OPEN, {})) == ""
