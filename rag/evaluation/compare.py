"""Two reports of the same questions: what got better, what got worse, and is it more than noise?"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import QuestionError
from rag.evaluation import metrics

if TYPE_CHECKING:
    from rich.console import Console

RESAMPLES = 9999
"""Random assignments behind a p value; all of them where there are fewer."""
NOISE = 0.05
"""A difference with a larger p value is called noise."""


@dataclass(frozen=True, slots=True)
class Change:
    """A metric in two reports, over the questions that have it in both."""

    name: str
    before: float
    after: float
    p: float
    """Chance of a difference at least as large, either way, if the two were equally good, for one
    of so many figures (Holm 1979)."""
    n: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one report to another."""

    changes: tuple[Change, ...]
    better: tuple[str, ...]
    """Ids of questions that were not right before and are now."""
    worse: tuple[str, ...]
    """Ids of questions that were right before and are not now."""
    seconds: tuple[float, float]
    """Median seconds per question."""


def read(path: str | Path) -> dict[str, Any]:
    """A report that `citewire evaluate --json` wrote. Raises QuestionError where it is none."""
    try:
        report = json.loads(Path(path).read_text("utf-8"))
        _ = report["questions_sha256"], report["median_seconds"]
        _ = [(row["id"], row["verdict"], dict(row["metrics"])) for row in report["rows"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise QuestionError(
            f"{path} is not a report ({type(error).__name__}: {error}); make one with: "
            "citewire evaluate QUESTIONS --json > FILE"
        ) from error
    return dict(report)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Compares two reports as `Report.to_dict` gives them, question by question.

    Raises QuestionError where they are not of the same questions: such figures do not compare.
    """
    if before["questions_sha256"] != after["questions_sha256"]:
        raise QuestionError(
            f"The reports are of different question files: {before['questions_sha256'][:12]} and "
            f"{after['questions_sha256'][:12]}; evaluate both on the same file."
        )
    old, new = ({row["id"]: row for row in report["rows"]} for report in (before, after))
    if old.keys() != new.keys():
        odd = sorted(old.keys() ^ new.keys())[0]
        raise QuestionError(f"Only one of the reports holds the question {odd!r}.")
    changes = []
    for metric in metrics.METRICS:
        pairs = [
            (old[i]["metrics"][metric.name], new[i]["metrics"][metric.name])
            for i in old
            if metric.name in old[i]["metrics"] and metric.name in new[i]["metrics"]
        ]
        if pairs:
            was, now = map(statistics.fmean, zip(*pairs, strict=True))
            p = _chance([b - a for a, b in pairs])
            changes.append(Change(metric.name, was, now, p, len(pairs)))
    changes = _corrected(changes)
    right = [{i for i, row in rows.items() if row["verdict"] == "right"} for rows in (old, new)]
    return Comparison(
        tuple(changes),
        tuple(i for i in old if i in right[1] - right[0]),
        tuple(i for i in old if i in right[0] - right[1]),
        (before["median_seconds"], after["median_seconds"]),
    )


def show(found: Comparison, console: Console | None = None) -> None:
    """Prints the metrics that moved, and the questions that got better or worse."""
    from rich import box
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = console or Console()
    heads = (Column(h, justify="right") for h in ("Before", "After", "Change", "p", "n"))
    table = Table("Metric", *heads, "", box=box.SIMPLE)
    labels = {m.name: m.label for m in metrics.METRICS}
    for c in found.changes:
        change = c.after - c.before
        verdict = "" if not change else "noise" if c.p > NOISE else ("worse", "better")[change > 0]
        table.add_row(labels[c.name], f"{c.before:.3f}", f"{c.after:.3f}", f"{change:+.3f}",
                      f"{c.p:.3f}", str(c.n), verdict)  # fmt: skip
    console.print(table)
    for word, ids in (("Better", found.better), ("Worse", found.worse)):
        console.print(Text(f"{word}: {len(ids)} questions{': ' * bool(ids)}{', '.join(ids)}"))
    was, now = found.seconds
    console.print(Text(f"Seconds per question (median): {was:.3f} before, {now:.3f} after"))


def _corrected(changes: list[Change]) -> list[Change]:
    """The changes with p values for looking at so many at once (Holm 1979)."""
    most, values = 0.0, {}
    for rank, change in enumerate(sorted(changes, key=lambda c: c.p)):
        most = max(most, min(1.0, (len(changes) - rank) * change.p))
        values[change.name] = most
    return [replace(change, p=values[change.name]) for change in changes]


def _chance(differences: list[float]) -> float:
    """p value of a paired permutation test: the signs of the differences are as good as random."""
    moved = [d for d in differences if d]
    if len(moved) < 2:
        return 1.0  # one that moved might as well have moved the other way
    from scipy.stats import permutation_test

    result = permutation_test(
        (np.array(moved), np.zeros(len(moved))), lambda a, b, axis: (a - b).mean(axis=axis),
        permutation_type="samples", vectorized=True, n_resamples=RESAMPLES, rng=0,
    )  # fmt: skip
    return float(result.pvalue)
