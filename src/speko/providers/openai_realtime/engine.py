"""The engine: opens sessions with one vendor."""

from speko.providers import addressing
from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.errors import CallerError, Unsupported
from speko.providers.openai_realtime.connection import Connection
from speko.providers.openai_realtime.facts import RealtimeFacts
from speko.providers.openai_realtime.handshake import Address, open_socket
from speko.providers.s2s import EngineSink, S2sCapabilities, S2sRequest


class OpenAIRealtime:
    """A vendor that speaks OpenAI's Realtime protocol.

    Args:
        vendor: whose address and credentials count.
        facts: how it differs from OpenAI.
    """

    def __init__(self, vendor: Vendor, facts: RealtimeFacts) -> None:
        self.capabilities = S2sCapabilities(
            input_rates=facts.rates, output_rates=facts.rates, continues=facts.continues
        )
        self._vendor = vendor
        self._facts = facts

    async def connect(self, request: S2sRequest, call: Call, sink: EngineSink) -> Connection:
        """Opens a session; see `speko.providers.s2s.SpeechToSpeech`.

        Raises:
            ProviderError: the vendor is not reached within `call.connect_timeout`, or refuses the session.
        """
        address = Address.of(addressing.base_url(self._vendor, call.credential), request.model)
        headers = addressing.headers(self._vendor, call.credential)
        connection = Connection(request, call, sink, self._facts)
        try:
            await open_socket(
                address,
                connection,
                headers,
                timeout=call.connect_timeout,
                secrets=addressing.secrets(call.credential),
            )
            await connection.set_up()
        except CallerError as error:  # another engine may well take this voice, prompt and these tools
            connection.close()
            raise Unsupported(error.message, status=error.status) from None
        except BaseException:
            connection.close()
            raise
        return connection
