"""Does the cited text carry the statement? Rules that need no model.

A statement stands if all of this holds:

1. Its numbers stand in what it cites, in digits or in words, or are part of a date that does.
2. Its dates stand there too, or are the article's date, or follow from a weekday's name,
   "yesterday", "today" or "tomorrow" together with the article's date.
3. Every word of its names stands there. "US", "UK", "UN" and "EU" may be spelled out.
4. Its quotations stand there word for word, in a cited paragraph itself.
5. At least `LEAST_SHARED` of its content words stand there, and it denies nothing that the text
   does not deny.

"What it cites" is each cited paragraph together with its article's title, its outlet, its date
and the paragraph before. A paragraph that gives orders to software supports nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag import facts
from rag.question import STOP_WORDS, stem, stems, words
from rag.records import StoredArticle

LEAST_SHARED = 0.5
"""Least share of content words, by stem. Lower lets in sentences on another subject; higher drops
honest paraphrases."""

_SHORT_FORMS = {
    "us": "united states", "usa": "united states", "uk": "united kingdom", "un": "united nations",
    "eu": "european union",
}  # fmt: skip
_DENIAL = re.compile(r"\b(?:not|no|never|none|nobody|neither|nor|without|cannot)\b|n['’]t\b", re.I)
_DENIED = re.compile(
    _DENIAL.pattern + r"|\b(?:den(?:y|ie[sd])|refus|reject|fail|declin|unable|ruled out|absen)",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|above|previous|"
    r"context|source)|\b(?:system prompt|as an ai\b|you are (?:now )?(?:an? )?(?:ai|assistant|"
    r"chatbot|language model))|\b(?:ai|chatbot|language model|assistant)s?\b.{0,40}\b(?:must|"
    r"should|shall)\b.{0,20}\b(?:say|answer|reply|respond|tell|write|output|include)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A paragraph that may be cited."""

    stored: StoredArticle
    number: int
    """Of the paragraph, from 1."""

    @property
    def key(self) -> tuple[str, int]:
        return self.stored.key, self.number

    @property
    def text(self) -> str:
        return self.stored.paragraph(self.number)

    @property
    def context(self) -> str:
        """What the article says around the paragraph: title, outlet and the paragraph before."""
        article = self.stored.article
        before = self.stored.paragraph(self.number - 1) if self.number > 1 else ""
        if gives_orders(before):
            before = ""
        return f"{article.title}\n{article.outlet or ''}\n{before}"

    @property
    def day(self) -> date | None:
        published = self.stored.article.published
        return published.day if published else None


def gives_orders(text: str) -> bool:
    """True for text that addresses software rather than readers, to make it obey."""
    return bool(_ORDERS.search(text))


def fault(statement: str, sources: Sequence[Source]) -> str | None:
    """Why the sources do not carry the statement, in words; None if they do."""
    if not sources:
        return "it cites no paragraph"
    if any(gives_orders(s.text) for s in sources):
        return "a cited paragraph gives orders to software"
    cited = "\n".join(s.text for s in sources)
    whole = cited + "\n" + "\n".join(s.context for s in sources)
    days = [s.day for s in sources if s.day]
    return (
        _quotation_fault(statement, cited)
        or _date_fault(statement, whole, days)
        or _number_fault(statement, whole, days)
        or _name_fault(statement, whole)
        or _meaning_fault(statement, whole, cited)
    )


def _quotation_fault(statement: str, cited: str) -> str | None:
    plain = _plain(cited)
    for quotation in facts.quotations(statement):
        if _plain(quotation) not in plain:
            return f'the words "{quotation}" are no quotation from what it cites'
    return None


def _date_fault(statement: str, whole: str, days: Sequence[date]) -> str | None:
    held = {*facts.dates(whole), *((d.year, d.month, d.day) for d in days)}
    for day in days:
        held |= {(d.year, d.month, d.day) for d in _relative_days(whole, day)}
    years = {int(n) for n in facts.numbers(whole) if 1900 <= n < 2100} | {d.year for d in days}
    for claimed in facts.dates(statement):
        if not any(_agrees(claimed, h, years) for h in held):
            return f"the date {_spell(claimed)} is not in what it cites"
    return None


def _relative_days(text: str, published: date) -> list[date]:
    lower = text.lower()
    named = [facts.weekday_date(w, published) for w in facts.WEEKDAYS if w in lower]
    for word, days in (("yesterday", -1), ("today", 0), ("tomorrow", 1)):
        if word in lower:
            named.append(published + timedelta(days=days))
    return named


def _agrees(
    claimed: tuple[int | None, int, int | None],
    held: tuple[int | None, int, int | None],
    years: set[int],
) -> bool:
    year, month, day = claimed
    if month != held[1] or (day is not None and day != held[2]):
        return False
    return year is None or year == held[0] or (held[0] is None and year in years)


def _spell(claimed: tuple[int | None, int, int | None]) -> str:
    year, month, day = claimed
    name = date(2000, month, 1).strftime("%B")
    return " ".join(str(part) for part in (day, name, year) if part)


def _number_fault(statement: str, whole: str, days: Sequence[date]) -> str | None:
    held = facts.numbers(whole)
    dated = {float(n) for d in days for n in (d.year,)}
    dated |= {float(n) for d in facts.dates(statement) for n in d if n is not None}
    for number in sorted(facts.numbers(statement) - held - dated):
        return f"the number {number:,.10g} is not in what it cites"
    return None


def _name_fault(statement: str, whole: str) -> str | None:
    held = set(words(_expanded(whole)))
    for name in facts.names(statement):
        opening = name.span[0] == 0 and " " not in name.text
        for word in words(_expanded(name.text)):
            if word in held or word in STOP_WORDS or stem(word) in {stem(h) for h in held}:
                continue
            # A word that opens a sentence is capitalised whether it names anybody or not.
            if opening and any(h[:4] == word[:4] for h in held if len(word) > 4):
                continue
            return f"the name {name.text} is not in what it cites"
    return None


def _expanded(text: str) -> str:
    text = re.sub(r"\b([A-Z])\.(?=[A-Z]\b|\s|$)", r"\1", text)
    return re.sub(r"[A-Za-z]+", lambda m: _SHORT_FORMS.get(m[0].lower(), m[0])
                  if m[0].isupper() else m[0], text)  # fmt: skip


def _meaning_fault(statement: str, whole: str, cited: str) -> str | None:
    claimed = {stem(w) for w in words(_expanded(statement)) if w not in STOP_WORDS}
    if claimed:
        shared = len(claimed & set(stems(_expanded(whole)))) / len(claimed)
        if shared < LEAST_SHARED:
            return f"only {shared:.0%} of its words are in what it cites"
    if _DENIAL.search(statement) and not _DENIED.search(cited):
        return "it denies what the cited text does not deny"
    return None


def _plain(text: str) -> str:
    return " ".join(words(text.replace("’", "'")))
