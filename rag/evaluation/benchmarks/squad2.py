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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.crossencoder import LONGEST_READ, CrossEncoder
from rag.errors import QuestionError
from rag.evaluation import metrics
from rag.reader import best_words
from rag.sentences import parts

Array = NDArray[Any]
"""One number or truth per question."""


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
    """The questions of a file, of its articles at odd positions only where `odd`.

    Raises QuestionError where it is no such file, or lacks questions of one of the two kinds.
    """
    try:
        articles = json.loads(path.read_text("utf-8"))["data"]
        items = [
            Item(qa["question"], p["context"], tuple(a["text"] for a in qa["answers"]))
            for article in (articles[1::2] if odd else articles)
            for p in article["paragraphs"]
            for qa in p["qas"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionError(
            f"{path} cannot be read as SQuAD 2.0 ({type(error).__name__}: {error}); name a file of "
            "its form, such as dev-v2.0.json"
        ) from error
    if len({bool(item.answers) for item in items}) < 2:
        where = "articles at odd positions (all: --all)" if odd else "articles"
        raise QuestionError(
            f"{path} does not hold both kinds of questions, with and without an answer, in its "
            f"{where}"
        )
    return items


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

    has = np.array([bool(item.answers) for item in items])
    odds = np.array([reply.odds for reply in replies])
    scored = [_scores(reply.text, item.answers) for reply, item in zip(replies, items, strict=True)]
    exact, f1 = np.array(scored).T
    answered = odds >= least
    return {
        "schema": 1,
        "questions": len(items),
        "exact_match": _percent(np.where(answered, exact, ~has)),
        "f1": _percent(np.where(answered, f1, ~has)),
        "f1_declining_everything": _percent(~has),
        "f1_best_threshold": _best_threshold(odds, f1, has),
        "answerable_exact_match": _percent(exact[has]),
        "answerable_f1": _percent(f1[has]),
        "unanswerable_declined": _percent(~answered[~has]),
        "roc_area": round(float(roc_auc_score(has, odds)), 3),
    }


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    return "\n".join(f"{name:26}{value:>8}" for name, value in found.items())


def _reply(item: Item, network: CrossEncoder) -> Reply:
    best = Reply("", -np.inf)
    for text in parts(item.context, LONGEST_READ):
        (read,) = network.read(item.question, [text])
        words = best_words(read, 0, len(text), text)
        if words and read.odds > best.odds:
            best = Reply(words.text, read.odds)
    return best


def _scores(text: str, answers: Sequence[str]) -> tuple[float, float]:
    """Exact match and F1, each with the answer that it fits best; 0 where there are none."""
    words = _normal(text).split()
    golds = [_normal(answer).split() for answer in answers]
    f1 = max((metrics.overlap(words, gold) for gold in golds), default=0.0)
    return float(words in golds), f1


def _normal(text: str) -> str:
    """SQuAD's own rule: as `metrics.normalise`, and without "a", "an" and "the"."""
    plain = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", plain).split())


def _best_threshold(odds: Array, f1: Array, has: Array) -> float:
    """F1 at the threshold that suits these very questions best: a bound, not a result."""
    gains = np.cumsum(np.where(has, f1, -1.0)[np.argsort(-odds, kind="stable")])
    return round(100 * float((~has).sum() + max(0.0, gains.max())) / len(odds), 1)


def _percent(values: Array) -> float:
    return round(100 * float(values.mean()), 1)
