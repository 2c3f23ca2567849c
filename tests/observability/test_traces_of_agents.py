"""The gateway's own agent works in another process: what it asks vendors for is a part of the session's trace."""

from pathlib import Path

from speko import AsyncSpeko
from tests.api.running import running, until
from tests.client.realtime.test_gateway import ENGLISH, answered, frames_until
from tests.observability.collector import collecting


async def test_a_conversation_is_one_trace(tmp_path: Path) -> None:
    async with (
        collecting() as collector,
        running(tmp_path, agent_processes=1, otlp_endpoint=collector.url) as gateway,
        AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko,
    ):
        session = await speko.connect_realtime({"intent": ENGLISH})
        await session.send_text("What is twelve times twelve?")
        await frames_until(session, answered)
        await session.close()

        async def over() -> bool:
            return any(span.name == "session" for span in collector.spans)

        await until(over)
        (conversation,) = [span for span in collector.spans if span.name == "session"]
        below = [span for span in collector.of(conversation.trace_id) if span.parent_id == conversation.span_id]
        operations = {span.attributes["gen_ai.operation.name"] for span in below}
        assert {"chat", "speech", "realtime"} <= operations
        assert {span.attributes["speko.session_id"] for span in below} == {session.session_id}
        assert b"twelve" not in collector.raw
        assert b"144" not in collector.raw
