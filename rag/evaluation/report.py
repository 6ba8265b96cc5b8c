"""A report for people: a table for the terminal and a page that needs nothing but itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rag.evaluation import metrics
from rag.evaluation.evaluate import Report, Row

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

BY_KIND = {
    "success@5": "Hit@5",
    "answer_right": "Answered right",
    "cites_gold": "Cites a gold paragraph",
    "answered_when_should": "Answered",
    "declined_when_should": "Declined",
}
"""Metrics compared between kinds of question, with the heads of their columns: each is the share of
those questions of the kind that it applies to."""
OUTCOMES = {
    "right": "Answered right",
    "declined-right": "Rightly declined",
    "unscored": "Not scored",
    "declined-wrong": "Wrongly declined",
    "wrong": "Answered wrong",
    "failed": "Failed",
}
FILTERS = {"right": "Right", "wrong": "Wrong", "declined": "Declined", "unscored": "Not scored",
           "error": "Failed"}  # fmt: skip
"""What the page can be narrowed to: verdicts and statuses. A question may be in several."""


def outcome(row: Row) -> str:
    """What became of a question: a key of OUTCOMES."""
    if row.error is not None:
        return "failed"
    if row.verdict == "unscored":
        return "unscored"
    return f"declined-{row.verdict}" if row.status == "declined" else row.verdict


def faults(row: Row) -> list[str]:
    """What went wrong with a question, in words; empty where nothing did."""
    question, answer = row.question, row.answer
    if answer is None:
        return [row.error or "There is no answer."]
    found = []
    if question.paragraphs and metrics.gold_rank(question, answer) is None:
        found.append(f"No gold paragraph was found (passages found: {len(answer.passages)}).")
    if answer.status == "declined":
        if question.answerable:
            found.append("Declined, although the library holds the answer.")
        return found
    if not question.answerable:
        return ["Answered, although the library does not hold the answer."]
    if question.paragraphs and not metrics.cites_gold(question, answer):
        found.append("No gold paragraph is cited.")
    wrong = row.verdict == "wrong"
    if question.answers and not metrics.short_right(question, answer) and (wrong or answer.short):
        short = f"“{answer.short}”" if answer.short else "missing"
        found.append(f"The short answer is {short}.")
    if wrong and (missing := metrics.missing_facts(question, answer)):
        found.append(f"Not said in the first three statements: {'; '.join(missing)}.")
    return found


def show(report: Report, console: Console | None = None) -> None:
    """Prints the totals and the kinds as tables, and each question whose asking failed."""
    from rich.console import Console
    from rich.text import Text

    console = console or Console()
    console.print(Text(_summary(report)), _totals_table(report), _kinds_table(report), sep="\n")
    for row in report.rows:
        if row.error is not None:
            console.print(Text(f"failed: {row.question.id}: {row.error}", style="red"))


def _totals_table(report: Report) -> Table:
    from rich import box
    from rich.table import Column, Table

    table = Table("Metric", *(Column(head, justify="right") for head in ("Value", "95%", "n")),
                  box=box.SIMPLE)  # fmt: skip
    totals, stage = report.totals, ""
    for metric in metrics.METRICS:
        if metric.name in totals:
            if stage and metric.stage != stage:
                table.add_section()
            stage, figure = metric.stage, totals[metric.name]
            interval = f"{figure.low:.3f}-{figure.high:.3f}"
            table.add_row(metric.label, f"{figure.value:.3f}", interval, str(figure.n))
    return table


def _kinds_table(report: Report) -> Table:
    from rich import box
    from rich.table import Column, Table
    from rich.text import Text

    heads = (Column(head, justify="right") for head in ("n", *BY_KIND.values()))
    table = Table(Column("Kind", no_wrap=True), *heads, box=box.SIMPLE)
    for kind, figures in report.kinds.items():
        cells = [f"{figures[name].value:.3f}" if name in figures else "-" for name in BY_KIND]
        table.add_row(Text(kind), str(len(report.groups[kind])), *cells)
    return table


def _summary(report: Report) -> str:
    counts = Counter(outcome(row) for row in report.rows)
    parts = [f"{counts[name]} {label.lower()}" for name, label in OUTCOMES.items() if counts[name]]
    speed = f"{report.median_seconds:.2f} s per question (median)"
    return f"{len(report.rows)} questions: {', '.join(parts)}; {speed}"


def html(report: Report) -> str:
    """The report as one page of HTML: every text in it escaped, nothing loaded from elsewhere."""
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    source = files("rag.evaluation").joinpath("report.html").read_text("utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True).from_string(source)  # fmt: skip
    outcomes = [outcome(row) for row in report.rows]
    tags = Counter(tag for row in report.rows for tag in (row.verdict, row.status))
    stages = dict.fromkeys(m.stage for m in metrics.METRICS)
    return page.render(
        report=report,
        right=tags["right"],
        filters=[(tag, label, tags[tag]) for tag, label in FILTERS.items()],
        rows=list(zip(report.rows, outcomes, strict=True)),
        counts=Counter(outcomes), curve=report.risk_coverage, roc=report.confidence_roc,
        stages={s: [m for m in metrics.METRICS if m.stage == s] for s in stages},
        by_kind=BY_KIND, outcomes=OUTCOMES, faults=faults, metrics=metrics,
    )  # fmt: skip


def write_html(report: Report, path: str | Path) -> None:
    """Writes the report as a page that opens in a browser."""
    Path(path).write_text(html(report), "utf-8", errors="replace")
