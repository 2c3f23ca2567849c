"""The engine and its processes together: what goes in comes out, and what fails says so."""


from speko.providers.s2s import AssistantText, ResponseDone, ResponseStarted, StopResponse
from tests.agent.pools import Sink, a_pool, opened, tell, until


async def test_sound_and_events_both_ways_in_order() -> None:
    async with a_pool() as pool:
        sink = Sink()
        connection = await opened(pool, sink)
        tell(connection, "start r1")
        connection.audio(b"\1\2" * 480)
        tell(connection, "start r2")
        connection.audio(b"\3\4")
        tell(connection, "hello")
        connection.do(StopResponse("r2", 0, ""))
        await until(lambda: len(sink.events) == 4)
        assert sink.events == [
            ResponseStarted("r1"),
            ResponseStarted("r2"),
            AssistantText("r", "hello"),
            ResponseDone("r2", "cancelled"),
        ]
        assert sink.sounds == [("r1", b"\1\2" * 480), ("r2", b"\3\4")]
