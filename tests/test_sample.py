"""The quality of the answers on the sample questions does not sink."""

from pathlib import Path

import pytest

from rag import Newsroom, sample
from rag.errors import SourceError
from rag.evaluation import Report, asker, evaluate, gate, load, resolve, sha256

FLOORS = Path(__file__).parent / "floors.json"


@pytest.fixture(scope="module")
def report(newsroom: Newsroom) -> Report:
    path = sample.corpus() / "questions" / "sample.jsonl"
    questions = resolve(load(path), newsroom)
    return evaluate(questions, asker(newsroom, model=None), questions_sha256=sha256(path))


@pytest.mark.slow
def test_no_figure_is_below_its_floor(report: Report) -> None:
    assert not gate.check(report, FLOORS)


@pytest.mark.slow
def test_every_question_was_answered_or_declined(report: Report) -> None:
    assert [row.error for row in report.rows if row.error] == []


@pytest.mark.slow
def test_every_quote_stands_in_its_paragraph(report: Report, newsroom: Newsroom) -> None:
    cited = [c for row in report.rows if row.answer for c in row.answer.citations]
    assert len(cited) > 100
    for c in cited:
        assert newsroom.article(c.article).paragraph(c.paragraph)[slice(*c.span)] == c.quote


def test_lost_articles_are_brought_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "__file__", str(tmp_path / "rag" / "sample.py"))
    with pytest.raises(SourceError, match=f"{tmp_path}/corpus; .*git checkout corpus"):
        Newsroom.open("sample")


def test_the_questions_fit_the_sample_library(newsroom: Newsroom) -> None:
    folder = sample.corpus() / "questions"
    files = {name: load(folder / f"{name}.jsonl") for name in ("sample", "untouched", "near")}
    for questions in files.values():
        resolve(questions, newsroom)
    assert [len(questions) for questions in files.values()] == [110, 58, 160]
    unanswerable = [sum(not q.answerable for q in questions) for questions in files.values()]
    assert unanswerable == [27, 14, 80]
    assert sum(bool(q.history) for name in ("sample", "untouched") for q in files[name]) >= 20
