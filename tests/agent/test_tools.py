"""Tools that the client runs; how AgentSession calls them is tested in `test_conversation`."""

from speko.agent.tools import ClientTools
from speko.providers.llm import Tool
from speko.providers.s2s import AnswerTool

TOOL = Tool("look", "Looks around", {"type": "object", "properties": {"where": {"type": "string"}}})


def test_the_session_gets_them_as_they_were_declared() -> None:
    tools = ClientTools([TOOL], lambda *_: None)
    (made,) = tools.for_session()
    assert made.id == "look"
    assert made.info.raw_schema == {"name": "look", "description": "Looks around", "parameters": TOOL.parameters}  # type: ignore[union-attr]
    assert tools.declared == (TOOL,)


def test_an_answer_that_nobody_waits_for_is_not_taken() -> None:
    tools = ClientTools([TOOL], lambda *_: None)
    assert not tools.answer(AnswerTool("c1", "something"))
    tools.close()
