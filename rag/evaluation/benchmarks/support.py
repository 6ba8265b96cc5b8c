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
from rag.crossencoder import CrossEncoder
from rag.errors import QuestionError
from rag.records import Article, StoredArticle
from rag.sentences import sentence_spans

FILES = ("mturk_cnndm.jsonl", "mturk_xsum.jsonl")
WINDOW = 3
"""Sentences of the article put together as a paragraph, since it has none; the best one counts."""


NOT = -20.0
"""Score of a sentence that the rules refuse: below the log odds of any that they let pass."""

Judged = tuple[bool, dict[str, float]]
"""Whether most people say that it is supported, and its scores."""

BALANCED = 0.0
"""Log odds at which the reader is undecided. Asking, it is content with less, so as to drop few
sentences that are true."""


def run(
    folder: Path, network: CrossEncoder | None, show: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """Balanced accuracy and ROC area of the check, per judge and file and pooled, for JSON.

    The judges are the rules by themselves and, where there is a `network`, it and both together.
    """
    judged: dict[str, list[Judged]] = {}
    for name in FILES:
        try:
            lines = (folder / name).read_text("utf-8").split("\n")
            records = [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError) as error:
            raise QuestionError(
                f"{folder / name} cannot be read as QAGS ({error}); name a folder with "
                f"{' and '.join(FILES)}"
            ) from error
        judged[name] = []
        for done, record in enumerate(records, 1):
            judged[name] += _judged(record, network)
            show(f"Checking the sentences of {name}", done, len(records))
    judged["pooled"] = [one for name in FILES for one in judged[name]]
    judges = {"rules": ("rules", 0.5)}
    if network:
        judges["reader"] = ("reader", check.LEAST_SUPPORT)
        judges["rules and reader"] = ("both", check.LEAST_SUPPORT)
        judges["rules and reader, balanced"] = ("both", BALANCED)
    figures = {
        judge: {name: _figures(rows, score, least) for name, rows in judged.items()}
        for judge, (score, least) in judges.items()
    }
    return {"schema": 1, "judges": figures}


def _judged(record: dict[str, Any], network: CrossEncoder | None) -> list[Judged]:
    text = record["article"]
    sentences = [text[a:b] for a, b in sentence_spans(text)]
    starts = range(max(1, len(sentences) - WINDOW + 1))
    windows = tuple(" ".join(sentences[i : i + WINDOW]) for i in starts)
    stored = StoredArticle("qags", 1, Article(title="", paragraphs=windows))
    sources = [check.Source(stored, n) for n in range(1, len(windows) + 1)]
    judged = []
    for item in record["summary_sentences"]:
        votes = [response["response"] == "yes" for response in item["responses"]]
        sentence = item["sentence"]
        held = [source for source in sources if check.fault(sentence, [source]) is None]
        scores = {"rules": float(bool(held))}
        if network:
            scores["reader"] = check.support(sentence, sources, network)
            scores["both"] = check.support(sentence, held, network) if held else NOT
        judged.append((sum(votes) > len(votes) / 2, scores))
    return judged


def _figures(judged: list[Judged], by: str, least: float) -> dict[str, Any]:
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    truth = [supported for supported, _ in judged]
    scores = [score[by] for _, score in judged]
    verdicts = [score >= least for score in scores]
    return {
        "sentences": len(judged),
        "supported": round(fmean(truth), 3),
        "balanced_accuracy": round(100 * float(balanced_accuracy_score(truth, verdicts)), 1),
        "roc_area": round(float(roc_auc_score(truth, scores)), 3),
    }
