"""The days that "today", "last week" and the like mean in a question."""

from __future__ import annotations

import re
from datetime import date, timedelta

_WHEN = re.compile(
    r"\b(?P<first>today|tonight|yesterday|(?P<which>this|last|past) "
    r"(?P<unit>morning|afternoon|evening|night|week|month|year))\b(?!['’]s)",
    re.IGNORECASE,
)


def days(question: str, today: date) -> tuple[date, date] | None:
    """The first and the last day that the question asks about, None where it says none."""
    found = _WHEN.search(question)
    if found is None:
        return None
    which, unit = (found["which"] or "").lower(), (found["unit"] or "").lower()
    is_before = which == "last"
    if unit == "week":
        first = today - timedelta(days=7 if which == "past" else today.weekday())
        return _before(first, first - timedelta(days=7)) if is_before else (first, today)
    if unit in ("month", "year"):
        start = today.replace(day=1, month=today.month if unit == "month" else 1)
        if which == "past":
            return today - timedelta(days=30 if unit == "month" else 365), today
        last = start - timedelta(days=1)
        earlier = last.replace(day=1, month=last.month if unit == "month" else 1)
        return _before(start, earlier) if is_before else (start, today)
    yesterday = today - timedelta(days=1)
    if is_before:  # what happened last night is told today
        return yesterday, today
    return (yesterday, yesterday) if found["first"].lower() == "yesterday" else (today, today)


def says(question: str) -> bool:
    """True where the question says such days."""
    return bool(_WHEN.search(question))


def _before(following: date, first: date) -> tuple[date, date]:
    return first, following - timedelta(days=1)


def without(question: str) -> str:
    """The question without the words that say such days."""
    return _WHEN.sub(" ", question)
