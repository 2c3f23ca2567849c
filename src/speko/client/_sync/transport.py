# Generated from _async/transport.py by scripts/generate_sync_client.py. Do not edit.
"""Sends requests and opens streams."""

import httpx

from speko.client.config import ClientConfig
from speko.client.errors import error_of
from speko.client.wire import WireRequest


class Transport:
    """One pool of connections to one gateway."""

    def __init__(self, config: ClientConfig) -> None:
        self._base_url = config.base_url
        self._timeout = config.timeout
        self._http = httpx.Client(headers=config.headers, timeout=config.timeout)

    def send(self, request: WireRequest) -> httpx.Response:
        """The whole answer. Raises SpekoApiError for another status than 2xx."""
        response = self.open(request)
        try:
            response.read()
        finally:
            response.close()
        return response

    def open(self, request: WireRequest, *, gap: float | None = None) -> httpx.Response:
        """The answer with its body still to come; the caller closes it. Raises SpekoApiError like `send`.

        `gap`: seconds between two reads, in place of the client's.
        """
        timeout = httpx.Timeout(self._timeout, read=self._timeout if gap is None else gap)
        response = self._http.send(
            self._http.build_request(
                request.method,
                self._base_url + request.path,
                params=request.query,
                headers=request.headers,
                content=request.content,
                timeout=timeout,
            ),
            stream=True,
        )
        if response.is_success:
            return response
        try:
            response.read()
        finally:
            response.close()
        raise error_of(response)

    def close(self) -> None:
        """Ends all connections."""
        self._http.close()
