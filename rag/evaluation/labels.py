"""Statements of answers that people have labelled: a judge of citations that is not our own check.

A label belongs to the words of an article that a statement repeats: so it holds for every later
answer in these words, and no text is passed on. Of other statements it says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from rag.evaluation.evaluate import Row
from rag.evaluation.metrics import MARKER, contains
from rag.records import Citation

LABELS = Path(__file__).with_name("labels.jsonl")
"""Of answers on the RealTimeQA questions of 2023."""
SAME = 0.8
"""Share of the longer of two spans that lies in the other, from which both are taken for one."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a person says of a statement that answers a question."""

    question: str
    """Id of the question."""
    article: str
    """Key of the article."""
    paragraph: int
    span: tuple[int, int]
    """Characters [start, end) of the paragraph that the statement rests on."""
    supported: Literal["yes", "partly", "no"]
    """Whether the paragraph says what a reader takes the statement to say."""
    relevant: bool
    """Whether it helps to answer the question."""


def load(path: Path = LABELS) -> list[Label]:
    """The labels of a file of JSON lines."""
    records = map(json.loads, path.read_text("utf-8").splitlines())
    return [Label(**{**record, "span": tuple(record["span"])}) for record in records]


def judge(rows: Iterable[Row], labels: Iterable[Label]) -> dict[str, Any]:
    """How the shown statements fare by the labels of the same words, ready for JSON.

    Statements that nobody has labelled, or that are in other words, are counted, not scored.
    """
    known: dict[tuple[str, str, int], list[Label]] = {}
    for label in labels:
        known.setdefault((label.question, label.article, label.paragraph), []).append(label)
    shown, found = 0, []
    for row in rows:
        for statement in row.answer.statements if row.answer else ():
            shown += 1
            matches = [
                label
                for c in statement.citations
                for label in known.get((row.question.id, c.article, c.paragraph), ())
                if _same(label, c) and contains(c.quote, MARKER.sub("", statement.text))
            ]
            found += matches[:1]
    return {
        "shown": shown,
        "labelled": len(found),
        "supported": round(fmean(f.supported == "yes" for f in found), 3) if found else None,
        "partly": round(fmean(f.supported == "partly" for f in found), 3) if found else None,
        "relevant": round(fmean(f.relevant for f in found), 3) if found else None,
    }


def _same(label: Label, citation: Citation) -> bool:
    (a, b), (c, d) = label.span, citation.span
    return min(b, d) - max(a, c) >= SAME * max(b - a, d - c)
