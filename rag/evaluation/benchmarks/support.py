"""QAGS (Wang et al. 2020): does a news article support a sentence of its summary?

A file of JSON lines: `article`, and `summary_sentences` with a `sentence` and the `responses` of
three people each, whose majority counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from rag import check
from rag.errors import QuestionError
from rag.records import Article, StoredArticle
from rag.sentences import sentence_spans

FILES = ("mturk_cnndm.jsonl", "mturk_xsum.jsonl")
WINDOW = 3
"""Sentences of the article put together as a paragraph, since it has none; the best one counts."""


def run(folder: Path, show: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Balanced accuracy and ROC area of the check, per file and pooled, ready for JSON."""
    pooled: list[tuple[bool, float]] = []
    figures: dict[str, Any] = {}
    for name in FILES:
        try:
            lines = (folder / name).read_text("utf-8").splitlines()
            records = [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError) as error:
            raise QuestionError(
                f"{folder / name} cannot be read as QAGS ({error}); name a folder with "
                f"{' and '.join(FILES)}"
            ) from error
        judged: list[tuple[bool, float]] = []
        for done, record in enumerate(records, 1):
            judged += _judged(record)
            show(f"Checking the sentences of {name}", done, len(records))
        figures[name] = _figures(judged)
        pooled += judged
    return {"schema": 1, "judge": "the check of the answers", **figures, "pooled": _figures(pooled)}


def _judged(record: dict[str, Any]) -> list[tuple[bool, float]]:
    """(supported by most people, our score) of each sentence of a summary."""
    text = record["article"]
    sentences = [text[a:b] for a, b in sentence_spans(text)]
    starts = range(max(1, len(sentences) - WINDOW + 1))
    windows = tuple(" ".join(sentences[i : i + WINDOW]) for i in starts)
    stored = StoredArticle("qags", 1, Article(title="", paragraphs=windows))
    sources = [check.Source(stored, n) for n in range(1, len(windows) + 1)]
    judged = []
    for item in record["summary_sentences"]:
        votes = [response["response"] == "yes" for response in item["responses"]]
        holds = any(check.fault(item["sentence"], [source]) is None for source in sources)
        judged.append((sum(votes) > len(votes) / 2, float(holds)))
    return judged


def _figures(judged: list[tuple[bool, float]]) -> dict[str, Any]:
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    truth = [supported for supported, _ in judged]
    scores = [score for _, score in judged]
    verdicts = [score >= 0.5 for score in scores]
    return {
        "sentences": len(judged),
        "supported": round(fmean(truth), 3),
        "balanced_accuracy": round(100 * float(balanced_accuracy_score(truth, verdicts)), 1),
        "roc_area": round(float(roc_auc_score(truth, scores)), 3),
    }
