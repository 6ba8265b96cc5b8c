"""Where an answer may come from, as a condition in SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from rag.records import Scope
from rag.schema import EPOCH, number_of


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on articles `a`, as SQL."""

    clause: str
    values: tuple[object, ...]
    day: str
    """The day of an article that it is of, counted from 1970-01-01."""

    @classmethod
    def of(cls, scope: Scope) -> Filter:
        """The condition on articles that a search must meet."""
        clauses: list[str] = []
        values: list[object] = []
        window = scope.window
        day = "a.day" if window.as_of is None else _day_on(window.as_of)
        for bound, sign in ((window.since, ">="), (window.until, "<="), (window.as_of, "<=")):
            if bound is not None:
                clauses.append(f"({day} {sign} ?) IS NOT FALSE")  # NULL where there is no day
                values.append(number_of(bound))
        if window.undated == "exclude":
            clauses.append(f"{day} IS NOT NULL")
        for column, names in (("outlet", scope.outlets), ("key", scope.articles)):
            if names is not None:
                clauses.append(f"a.{column} IN (SELECT value FROM json_each(?))")
                values.append(json.dumps(list(names)))
        return cls(" AND ".join(clauses), tuple(values), day)

    def where(self) -> str:
        return f" WHERE {self.clause}" if self.clause else ""

    def also(self) -> str:
        return f" AND {self.clause}" if self.clause else ""


def version_on(day: date, column: str) -> str:
    """The SQL for a column of the version that article `a` had on the day.

    That is the newest that there was; the first where there was none yet. A version came when its
    source says it was updated, or else when it was read, and not before it says it was published.
    """
    # What stands before "|" is the stamp's text, and its first ten characters are its day.
    is_as_before = "instr(v.updated, substr(b.updated, 1, instr(b.updated, '|'))) = 1"
    came = f"coalesce(iif({is_as_before}, NULL, v.updated), v.fetched, '')"
    return (
        f"SELECT v.{column} FROM versions v"
        " LEFT JOIN versions b ON b.article = v.article AND b.number = v.number - 1"
        f" WHERE v.article = a.id AND (v.number = 1 OR '{day}' >="
        f" substr(max({came}, coalesce(v.published, '')), 1, 10)) ORDER BY v.number DESC LIMIT 1"
    )


def _day_on(day: date) -> str:
    """The SQL for the publication day that article `a` told on that day, or else tells now."""
    told = f"julianday(substr(({version_on(day, 'published')}), 1, 10)) - julianday('{EPOCH}')"
    return f"iif(a.version = 1, a.day, coalesce(CAST({told} AS INTEGER), a.day))"
