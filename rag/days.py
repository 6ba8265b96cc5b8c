"""The days that dates, weekdays and words like "yesterday" mean in an article."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

from rag import facts

_MONTHS = {name.capitalize(): number for name, number in facts.MONTHS.items()}
_DAY = re.compile(
    rf"\b(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b(?!\.? \d)|"
    r"\b(?:yesterday|today|tonight|tomorrow|(?:last|this|next) (?:month|year)|"
    r"(?:day|week|month|year)s? ago)\b"
)
_WEEKDAY = re.compile(rf"\b({'|'.join(facts.WEEKDAYS)}),? (?:the )?$", re.IGNORECASE)
# In such a sentence a day may lie ahead.
_AHEAD = re.compile(
    r"\b(?:will|would|shall|due|next|until|by|expect(?:ed|s)?|plan(?:s|ned)?|scheduled|coming|"
    r"hopes?|intends?|(?:is|are|was|were) to|set (?:for|to)|(?:is|are) (?:on|in)|"
    r"starts|begins|opens|resumes|ends|closes|takes place)\b"
)


class Day(NamedTuple):
    """A day as far as it is known; None for what is not."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    """0 for Monday."""

    def within(self, other: Day) -> bool:
        """True where the other says all that this one says."""
        return all(mine is None or mine == its for mine, its in zip(self, other, strict=True))


class Told(NamedTuple):
    """What is known of the time a text is about."""

    published: date | None
    years: tuple[int, ...]
    """Those its sentence mentions."""


def spans(sentence: str) -> list[facts.Found]:
    """Dates, months, years, weekdays and the like, as written; "Saturday, 18 October" is one."""
    # "Under 80 may vote" holds no date.
    found = [
        f for f in facts.date_spans(sentence) if not f.text.islower() or f.text in facts.WEEKDAYS
    ]
    found = [facts.Found(t := f.text.rstrip("."), (f.span[0], f.span[0] + len(t))) for f in found]
    found += [facts.Found(m[0], m.span()) for m in _DAY.finditer(sentence)]
    joined: list[facts.Found] = []
    for f in sorted(found, key=lambda f: f.span):
        named = _WEEKDAY.search(sentence[: f.span[0]])
        if named and facts.dates(f.text) and joined and joined[-1].span == named.span(1):
            start = joined.pop().span[0]
            f = facts.Found(sentence[start : f.span[1]], (start, f.span[1]))
        joined.append(f)
    return joined


def meant(found: facts.Found, sentence: str, told: Told) -> Iterator[Day]:
    """The days that one of the `spans` of a sentence may mean."""
    text, before, after = found.text, sentence[: found.span[0]], sentence[found.span[1] :]
    if text.lower() in facts.WEEKDAYS:
        yield Day(weekday=facts.WEEKDAYS.index(text.lower()))
        if told.published:
            day = facts.weekday_date(text, told.published)
            yield known(day)
            if _AHEAD.search(sentence):
                yield known(day + timedelta(days=7))
    elif text in _MONTHS:
        yield from _dated(None, _MONTHS[text], None, None, before, after, told)
    elif re.fullmatch(r"(?:19|20)\d\d", text):
        yield Day(year=int(text))
    elif dates := facts.dates(text):
        weekday = next(
            (i for i, w in enumerate(facts.WEEKDAYS) if text.lower().startswith(w)), None
        )
        yield from _dated(*dates[0], weekday, before, after, told)
    elif told.published:
        yield from _relative(text, before, told.published)


def _dated(
    year: int | None,
    month: int,
    day: int | None,
    weekday: int | None,
    before: str,
    after: str,
    told: Told,
) -> Iterator[Day]:
    """A date in the years it may be of: that of the latest such day up to publication, the next
    where the sentence looks ahead, and those that the sentence mentions."""
    years: Sequence[int | None] = (year,)
    if year is None and told.published:
        now = told.published
        past = now.year - ((month, day or 1) > (now.month, now.day))
        years = [past, *told.years]
        if before.lower().endswith("last "):
            years = [*years, past - 1]
        elif _AHEAD.search(before + after):
            years = [*years, past + 1]
        if other := re.match(r",? (last|this|next) year", after):
            years = [now.year + ("last", "this", "next").index(other[1]) - 1]
    for y in years:
        if weekday is not None or not (y and day):
            yield Day(y, month, day, weekday)
        # A weekday that a statement names must be the right one; a source may be mistaken.
        if y and day and (told.published or weekday is None):
            try:
                yield known(date(y, month, day))
            except ValueError:  # the 31st of June
                yield Day(y, month, day)


def _relative(text: str, before: str, published: date) -> Iterator[Day]:
    """The days that "yesterday", "last month", "this year" or "two years ago" mean."""
    days = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
    first, _, unit = text.partition(" ")
    if text in days:
        yield known(published + timedelta(days=days[text]))
    elif unit == "ago":
        count = " ".join(before.split()[-2:])
        one = {1.0} if re.search(r"\b(?:an?|one)$", count, re.IGNORECASE) else ()
        for back in facts.numbers(count) or one:
            # An article that reaches back beyond the first year of the calendar names no day.
            with suppress(OverflowError, ValueError):
                yield _ago(int(back), first.rstrip("s"), published)
    else:
        step = {"last": -1, "next": 1}.get(first, 0)
        yield _ago(-step, unit, published)


def _ago(count: int, unit: str, published: date) -> Day:
    """What so many days, weeks, months or years before publication was, as closely as is said."""
    if unit == "day":
        return known(published - timedelta(days=count))
    if unit == "week":
        day = published - timedelta(weeks=count)
        return Day(day.year, day.month)
    years, month = divmod(published.month - 1 - (count if unit == "month" else 12 * count), 12)
    day = date(published.year + years, month + 1, 1)
    return Day(day.year, day.month if unit == "month" else None)


def known(day: date) -> Day:
    """A day of which everything is known."""
    return Day(day.year, day.month, day.day, day.weekday())
