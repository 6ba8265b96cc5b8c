"""Asks every question the way users ask, and keeps what came of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.errors import QuestionError
from rag.evaluation import metrics
from rag.evaluation.questions import Question, Room
from rag.records import Answer, Citation, to_plain

Ask = Callable[[Question], Answer]
NO_KIND = "(no kind)"


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric over several questions."""

    value: float
    """Mean, from 0 to 1."""
    n: int
    """Questions that it is taken of."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question and what came of it."""

    question: Question
    answer: Answer | None
    """None where asking failed."""
    metrics: dict[str, float]
    """By name; a metric that does not apply to the question is left out."""
    seconds: float
    error: str | None = None
    """The exception, where asking failed."""

    @property
    def status(self) -> str:
        return self.answer.status if self.answer else "error"

    @property
    def verdict(self) -> Literal["right", "wrong", "unscored"]:
        """Unscored is an answer to a question that names neither answers nor facts."""
        right = self.metrics.get("answer_right", self.metrics.get("declined_when_should"))
        if right is None:
            return "unscored" if self.metrics["answered_when_should"] else "wrong"
        return "right" if right else "wrong"

    def to_dict(self) -> dict[str, Any]:
        a = self.answer
        return {
            "id": self.question.id,
            "question": self.question.question,
            "kind": self.question.kind,
            "answerable": self.question.answerable,
            "verdict": self.verdict,
            "status": self.status,
            "reason": a.reason if a else "",
            "error": self.error,
            "seconds": round(self.seconds, 3),
            "text": a.text if a else "",
            "short": a.short if a else None,
            "confidence": round(a.confidence, 4) if a else None,
            "citations": [_brief(c) for c in a.citations] if a else [],
            "metrics": {name: round(value, 4) for name, value in self.metrics.items()},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured."""

    rows: tuple[Row, ...]
    """One per question, in the order asked; none is left out."""
    questions_sha256: str = ""
    """Of the question file."""
    library: str = ""
    articles: int = 0
    """Articles in the library."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the command that measured, such as the model."""

    @property
    def totals(self) -> dict[str, Figure]:
        """Each metric over all questions that have it; one that none has is left out."""
        return _totals(self.rows)

    @property
    def groups(self) -> dict[str, list[Row]]:
        """The rows of each kind of question, in order of first appearance."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            groups.setdefault(row.question.kind or NO_KIND, []).append(row)
        return groups

    @property
    def kinds(self) -> dict[str, dict[str, Figure]]:
        """The totals of each kind of question."""
        return {kind: _totals(rows) for kind, rows in self.groups.items()}

    @property
    def median_seconds(self) -> float:
        """Of one question: the first, which loads the models, hardly moves it."""
        return statistics.median([row.seconds for row in self.rows] or [0.0])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with `"schema": 1`. Figures have four decimals, seconds three."""
        return {
            "schema": 1,
            "questions_sha256": self.questions_sha256,
            "questions": len(self.rows),
            "library": self.library,
            "articles": self.articles,
            "settings": to_plain(dict(self.settings)),
            "median_seconds": round(self.median_seconds, 3),
            "totals": _plain(self.totals),
            "kinds": {kind: _plain(totals) for kind, totals in self.kinds.items()},
            "rows": [row.to_dict() for row in self.rows],
        }


def asker(room: Room, **options: Any) -> Ask:
    """Asks a library as users do, with each question's own circumstances.

    A question that names `now` but no `as_of` is asked as of that day. `options` are further
    arguments of `Newsroom.ask` for all questions, such as `model`.
    """

    def ask(question: Question) -> Answer:
        return room.ask(
            question.question,
            history=question.history,
            since=question.since,
            until=question.until,
            as_of=question.as_of or question.now,
            outlets=question.outlets or None,
            **options,
        )

    return ask


def evaluate(
    questions: Sequence[Question], ask: Ask, *, questions_sha256: str = "", library: str = "",
    articles: int = 0, settings: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:  # fmt: skip
    """Asks every question and scores the answers; a question whose asking fails scores 0.

    `progress` is called with the questions done and all there are. Raises QuestionError, before
    anything is asked, where a gold paragraph has no number yet (see `resolve`). The other
    arguments are kept in the report.
    """
    for question in questions:
        if any(gold.paragraph is None for gold in question.paragraphs):
            raise QuestionError(
                f"{question.id}: a gold paragraph has no number; call resolve(questions, room)"
            )
    rows = []
    for done, question in enumerate(questions, 1):
        rows.append(_row(question, ask))
        if progress:
            progress(done, len(questions))
    return Report(tuple(rows), questions_sha256, library, articles, dict(settings or {}))


def _row(question: Question, ask: Ask) -> Row:
    start, answer, error = time.perf_counter(), None, None
    try:
        answer = ask(question)
    except Exception as failure:  # whatever it is, it is this question's result
        error = f"{type(failure).__name__}: {failure}"
    seconds = time.perf_counter() - start
    return Row(question, answer, metrics.score(question, answer), seconds, error)


def _totals(rows: Sequence[Row]) -> dict[str, Figure]:
    totals = {}
    for metric in metrics.METRICS:
        values = [row.metrics[metric.name] for row in rows if metric.name in row.metrics]
        if values:
            totals[metric.name] = Figure(statistics.fmean(values), len(values))
    return totals


def _plain(totals: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: {"value": round(f.value, 4), "n": f.n} for name, f in totals.items()}


def _brief(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "article": citation.article,
        "paragraph": citation.paragraph,
        "quote": citation.quote,
    }
