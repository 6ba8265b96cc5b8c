"""QAGS (Wang et al. 2020): does a news article support a sentence of its summary?

A file of JSON lines: `article`, and `summary_sentences` with a `sentence` and the `responses` of
three people each, whose majority counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Summary:
    """An article, and each sentence of its summary with whether most people say it is supported."""

    article: str
    sentences: tuple[tuple[str, bool], ...]


Judged = tuple[bool, dict[str, float]]
"""Whether most people say that it is supported, and its scores."""

BALANCED = 0.0
"""Log odds at which the reader is undecided. Asking, it is content with less, so as to drop few
sentences that are true."""


def load(path: Path) -> list[Summary]:
    """The summaries of a file. Raises QuestionError where it is no such file."""
    try:
        records = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
        summaries = [
            Summary(r["article"], tuple((s["sentence"], _is_supported(s["responses"]))
                                        for s in r["summary_sentences"]))
            for r in records
        ]  # fmt: skip
        if len({supported for s in summaries for _, supported in s.sentences}) < 2:
            raise ValueError("it does not hold sentences of both kinds, supported and not")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionError(
            f"{path} cannot be read as QAGS ({type(error).__name__}: {error}); name a folder with "
            f"{' and '.join(FILES)}"
        ) from error
    return summaries


def run(
    folder: Path, network: CrossEncoder | None, show: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """Balanced accuracy and ROC area of the check, per judge and file and pooled, for JSON.

    The judges are the rules by themselves and, where there is a `network`, it and both together.
    """
    judged: dict[str, list[Judged]] = {}
    for name, summaries in {name: load(folder / name) for name in FILES}.items():
        judged[name] = []
        for done, summary in enumerate(summaries, 1):
            judged[name] += _judged(summary, network)
            show(f"Checking the sentences of {name}", done, len(summaries))
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


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    lines = [f"{'':38}{'sentences':>10}{'balanced accuracy':>19}{'ROC area':>10}"]
    lines += [
        f"{f'{judge}, {name}':38}{f['sentences']:10}{f['balanced_accuracy']:19}{f['roc_area']:10}"
        for judge, figures in found["judges"].items()
        for name, f in figures.items()
    ]
    return "\n".join(lines)


def _is_supported(responses: Sequence[dict[str, Any]]) -> bool:
    """True if most of the people say so."""
    return fmean(response["response"] == "yes" for response in responses) > 0.5


def _judged(summary: Summary, network: CrossEncoder | None) -> list[Judged]:
    text = summary.article
    sentences = [text[a:b] for a, b in sentence_spans(text)]
    starts = range(max(1, len(sentences) - WINDOW + 1))
    windows = tuple(" ".join(sentences[i : i + WINDOW]) for i in starts)
    stored = StoredArticle("qags", 1, Article(title="", paragraphs=windows))
    sources = [check.Source(stored, n) for n in range(1, len(windows) + 1)]
    judged = []
    for sentence, supported in summary.sentences:
        held = [source for source in sources if check.fault(sentence, [source]) is None]
        scores = {"rules": float(bool(held))}
        if network:
            scores["reader"] = check.support(sentence, sources, network)
            scores["both"] = check.support(sentence, held, network) if held else NOT
        judged.append((supported, scores))
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
