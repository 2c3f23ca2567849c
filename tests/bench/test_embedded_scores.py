import re
from pathlib import Path

import msgspec
import pytest

from speko.bench.embedded_scores import REGIONS, main, questions, sentences
from speko.bench.error_rate import normalised
from speko.routing.score_files import packaged_snapshot, read_snapshot
from tests.providers.embedded.spoken import needs_espeak, needs_flite


def test_enough_sentences_all_different() -> None:
    assert len(sentences()) >= 40
    assert len({normalised(sentence) for sentence in sentences()}) == len(sentences())
    assert not any(char.isdigit() for sentence in sentences() for char in sentence), "error rates compare words"


def test_enough_questions_with_answers_that_can_be_checked() -> None:
    assert len(questions()) >= 40
    for question in questions():
        assert question.turns
        assert question.accept
        for pattern in question.accept:
            assert re.compile(pattern).search("no such answer at all") is None or pattern == "\\bno\\b"


@needs_flite
@needs_espeak
def test_the_command_writes_a_snapshot(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    main(["--out", str(tmp_path / "scores.csv"), "--limit", "1"])
    snapshot = read_snapshot(tmp_path / "scores.csv")
    assert snapshot.date is not None
    assert {(row.modality, row.provider, row.model, row.mode, row.region) for row in snapshot.rows} == {
        *((*engine, "streaming", region) for engine in ENGINES for region in REGIONS),
        *((*engine, "batch", "global") for engine in ENGINES),
        ("llm", "speko", "rules", "streaming", "global"),
    }
    assert all(row.quality is not None and row.latency_ms and row.cost_per_minute == 0 for row in snapshot.rows)
    out, err = capfd.readouterr()
    assert out == ""
    assert "flite 1/1" in err


ENGINES = (("stt", "pocketsphinx", "en-us"), ("tts", "flite", "flite"), ("tts", "espeak", "espeak-ng"))


def test_what_comes_with_the_package() -> None:
    rows = {(row.provider, row.mode): row for row in packaged_snapshot("embedded").rows}
    assert (rows["pocketsphinx", "batch"].quality or 100) < 15
    assert (rows["flite", "batch"].quality or 100) < (rows["espeak", "batch"].quality or 0)
    assert 20 < (rows["speko", "streaming"].quality or 0) < 80, "a few rules are no model, and the score has to show it"
    assert msgspec.json.decode(Path(str(_data() / "embedded.json")).read_bytes())["command"].startswith("python -m")


def _data() -> Path:
    import speko.routing

    return Path(next(iter(speko.routing.__path__))) / "data"
