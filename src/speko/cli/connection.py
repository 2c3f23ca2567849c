"""The gateway as commands use it: the SDK, and clear texts for what goes wrong on the way."""

import argparse
import os
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import TypeAdapter

from speko import Speko, SpekoApiError, SpekoAuthError
from speko.cli.exits import CommandError, Exit
from speko.client.config import DEFAULT_BASE_URL, ClientConfig
from speko.client.errors import error_of

TIMEOUT = 150.0
"""Seconds without a byte. Longer than the gateway's own limit for a call, so that its error arrives and not ours."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@contextmanager
def gateway(args: argparse.Namespace) -> Iterator[Speko]:
    """A client for the gateway that options and environment name. Failures inside become CommandErrors."""
    base_url, key = base_url_of(args.base_url), api_key()
    with explained(base_url), Speko(api_key=key, base_url=base_url, timeout=TIMEOUT) as client:
        yield client


def ask_json(args: argparse.Namespace, path: str, shape: Any, params: Sequence[tuple[str, str]] = ()) -> Any:
    """The gateway's answer to a GET as it is, with the members that the SDK's models do not have.

    `shape` is the SDK's type for it, a model or a list of them; what does not fit raises CommandError.
    """
    base_url, key = base_url_of(args.base_url), api_key()
    config = ClientConfig.of(key, base_url, TIMEOUT)
    with explained(base_url):
        response = httpx.get(base_url + path, params=list(params), headers=config.headers, timeout=TIMEOUT)
        if not response.is_success:
            raise error_of(response)
        try:
            answer = response.json()
            TypeAdapter(shape).validate_python(answer)
            return answer
        except ValueError as error:
            raise CommandError(f"{base_url} does not answer like a gateway", "INVALID_RESPONSE") from error


def api_key() -> str:
    """The key in the environment. Raises CommandError without one, or for one that no header can carry."""
    key = os.environ.get("SPEKO_API_KEY", "").strip()
    if not key:
        text = "no API key; type: export SPEKO_API_KEY=… (make one with: speko keys create --name me --data DIR)"
        raise CommandError(text, "NO_API_KEY", Exit.UNAUTHORIZED)
    try:
        ClientConfig.of(key, None, TIMEOUT)
    except ValueError as error:
        raise CommandError("SPEKO_API_KEY does not hold an API key", "BAD_API_KEY", Exit.UNAUTHORIZED) from error
    return key


def base_url_of(option: str | None) -> str:
    """The gateway's address: the option, else the environment, else this machine.

    Raises CommandError for what is no HTTP address.
    """
    url = (option or os.environ.get("SPEKO_BASE_URL") or DEFAULT_BASE_URL).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise CommandError("the base URL must look like http://127.0.0.1:8787", "BAD_BASE_URL", Exit.USAGE)
    if parts.hostname in _LOOPBACK:
        bypass_proxy(os.environ)
    return url


def bypass_proxy(env: MutableMapping[str, str]) -> None:
    """Keeps calls to this machine away from a proxy that the environment names for all others."""
    listed = env.get("no_proxy") or env.get("NO_PROXY") or ""
    env["NO_PROXY"] = env["no_proxy"] = ",".join(filter(None, (listed, *_LOOPBACK)))


@contextmanager
def explained(base_url: str) -> Iterator[None]:
    """Turns the SDK's and the network's exceptions into CommandErrors that say what was tried and what to type."""
    try:
        yield
    except SpekoAuthError as error:
        text = f"{base_url} does not accept the key in SPEKO_API_KEY; make one with: speko keys create"
        raise CommandError(text, "UNAUTHORIZED", Exit.UNAUTHORIZED, requestId=error.request_id) from error
    except SpekoApiError as error:
        raise refused(error) from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        start = "start one with: speko serve --first-key (or name another: SPEKO_BASE_URL)"
        text = f"no gateway answers at {base_url}; {start}"
        raise CommandError(text, "UNREACHABLE", Exit.UNREACHABLE) from error
    except httpx.TimeoutException as error:
        text = f"{base_url} has not answered for {TIMEOUT:.0f} s"
        raise CommandError(text, "TIMEOUT", Exit.UNREACHABLE) from error
    except httpx.HTTPError as error:
        text = f"the connection to {base_url} broke off ({type(error).__name__})"
        raise CommandError(text, "CONNECTION_LOST", Exit.UNREACHABLE) from error


def refused(error: SpekoApiError) -> CommandError:
    """The gateway's own error. For people with the complaints of every vendor it tried, and of every member that it
    does not take, where its text does not say them already; JSON has them as members."""
    lines = []
    for problem in error.details.get("errors") or ():
        if isinstance(problem, dict) and str(problem.get("message")) not in error.message:
            lines.append(f"{problem.get('provider')} {problem.get('model')}: {problem.get('message')}")
    for issue in error.details.get("issues") or ():
        if not isinstance(issue, dict):
            continue
        path, message = str(issue.get("path") or ""), str(issue.get("message") or "")
        if message not in error.message and not (path and path in error.message):
            lines.append(f"{path}: {message}" if path else message)
    details = {**error.details, "requestId": error.request_id}
    return CommandError(error.message, error.code, Exit.FAILED, lines, **details)
