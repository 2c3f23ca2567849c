"""The gateway's own voice agent as a speech-to-speech engine: each session is a conversation in an agent process."""

import asyncio

from speko.agent.connection import AgentConnection
from speko.agent.plan import AgentPlan
from speko.agent.pool import AgentPool
from speko.agent.process import ProcessConfig
from speko.agent.sockets import dial
from speko.providers.call import Call
from speko.providers.errors import ConnectFailed, ConnectionLost, DeadlineExceeded, Unsupported
from speko.providers.registry import Runtime
from speko.providers.s2s import EngineConnection, EngineSink, S2sCapabilities, S2sRequest

RATES = (24000, 16000)
"""Hz: those that callers may ask for, so that nothing is resampled in the gateway."""


class AgentEngine:
    """See `SpeechToSpeech`. `call.usage` stays as it is: the agent's own vendor calls are booked one by one, in the
    ledger of the plan."""

    capabilities = S2sCapabilities(input_rates=RATES, output_rates=RATES, owns_turns=True, continues=True)

    def __init__(self, pool: AgentPool) -> None:
        self.pool = pool

    @classmethod
    def of(cls, runtime: Runtime) -> "AgentEngine":
        """The engine of a runtime, whose end ends its processes. None is started before the first need."""
        config = ProcessConfig(
            sessions=runtime.agent_sessions,
            # Half of those who talk listen at any moment; a worker that waits for its utterance costs 1 MB.
            stt_workers=max(runtime.stt_workers, (runtime.agent_sessions + 1) // 2),
            engines=runtime.embedded,
            turn_detection=runtime.agent_turn_detection,
        )
        pool = AgentPool(runtime.agent_processes, config)
        runtime.on_close(pool.close)
        return cls(pool)

    async def connect(self, request: S2sRequest, call: Call, sink: EngineSink) -> EngineConnection:
        """See `SpeechToSpeech`. `request.plan` is an `AgentPlan`.

        Raises:
            Busy: no process has room.
            Unsupported: this gateway runs no agent, or the request has no plan.
            ConnectFailed, ConnectionLost, DeadlineExceeded: the process cannot be reached, died, or hangs.
            ProviderError: what the conversation says about why it cannot begin.
        """
        plan = request.plan
        if not isinstance(plan, AgentPlan):
            raise Unsupported("the voice agent needs a plan of whom it may call")
        by = asyncio.get_running_loop().time() + call.connect_timeout
        try:
            return await self._open(request, plan, sink, by)
        except (ConnectFailed, ConnectionLost):
            # A session that has lost its process is here before anybody has noticed that the process is gone.
            return await self._open(request, plan, sink, by)

    async def _open(self, request: S2sRequest, plan: AgentPlan, sink: EngineSink, by: float) -> EngineConnection:
        process = await self.pool.take(by - asyncio.get_running_loop().time())
        connection = AgentConnection(plan, sink, process.give)
        try:
            async with asyncio.timeout_at(by):
                await dial(process.address, lambda: connection)
                connection.begin(process.secret, request)
                await connection.opened
        except BaseException as error:
            connection.close()
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded("the voice agent does not begin in time", stage="connect") from None
            if isinstance(error, OSError | ConnectionLost):
                process.doubt()
            if isinstance(error, OSError):
                raise ConnectFailed("the voice agent's process cannot be reached") from None
            raise
        return connection
