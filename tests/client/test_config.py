import pytest

from speko import AsyncSpeko, Speko
from speko.client.config import ClientConfig
from speko.version import __version__


@pytest.mark.parametrize("client", [Speko, AsyncSpeko])
@pytest.mark.parametrize("key", ["", "  ", None])
def test_an_api_key_is_required(client: type[Speko] | type[AsyncSpeko], key: str) -> None:
    with pytest.raises(ValueError, match=r"^Speko: api_key is required\."):
        client(api_key=key)


@pytest.mark.parametrize("key", ["sk_live_ä", "sk_live_a\nX-Evil: 1", "sk live"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ValueError, match="api_key") as caught:
        Speko(api_key=key)
    assert key not in str(caught.value)


def test_the_key_stays_out_of_texts() -> None:
    assert "sk_live_1" not in repr(ClientConfig.of("sk_live_1", None, 30.0))


@pytest.mark.parametrize(
    ("argument", "environment", "url"),
    [
        (None, None, "http://127.0.0.1:8787"),
        (None, "", "http://127.0.0.1:8787"),
        (None, "https://gateway.example/", "https://gateway.example"),
        ("", "https://gateway.example", "https://gateway.example"),
        ("https://other.example/voice/", "https://gateway.example", "https://other.example/voice"),
        ("https://other.example//", None, "https://other.example"),
    ],
)
def test_base_url(monkeypatch: pytest.MonkeyPatch, argument: str | None, environment: str | None, url: str) -> None:
    monkeypatch.delenv("SPEKO_BASE_URL", raising=False)
    if environment is not None:
        monkeypatch.setenv("SPEKO_BASE_URL", environment)
    assert ClientConfig.of("sk_live_1", argument, 30.0).base_url == url


def test_the_key_never_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_API_KEY", "sk_live_1")
    with pytest.raises(ValueError, match="api_key is required"):
        Speko(api_key="")


def test_headers() -> None:
    assert ClientConfig.of(" sk_live_1\n", None, 30.0).headers == {
        "Authorization": "Bearer sk_live_1",
        "User-Agent": f"spekoai-python/{__version__}",
    }
