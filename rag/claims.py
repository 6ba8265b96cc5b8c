"""A text as rows of words that can be compared: numbers, days and names among the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from rag import facts
from rag.question import STOP_WORDS, stem
from rag.sentences import sentences

Kind = Literal["word", "number", "day", "name"]


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


@dataclass(frozen=True, slots=True)
class Word:
    """A content word, or a whole number, day or name."""

    kind: Kind
    text: str
    """As written."""
    keys: frozenset[object]
    """What it may be known by: a stem, values, the words of a name, or the days it may mean."""
    start: int
    """Of its first character in the sentence."""
    denied: bool = False
    """It is what a denial denies: "reopen" in "did not reopen the bridge"."""
    doubtful: bool = False
    """It stands behind a denial in the same clause: "reopen" and "bridge"."""

    def same(self, other: Word) -> bool:
        if self.kind == other.kind == "day":
            days = [(a, b) for a in self.keys for b in other.keys]
            return any(isinstance(a, Day) and isinstance(b, Day) and a.within(b) for a, b in days)
        return self.kind == other.kind and bool(self.keys & other.keys)


Row = tuple[Word, ...]
"""The words of one sentence, in order, without those that carry no meaning of their own."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|%")
_EMPTY = STOP_WORDS | frozenset(
    "about around roughly approximately nearly almost over least per cent percent % yet still "
    "longer even including never cannot without".split()
)
_MONTHS = "|".join(sorted((m.capitalize() for m in facts.MONTHS), key=len, reverse=True))
_DAY = re.compile(
    rf"\b(?:{_MONTHS})\b(?!\.? \d)|"
    r"\b(?:yesterday|today|tonight|tomorrow|(?:last|this|next) (?:month|year)|"
    r"\w+ years? (?:ago|earlier|before))\b"
)
_AHEAD = re.compile(
    r"\b(?:will|would|shall|due|next|until|by|expect(?:ed|s)?|plan(?:s|ned)?|scheduled|coming|"
    r"hopes?|intends?|(?:is|are|was|were) to|set (?:for|to))\b"
)
# "No more than 20" and "not only" deny nothing.
_DENIAL = re.compile(
    r"\b(?:not(?! only\b)|no(?! (?:more|fewer|less|later|doubt)\b)|never|none|nobody|nothing|neither|"
    r"nor|without|cannot|rather than|instead of|too \w+(?= for | to )|unable|fail(?:s|ed|ure)?|"
    r"refus(?:es|ed|al|ing)|declin(?:es|ed|ing)(?= to)|den(?:y|ies|ied|ying)|rul(?:ed|ing) out|"
    r"reject(?:s|ed|ing)?|lack(?:s|ed|ing)?|prevent(?:s|ed)?)\b|n['’]t\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()\"“”—]|\bbut\b|$")


@lru_cache(maxsize=4096)
def rows(text: str, published: date | None = None) -> tuple[Row, ...]:
    """The sentences of a text; `published` tells what "Tuesday" and "last year" mean in it."""
    # Times are written with a colon or with a full stop.
    text = re.sub(r"\b(\d{1,2}):(\d\d)\b", r"\1.\2", text)
    return tuple(_row(sentence, published) for sentence in sentences(text))


def _row(sentence: str, published: date | None) -> Row:
    row = [
        Word(kind, sentence[start:end], keys, start)
        for start, end, kind, keys in _marks(sentence, published)
    ]
    taken = [(w.start, w.start + len(w.text)) for w in row]
    for match in _WORD.finditer(sentence):
        word = re.sub(r"['’]s$", "", match[0]).lower()
        inside = any(start <= match.start() < end for start, end in taken)
        if not inside and word not in _EMPTY and not re.search(r"n['’]t$", word):
            row.append(Word("word", word, frozenset({stem(word)}), match.start()))
    row.sort(key=lambda w: w.start)
    for denial in _DENIAL.finditer(sentence):
        end = _CLAUSE.search(sentence, denial.end())
        scope = [i for i, w in enumerate(row) if denial.end() <= w.start < (end or denial).start()]
        first = next((i for i in scope if not row[i].text.endswith("ly")), None)
        for i in scope:
            row[i] = replace(row[i], denied=row[i].denied or i == first, doubtful=True)
    return tuple(row)


