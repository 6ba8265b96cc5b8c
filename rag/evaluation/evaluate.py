"""Asks every question the way users ask, and keeps what came of each."""

from __future__ import annotations

import functools
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rag import crossencoder, llm
from rag.errors import QuestionError
from rag.evaluation import metrics
from rag.evaluation.questions import Question, Room
from rag.records import Answer, Citation, to_plain

if TYPE_CHECKING:
    from rag.newsroom import Newsroom

Ask = Callable[[Question], Answer]
NO_KIND = "(no kind)"
RESAMPLES = 2000
"""Bootstrap samples behind an interval: its ends move by less than 0.005 with more."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric over several questions."""

    value: float
    """Mean, from 0 to 1."""
    n: int
    """Questions that it is taken of."""
    low: float
    """The 95% confidence interval: what the figure may be for other questions of the same sort."""
    high: float


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
            "timings": {k: round(v, 4) for k, v in a.timings.items()} if a else {},
            "model": a.model if a else None,
            "notices": list(a.notices) if a else [],
            "text": a.text if a else "",
            "short": a.short if a else None,
            "confidence": round(a.confidence, 4) if a else None,
            "citations": [_brief(c) for c in a.citations] if a else [],
            "metrics": {name: round(value, 4) for name, value in self.metrics.items()},
        }


@dataclass(frozen=True)
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

    @functools.cached_property
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

    @functools.cached_property
    def kinds(self) -> dict[str, dict[str, Figure]]:
        """The totals of each kind of question."""
        return {kind: _totals(rows) for kind, rows in self.groups.items()}

    @property
    def stages(self) -> dict[str, float]:
        """Mean seconds per question of each stage; what no stage counts is "other"."""
        names = dict.fromkeys(n for row in self.rows if row.answer for n in row.answer.timings)
        timings = [row.answer.timings if row.answer else {} for row in self.rows]
        stages = {n: statistics.fmean(t.get(n, 0.0) for t in timings) for n in names}
        whole = statistics.fmean([row.seconds for row in self.rows] or [0.0])
        return {**stages, "other": max(0.0, whole - sum(stages.values()))}

    @property
    def risk_coverage(self) -> list[tuple[float, float, float]]:
        """(coverage, risk, confidence), the surest answers first.

        Were only what is at least as confident answered: which share of all questions that is,
        and which share of those answers would be wrong (El-Yaniv and Wiener 2010). What was
        declined and what names no truth is in no point.
        """
        scored = [
            (row.answer.confidence, row.verdict == "wrong")
            for row in self.rows
            if row.answer and row.status != "declined" and row.verdict != "unscored"
        ]
        points, wrong = [], 0
        ranked = sorted(scored, reverse=True)
        for i, (confidence, is_wrong) in enumerate(ranked, 1):
            wrong += is_wrong
            if i == len(ranked) or ranked[i][0] < confidence:  # of equals, only all together
                points.append((i / len(self.rows), wrong / i, confidence))
        return points

    @property
    def confidence_roc(self) -> float | None:
        """Area under the ROC curve of the confidence that a question is answerable.

        The chance that an answerable question gets more confidence than an unanswerable one; None
        where one of the two is missing.
        """
        yes = [r.answer.confidence if r.answer else 0.0 for r in self.rows if r.question.answerable]
        no = [
            r.answer.confidence if r.answer else 1.0 for r in self.rows if not r.question.answerable
        ]
        if not yes or not no:
            return None
        from sklearn.metrics import roc_auc_score

        return float(roc_auc_score([1] * len(yes) + [0] * len(no), yes + no))

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
            "confidence_roc": self.confidence_roc,
            "risk_coverage": [[round(x, 4) for x in point] for point in self.risk_coverage],
            "stages": {name: round(value, 4) for name, value in self.stages.items()},
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


def measured_with(room: Newsroom, **options: Any) -> dict[str, Any]:
    """What figures depend on beside questions and articles, as it is in force; ready for JSON.

    `options` are those of the asker. Raises ReaderError or EmbedderError for what cannot be loaded.
    """
    held = room.settings
    network = crossencoder.named(held.reader)
    return {
        "version": metadata.version("citewire"),
        "reader": held.reader,
        "reader_sha256": network.fingerprint if network else None,
        "caution": held.caution,
        "embedder": held.embedder,
        "embedder_fingerprint": room.embedder.fingerprint,
        **options,
        "model": llm.named(options.get("model", held.model)),
    }


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
    start = time.perf_counter()
    try:
        answer = ask(question)
        seconds = time.perf_counter() - start
        if not isinstance(answer, Answer) or not math.isfinite(answer.confidence):
            raise TypeError(f"{answer!r:.80} is no Answer with a confidence from 0 to 1")
        return Row(question, answer, metrics.score(question, answer), seconds)
    except Exception as failure:  # whatever it is, it is this question's result
        error = f"{type(failure).__name__}: {failure}"
        seconds = time.perf_counter() - start
        return Row(question, None, metrics.score(question, None), seconds, error)


def _totals(rows: Sequence[Row]) -> dict[str, Figure]:
    totals = {}
    for metric in metrics.METRICS:
        values = [row.metrics[metric.name] for row in rows if metric.name in row.metrics]
        if values:
            totals[metric.name] = figure(values)
    return totals


def figure(values: Sequence[float]) -> Figure:
    """The mean with its interval: percentiles of the means of samples drawn with replacement.

    The percentile bootstrap (Efron 1979), from a fixed seed; Wilson's interval where all are 0 or
    all are 1, of which every sample is alike. `values` must not be empty.
    """
    if set(values) <= {0.0} or set(values) <= {1.0}:
        least = len(values) / (len(values) + 1.96**2)
        return Figure(values[0], len(values), values[0] * least, max(values[0], 1 - least))
    drawn = np.random.default_rng(0).choice(np.asarray(values), (RESAMPLES, len(values)))
    low, high = np.percentile(drawn.mean(axis=1), (2.5, 97.5))
    return Figure(statistics.fmean(values), len(values), float(low), float(high))


def _plain(totals: Mapping[str, Figure]) -> dict[str, Any]:
    return {
        name: {"value": round(f.value, 4), "n": f.n, "low": round(f.low, 4),
               "high": round(f.high, 4)}
        for name, f in totals.items()
    }  # fmt: skip


def _brief(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "article": citation.article,
        "paragraph": citation.paragraph,
        "quote": citation.quote,
    }
