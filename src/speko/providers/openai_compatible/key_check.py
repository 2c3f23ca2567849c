"""Whether a vendor takes a key, by what it answers to the cheapest question."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Raw, Struct

from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.check import CheckReport
from speko.providers.errors import MalformedResponse, ModelNotFound, Unsupported
from speko.providers.openai_compatible.endpoint import Endpoint, read_whole
from speko.providers.registry import Runtime

_MOST_BYTES: Final = 4 * 2**20
_NO_SUCH_PATH: Final = (404, 405, 501)
_NO_ADVICE: Final = ", so nothing more is known; if calls fail, see whether the base URL is right (most end in /v1)"


class _Page(Struct):
    """`{"object": "list", "data": […]}`. Ollama without models says null."""

    data: list[Raw] | None


class KeyCheck:
    """`CredentialCheck` for one vendor.

    Args:
        vendor: whose address counts.
        by: see `Profile.key_check`.
        runtime: whose HTTP client is used.
    """

    def __init__(self, vendor: Vendor, by: Literal["models", "key", "none"], runtime: Runtime) -> None:
        self._endpoint = Endpoint(vendor, runtime)
        self._name = vendor.name
        self._by = by

    async def check(self, call: Call) -> CheckReport:
        """See `CredentialCheck`. Source: https://platform.openai.com/docs/api-reference/models/list"""
        path = "/key" if self._by == "key" else "/models"
        try:
            async with self._endpoint.get(path, call) as response:
                body, status = await read_whole(response, _MOST_BYTES), response.status
        except (ModelNotFound, Unsupported) as error:
            if error.status not in _NO_SUCH_PATH:
                raise
            return CheckReport(
                f"{self._name} answers, but has nothing at {path}{_NO_ADVICE}", error.status, shows_key=False
            )
        if self._by == "key":
            _read(body, Mapping[str, Any], "something that is no JSON object", status)
            return CheckReport(f"{self._name} accepts the key", status)
        models = _count(body, status)
        return CheckReport(
            f"{self._name} {self._accepts(call)} {_listed(models)}{self._but(call)}", status, models, self._by != "none"
        )

    def _accepts(self, call: Call) -> str:
        told = call.credential.api_key and self._by == "models"
        return "accepts the key and lists" if told else "answers and lists"

    def _but(self, call: Call) -> str:
        open_to_all = call.credential.api_key and self._by == "none"
        return "; it does so without a key too, so only a call shows whether this one is good" if open_to_all else ""


def _count(body: bytes, status: int) -> int:
    # Together AI sends the bare list.
    page = _read(body, _Page | list[Raw], "something that is no list of models", status)
    return len((page.data or ()) if isinstance(page, _Page) else page)


def _read(body: bytes, kind: Any, otherwise: str, status: int) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        problem = otherwise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        problem = "something that is no JSON"
    raise MalformedResponse(f"HTTP {status} with {problem}", status=status)


def _listed(models: int) -> str:
    return "1 model" if models == 1 else f"{models or 'no'} models"
