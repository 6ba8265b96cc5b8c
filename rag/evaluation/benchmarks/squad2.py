"""SQuAD 2.0 (Rajpurkar et al. 2018): the reader alone, on paragraphs that may hold no answer.

The file has the form of the published sets. Of `squad2-halfdev.json` the articles at odd positions
are the test set; the even ones were trained on.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from rag.crossencoder import LONGEST_READ, CrossEncoder
from rag.errors import QuestionError
from rag.evaluation import metrics
from rag.reader import best_words
from rag.sentences import parts


@dataclass(frozen=True, slots=True)
class Item:
    """A question about a paragraph; no answers: it holds none."""

    question: str
    context: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The reader's best words, and its log odds that the paragraph answers at all."""

    text: str
    odds: float


def load(path: Path, odd: bool) -> list[Item]:
    """The questions of a file, of its articles at odd positions only where `odd`."""
    try:
        articles = json.loads(path.read_text("utf-8"))["data"]
        return [
            Item(qa["question"], p["context"], tuple(a["text"] for a in qa["answers"]))
            for article in (articles[1::2] if odd else articles)
            for p in article["paragraphs"]
            for qa in p["qas"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionError(
            f"{path} cannot be read as SQuAD 2.0 ({type(error).__name__}: {error})"
        ) from error


def run(
    items: Sequence[Item], network: CrossEncoder, least: float,
    show: Callable[[str, int, int], None],
) -> dict[str, Any]:  # fmt: skip
    """Figures in percent, ready for JSON; what has odds below `least` is declined."""
    replies = []
    for done, item in enumerate(items, 1):
        replies.append(_reply(item, network))
        if done % 20 == 0:
            show("Reading", done, len(items))
    from sklearn.metrics import roc_auc_score

    has = [bool(item.answers) for item in items]
    odds = [reply.odds for reply in replies]
    given = [_f1(reply.text, item.answers) for reply, item in zip(replies, items, strict=True)]
    exact = [
        max((_normal(reply.text) == _normal(a) for a in item.answers), default=False)
        for reply, item in zip(replies, items, strict=True)
    ]
    answered = [o >= least for o in odds]
    right = [f if yes else not h for f, yes, h in zip(given, answered, has, strict=True)]
    matched = [e if yes else not h for e, yes, h in zip(exact, answered, has, strict=True)]
    return {
        "schema": 1,
        "questions": len(items),
        "exact_match": _percent(matched),
        "f1": _percent(right),
        "f1_declining_everything": _percent([not h for h in has]),
        "f1_best_threshold": _best_threshold(odds, given, has),
        "answerable_exact_match": _percent([e for e, h in zip(exact, has, strict=True) if h]),
        "answerable_f1": _percent([f for f, h in zip(given, has, strict=True) if h]),
        "unanswerable_declined": _percent(
            [not y for y, h in zip(answered, has, strict=True) if not h]
        ),
        "roc_area": round(float(roc_auc_score(has, odds)), 3),
    }


def _reply(item: Item, network: CrossEncoder) -> Reply:
    best = Reply("", -np.inf)
    for text in parts(item.context, LONGEST_READ):
        (read,) = network.read(item.question, [text])
        words = best_words(read, 0, len(text), text)
        if words and read.odds > best.odds:
            best = Reply(words.text, read.odds)
    return best


def _f1(text: str, answers: Sequence[str]) -> float:
    words = _normal(text).split()
    return max((metrics.overlap(words, _normal(a).split()) for a in answers), default=0.0)


def _normal(text: str) -> str:
    """SQuAD's own rule: as `metrics.normalise`, and without "a", "an" and "the"."""
    plain = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", plain).split())


def _best_threshold(odds: Sequence[float], given: Sequence[float], has: Sequence[bool]) -> float:
    """F1 at the threshold that suits these very questions best: a bound, not a result."""
    order = sorted(range(len(odds)), key=lambda i: -odds[i])
    gains = np.cumsum([given[i] if has[i] else -1.0 for i in order])
    nothing = sum(not h for h in has)
    return round(100 * (nothing + max(0.0, float(gains.max()))) / len(odds), 1)


def _percent(values: Sequence[float]) -> float:
    return round(100 * fmean(values), 1) if values else 0.0