def _marks(
    sentence: str, published: date | None
) -> Iterator[tuple[int, int, Kind, frozenset[object]]]:
    """Days, numbers and names of a sentence, none overlapping another."""
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        if any(a < end and start < b for a, b in taken):
            return False
        taken.append((start, end))
        return True

    names = [(*n.span, n.text) for n in facts.names(sentence)]
    days = [(*d.span, d.text) for d in facts.date_spans(sentence)]
    days += [(*m.span(), m[0]) for m in _DAY.finditer(sentence)]
    for start, end, text in days:
        if free(start, end):
            yield start, end, "day", frozenset(_days(text, sentence, start, end, published))
    for number in facts.number_spans(sentence):
        start, end = number.span
        values = facts.numbers(number.text)
        # The number in "Luna-25" is part of a name.
        if values and not any(a < start < b for a, b, _ in names) and free(start, end):
            yield start, end, "number", frozenset(values)
    for start, end, text in names:
        if free(start, end):
            words = _WORD.findall(re.sub(r"['’]s\b", "", text).lower())
            yield start, end, "name", frozenset(w for w in words if w not in STOP_WORDS)


def _days(text: str, sentence: str, start: int, end: int, published: date | None) -> Iterator[Day]:
    """The days that a date, weekday, month, year or word like "yesterday" may mean."""
    if text.lower() in facts.WEEKDAYS:
        weekday = facts.WEEKDAYS.index(text.lower())
        yield Day(weekday=weekday)
        if published:
            day = facts.weekday_date(text, published)
            yield _known(day)
            if _AHEAD.search(sentence):
                yield _known(day + timedelta(days=7))
        return
    for year, month, day_number in facts.dates(text):
        yield from _dated(year, month, day_number, sentence, start, end, published)
    if re.fullmatch(r"(?:19|20)\d\d", text):
        yield Day(year=int(text))
    elif text in _MONTH_NUMBERS:
        yield from _dated(None, _MONTH_NUMBERS[text], None, sentence, start, end, published)
    elif published:
        yield from _relative(text.lower(), published)


_MONTH_NUMBERS = {name.capitalize(): number for name, number in facts.MONTHS.items()}


def _dated(
    year: int | None, month: int, day: int | None, sentence: str, start: int, end: int,
    published: date | None,
) -> Iterator[Day]:  # fmt: skip
    """A date with the years it may be of: that of the latest such day up to publication, and of
    the next one where the sentence looks ahead."""
    years: Sequence[int | None] = (year,)
    if year is None and published:
        past = published.year - ((month, day or 1) > (published.month, published.day))
        years = [past] + [past + 1] * bool(_AHEAD.search(sentence))
        if other := re.match(r",? (last|this|next) year", sentence[end:]):
            years = [published.year + ("last", "this", "next").index(other[1]) - 1]
        elif sentence[:start].lower().endswith("last ") and past == published.year:
            years = [past, past - 1]
    for y in years:
        try:
            yield _known(date(y or 0, month, day or 0)) if y and day else Day(y, month, day)
        except ValueError:  # the 31st of June
            yield Day(y, month, day)


def _relative(text: str, published: date) -> Iterator[Day]:
    for word, days in (("yesterday", -1), ("today", 0), ("tonight", 0), ("tomorrow", 1)):
        if text == word:
            yield _known(published + timedelta(days=days))
    for word, step in (("last", -1), ("this", 0), ("next", 1)):
        if text == f"{word} year":
            yield Day(published.year + step)
        if text == f"{word} month":
            month = published.year * 12 + published.month - 1 + step
            yield Day(month // 12, month % 12 + 1)
    if re.search(r"years? (?:ago|earlier|before)", text):
        for back in facts.numbers(text) or {1.0}:
            yield Day(published.year - int(back))


def _known(day: date) -> Day:
    return Day(day.year, day.month, day.day, day.weekday())
