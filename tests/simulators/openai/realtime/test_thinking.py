from speko.providers.llm import LlmRequest, TextDelta
from speko.simulators import Engines, Script, ScriptedToolCall
from speko.simulators.openai.realtime.config import FunctionTool
from speko.simulators.openai.realtime.items import Item, Part
from speko.simulators.openai.realtime.thinking import SUBSTITUTE, Asked, think
from tests.simulators.openai.engines import Fakes

ANSWER = "Well, it is 144, I think."


def said(role: str, text: str) -> Item:
    kind = "output_audio" if role == "assistant" else "input_text"
    return Item(f"{role}-{text}", "message", role, parts=[Part(kind, text)])


async def rest(*items: Item, script: Script | None = None, engines: Engines | None = None) -> str:
    script = script or Script(text=ANSWER)
    return (await think(Asked(items, "Continue.", "Be kind.", (), "auto"), script, engines or Engines.none())).text


async def test_the_rest_of_an_answer_that_was_begun() -> None:
    question = said("user", "12 times 12")
    assert await rest(question) == ANSWER
    assert await rest(question, said("assistant", "well it is")) == "144, I think."
    assert await rest(question, said("assistant", "Well,"), said("assistant", "it is 144")) == "I think."
    assert await rest(question, said("assistant", ANSWER)) == ""
    assert await rest(question, said("assistant", "")) == ANSWER
    assert await rest(question, said("assistant", "Something else")) == ANSWER
    assert await rest(question, said("assistant", ANSWER + " And more.")) == ANSWER
    # An answer before another question is no beginning.
    assert await rest(question, said("assistant", "Well, it"), question) == ANSWER


async def test_the_engine_answers_the_last_question_when_its_answer_was_begun() -> None:
    fakes = Fakes()
    fakes.llm_events = [TextDelta(ANSWER)]
    assert await rest(
        said("user", "12 times 12"), said("assistant", "Well, it is"), script=Script(), engines=fakes.engines
    ) == ("144, I think.")
    (request,) = fakes.requests
    assert isinstance(request, LlmRequest)
    assert [message.content for message in request.messages] == ["Be kind.", "12 times 12"]


async def test_after_a_tool_the_answer_goes_on_and_the_tool_is_not_called_again() -> None:
    script = Script(text=ANSWER, tool_calls=(ScriptedToolCall("f"),))
    items = [
        said("user", "12 times 12"),
        Item("c", "function_call", call_id="c", name="f", arguments="{}"),
        Item("o", "function_call_output", call_id="c", output="144"),
        said("assistant", "Well, it"),
    ]
    thought = await think(Asked(items, "", "", [FunctionTool("f")], "auto"), script, Engines.none())
    assert (thought.text, thought.calls) == ("is 144, I think.", ())


async def test_without_script_and_engine_there_is_a_substitute() -> None:
    assert await rest(said("user", "x"), script=Script()) == SUBSTITUTE
