"""Questions on the sample library, asked of Citewire and of the usual LangChain recipe."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from rag import sample
from rag.errors import CitewireError, QuestionError
from rag.evaluation import metrics
from rag.evaluation.benchmarks import baselines
from rag.evaluation.benchmarks.recipe import Recipe, first_passage
from rag.evaluation.evaluate import Ask, Report, asker, evaluate, measured_with
from rag.evaluation.questions import Question, load, resolve, sha256
from rag.newsroom import Newsroom

Show = Callable[[str, int, int], None]
QUESTIONS = "untouched"
"""The file of `corpus/questions` that nothing was trained or tuned on."""
MARKS = "<!-- citewire benchmark sample -->", "<!-- end -->"
"""The table stands between these two in the README."""
SEARCH_ONLY = ("BM25", "Vectors", "LangChain recipe")
DEPTH = 5
"""Passages whose characters are counted: who finds more by reading more finds no better."""


def run(room: Newsroom, show: Show, questions: Path | None = None) -> dict[str, Any]:
    """Figures of Citewire, of BM25 and vectors alone, and of the recipe, ready for JSON.

    Asks the questions of a file, by default `QUESTIONS`. A system that only searches answers with
    its first passage. It takes no history, so a question that follows on others is put to it with
    the question before it in front. Raises CitewireError where a system fails on a question.
    """
    path = questions or sample.corpus() / "questions" / f"{QUESTIONS}.jsonl"
    asked = resolve(load(path), room)
    recipe = Recipe(room.settings.cache / f"{room.folder.name}-recipe", room.settings)
    recipe.add(
        room.articles(), lambda done, all_: show("Adding to the LangChain recipe", done, all_)
    )
    index = baselines.index(room)
    unread = Newsroom.open(room.folder, settings=replace(room.settings, reader="none"))
    unread.as_of = room.as_of
    systems: dict[str, Ask] = {
        "Citewire": asker(room, model=None),
        "without its reader": asker(unread, model=None),
        "BM25": lambda q: first_passage(q.question, baselines.by_words(_alone(q), index)),
        "Vectors": lambda q: first_passage(q.question, baselines.by_vectors(_alone(q), index)),
        "LangChain recipe": lambda q: first_passage(q.question, recipe.search(_alone(q))),
    }
    figures = {}
    for name, ask in systems.items():
        report = evaluate(asked, ask, progress=functools.partial(show, f"Asking {name}"))
        if failed := next((row for row in report.rows if row.error), None):
            raise CitewireError(
                f"{name} cannot be measured: it failed on {failed.question.id} ({failed.error})"
            )
        figures[name] = _figures(report, searches_only=name in SEARCH_ONLY)
    return {
        "schema": 1,
        "library": room.name,
        "questions_sha256": sha256(path),
        "questions": len(asked),
        "settings": measured_with(room, model=None),
        "systems": figures,
    }


def markdown(found: dict[str, Any]) -> str:
    """The figures as a table of Markdown, with their 95% intervals for Citewire."""
    systems = found["systems"]
    lines = [f"| | {' | '.join(systems)} |", f"|---|{'---:|' * len(systems)}"]
    for metric in metrics.METRICS:
        cells = [
            _cell(s["totals"].get(metric.name), n == 0) for n, s in enumerate(systems.values())
        ]
        lines.append(f"| {metric.label} | {' | '.join(cells)} |")
    sizes = " | ".join(f"{s['characters']:,}" for s in systems.values())
    return "\n".join([*lines, f"| Characters of the first {DEPTH} | {sizes} |"])


def write(found: dict[str, Any], readme: Path) -> None:
    """Puts the table into a file between `MARKS`. Raises QuestionError where they are missing."""
    text = readme.read_text("utf-8")
    begin, end = MARKS
    new, count = re.subn(
        f"{begin}.*?{end}",
        lambda _: f"{begin}\n{markdown(found)}\n{end}", text, count=1, flags=re.S,
    )  # fmt: skip
    if not count:
        raise QuestionError(f"{readme} has no place for the table; add: {begin} {end}")
    readme.write_text(new, "utf-8")


def _alone(question: Question) -> str:
    return " ".join([*(t["question"] for t in question.history[-1:]), question.question])


def _figures(report: Report, searches_only: bool) -> dict[str, Any]:
    """The totals, without those that only a system which writes and declines can have."""
    sizes = [sum(len(p.text) for p in row.answer.passages[:DEPTH])
             for row in report.rows if row.answer]  # fmt: skip
    searched = {m.name for m in metrics.METRICS if m.stage == "Finding"} | {"answer_right"}
    totals = report.to_dict()["totals"]
    kept = {n: f for n, f in totals.items() if n in searched or not searches_only}
    return {"totals": kept, "characters": round(fmean(sizes))}


def _cell(figure: dict[str, float] | None, interval: bool) -> str:
    if figure is None:
        return "–"
    ends = f" ({figure['low']:.2f}-{figure['high']:.2f})" if interval else ""
    return f"{figure['value']:.2f}{ends}"
