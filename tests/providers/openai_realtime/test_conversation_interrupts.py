"""The session's state machine: a response that is stopped is cut to what was heard."""

from speko.providers.s2s import CorrectHeard, PlayedSoFar, ResponseDone, StopResponse
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import SECOND, Talk


def test_stopping_a_response_cuts_it_to_what_was_heard() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND), e.audio(SECOND))
    cancel, truncate = talk.do(StopResponse("resp_1", 1200, "Good"))
    assert cancel["type"] == "response.cancel"
    assert cancel["response_id"] == "resp_1"
    assert truncate["type"] == "conversation.item.truncate"
    assert (truncate["item_id"], truncate["content_index"], truncate["audio_end_ms"]) == ("item_1", 0, 1200)
    assert talk.vendor(e.audio(SECOND), e.spoken("more")) == []
    assert talk.vendor(e.done(status="cancelled")) == [ResponseDone("resp_1", "cancelled")]


def test_stopping_what_the_vendor_has_finished_only_cuts_it() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND), e.done())
    talk.do(StopResponse("resp_1", 400, ""))
    assert talk.kinds() == ["conversation.item.truncate"]


def test_nothing_is_cut_from_what_was_heard_to_its_end() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND), e.done())
    assert talk.do(StopResponse("resp_1", 1000, "")) == []
    assert talk.do(StopResponse("resp_1", 5000, "")) == []


def test_a_cut_is_never_beyond_what_was_sent() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND))
    _, truncate = talk.do(StopResponse("resp_1", 5000, ""))
    assert truncate["audio_end_ms"] == 1000


def test_stopping_before_the_first_sound_cuts_nothing() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.spoken("Good"))
    talk.do(StopResponse("resp_1", 0, ""))
    assert talk.kinds() == ["response.cancel"]


def test_a_correction_only_goes_down() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND))
    talk.do(StopResponse("resp_1", 500, ""))
    assert talk.do(CorrectHeard("resp_1", 800, "")) == []
    (truncate,) = talk.do(CorrectHeard("resp_1", 200, ""))
    assert truncate["audio_end_ms"] == 200
    assert talk.do(CorrectHeard("resp_1", 200, "")) == []


def test_a_response_of_several_items_is_cut_in_each() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.audio(SECOND, item="a"), e.audio(SECOND, item="b"), e.audio(SECOND, item="c"), e.done())
    cuts = talk.do(StopResponse("resp_1", 1500, ""))
    assert [(cut["item_id"], cut["audio_end_ms"]) for cut in cuts] == [("b", 500), ("c", 0)]
    cuts = talk.do(CorrectHeard("resp_1", 900, ""))
    assert [(cut["item_id"], cut["audio_end_ms"]) for cut in cuts] == [("a", 900), ("b", 0)]


def test_unknown_responses_are_not_stopped() -> None:
    assert Talk().do(StopResponse("resp_9", 10, ""), CorrectHeard("resp_9", 5, ""), PlayedSoFar(10)) == []
