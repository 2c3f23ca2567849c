"""Tools that the client runs; how AgentSession calls them is tested in `test_conversation`."""

from livekit.agents import llm
from msgspec.structs import replace

from speko.agent.tools import ClientTools, declared
from speko.providers.llm import Tool
from speko.providers.s2s import AnswerTool

TOOL = Tool("look", "Looks around", {"type": "object", "properties": {"where": {"type": "string"}}})


def test_the_session_gets_them_as_they_were_declared() -> None:
    tools = ClientTools([TOOL], lambda *_: None)
    offered = llm.ToolContext([tools.offered]).flatten()
    assert [tool.id for tool in offered] == ["look"]
    assert declared(offered) == (TOOL,)


def test_they_may_change_and_of_one_name_there_is_one() -> None:
    tools = ClientTools([TOOL], lambda *_: None)
    twice = replace(TOOL, description="Looks around once more")
    other = replace(TOOL, name="listen")
    tools.offer([TOOL, other, twice])
    assert declared(llm.ToolContext([tools.offered]).flatten()) == (twice, other)
    tools.offer([])
    assert llm.ToolContext([tools.offered]).flatten() == []


def test_an_answer_that_nobody_waits_for_is_not_taken() -> None:
    tools = ClientTools([TOOL], lambda *_: None)
    assert not tools.answer(AnswerTool("c1", "something"))
    tools.close()
