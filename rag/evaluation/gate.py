"""Floors under the figures of a report, pinned in a file together with the questions' hash."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import QuestionError
from rag.evaluation.evaluate import Report


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A figure below its floor."""

    name: str
    value: float | None
    """None where the report has no such figure."""
    floor: float

    def __str__(self) -> str:
        value = "not measured" if self.value is None else f"{self.value:.4f}"
        return f"{self.name} is {value}, below its floor of {self.floor}"


def check(report: Report, path: str | Path) -> tuple[Shortfall, ...]:
    """The figures of a report that are below their floors in the file; empty if all hold.

    Raises QuestionError where the floors are not of these questions, or the file is no such file.
    """
    pinned = read(Path(path))
    for name, measured in _data(report).items():
        if pinned.get(name, measured) != measured:
            raise QuestionError(
                f"The floors in {path} are of other questions: {name} is {measured}, pinned is "
                f"{pinned[name]}; run the questions it was pinned for, or pin these with update"
            )
    return _short(report, pinned["floors"])


def update(report: Report, path: str | Path, *, allow_lower: bool = False) -> dict[str, float]:
    """Pins a report's figures and questions; returns the floors, rounded down to 3 decimals.

    The figures pinned are those the file names already; all, where there is no file yet. Raises
    QuestionError, and changes nothing, where one of them is not measured, or where a floor would be
    lowered and that is not allowed.
    """
    path, totals = Path(path), report.totals
    pinned = read(path) if path.exists() else {}
    old: dict[str, float] = pinned.get("floors", {})
    if pinned.get("questions_sha256", report.questions_sha256) != report.questions_sha256:
        raise QuestionError(
            f"{path} is left as it was: its floors are of other questions; delete it first"
        )
    if gone := [name for name in old if name not in totals]:
        raise QuestionError(
            f"{path} is left as it was: {', '.join(gone)} not measured; to pin it no longer, "
            "strike it out of the file"
        )
    lower = _short(report, old)
    if lower and not allow_lower:
        raise QuestionError(
            f"{path} is left as it was: {'; '.join(map(str, lower))}. "
            "To lower a floor, say so: --update --lower"
        )
    floors = {n: math.floor(totals[n].value * 1000) / 1000 for n in old or totals}
    if not allow_lower:  # a floor set by hand with more decimals is not lowered by rounding
        floors = {name: max(floor, old.get(name, 0.0)) for name, floor in floors.items()}
    path.write_text(json.dumps({**_data(report), "floors": floors}, indent=1) + "\n", "utf-8")
    return floors


def _data(report: Report) -> dict[str, Any]:
    """What names the questions: the file, and how many of it were asked."""
    return {"questions_sha256": report.questions_sha256, "questions": len(report.rows)}


def _short(report: Report, floors: dict[str, float]) -> tuple[Shortfall, ...]:
    values = {name: figure.value for name, figure in report.totals.items()}
    return tuple(
        Shortfall(name, values.get(name), floor)
        for name, floor in floors.items()
        if values.get(name, -1.0) < floor
    )


def read(path: Path) -> dict[str, Any]:
    """The file's content. Raises QuestionError where it is no file of floors."""
    try:
        data = json.loads(path.read_text("utf-8"))
        floors = {str(name): float(floor) for name, floor in data["floors"].items()}
        if odd := [name for name, floor in floors.items() if not math.isfinite(floor)]:
            raise ValueError(f"the floor of {', '.join(odd)} is no finite number")
        return {**data, "questions_sha256": str(data["questions_sha256"]), "floors": floors}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise QuestionError(
            f"{path} is not a file of floors ({type(error).__name__}: {error}); "
            "expected questions_sha256 and floors"
        ) from error
