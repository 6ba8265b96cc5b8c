"""The sample questions, asked of Citewire and of the usual LangChain recipe."""

from __future__ import annotations

import functools
from collections.abc import Callable

from rag import sample
from rag.evaluation import metrics
from rag.evaluation.benchmarks.recipe import Recipe, first_passage
from rag.evaluation.evaluate import Ask, Figure, Report, asker, evaluate
from rag.evaluation.questions import load, resolve, sha256
from rag.newsroom import Newsroom

Show = Callable[[str, int, int], None]
QUESTIONS = "sample"
"""The file of `corpus/questions` that was used for development."""


def run(room: Newsroom, show: Show) -> dict[str, Report]:
    """A report by name of the system: Citewire, its searches without a reader, and the recipe.

    A system that only searches answers with its first passage, and a question that follows on
    others is asked as it stands.
    """
    path = sample.corpus() / "questions" / f"{QUESTIONS}.jsonl"
    questions = resolve(load(path), room)
    recipe = Recipe(room.settings.cache / f"{room.folder.name}-recipe", room.settings)
    recipe.add(
        room.articles(), lambda done, all_: show("Adding to the LangChain recipe", done, all_)
    )
    systems: dict[str, Ask] = {
        "Citewire": asker(room, model=None),
        "BM25": lambda q: first_passage(q.question, room.search(q.question, by="words")),
        "Vectors": lambda q: first_passage(q.question, room.search(q.question, by="meaning")),
        "LangChain recipe": lambda q: first_passage(q.question, recipe.search(q.question)),
    }
    reports = {}
    for name, ask in systems.items():
        label = f"Asking {name}"
        reports[name] = evaluate(
            questions, ask, questions_sha256=sha256(path), library=room.name,
            progress=functools.partial(show, label),
        )  # fmt: skip
    return reports


def markdown(reports: dict[str, Report]) -> str:
    """The figures as a table of Markdown, with their 95% intervals for Citewire."""
    names = list(reports)
    lines = [f"| | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for metric in metrics.METRICS:
        cells = [_cell(r.totals.get(metric.name), i == 0) for i, r in enumerate(reports.values())]
        lines.append(f"| {metric.label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(figure: Figure | None, interval: bool) -> str:
    if figure is None:
        return ""
    return f"{figure.value:.2f}" + f" ({figure.low:.2f}-{figure.high:.2f})" * interval
