"""What an article tells about its sentences, and whether a question tells enough of its story."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rag import days, facts
from rag.evaluation.grammar import (
    FULL_NAME,
    MONTHS,
    NO_PERSON,
    NOT_FIRST,
    RANK,
    WORD,
)
from rag.records import Article
from rag.words import terms

SHORTEST, LONGEST = 5, 28
"""Words of a question: fewer say too little, more are a sentence that nobody would ask."""


@dataclass(frozen=True, slots=True)
class Background:
    """An article, the full names of its people by surname, and the event it is about, if plain."""

    article: Article
    people: dict[str, str]
    event: str | None
    """As "the earthquake in Morocco's High Atlas"."""

    @classmethod
    def of(cls, article: Article) -> Background:
        return cls(article, _people(article), _event(article))

    @property
    def published(self) -> date | None:
        return self.article.day


def _people(article: Article) -> dict[str, str]:
    """Full names by surname: of those who have a rank, or are called by their surname elsewhere."""
    names = [n.text for text in article.paragraphs for n in facts.names(text)]
    found: dict[str, set[str]] = {}
    for name in names:
        full = re.sub(rf"^{RANK}", "", name)
        first, last = full.split()[0], full.split()[-1]
        known = full != name or last in names
        if re.fullmatch(FULL_NAME, full) and known and first.lower() not in NOT_FIRST:
            found.setdefault(last, set()).add(full)
    return {last: full.pop() for last, full in found.items()
            if len(full) == 1 and not any(map(NO_PERSON.search, full))}  # fmt: skip


_EVENT = (
    r"(?i:earthquakes?|quakes?|(?:wild)?fire|blaze|floods?|blackout|collision|crash|gale|storm|"
    r"cyclone|hurricane|disaster|outage|strike|shooting|explosion|blast|attack|landslide)"
)
_NAMED_EVENT = re.compile(
    rf"(?P<name>(?:{WORD} ){{1,3}})(?P<event>{_EVENT})\b|"
    rf"\b(?P<what>{_EVENT}) (?P<where>(?:in|at|on|off|near) (?:the |[a-z]+ern |central )?"
    rf"{WORD}(?: {WORD})*)"
)


def _event(article: Article) -> str | None:
    """As "the Myanmar earthquake" for the title "Myanmar earthquake kills 1,600", else None."""
    if not (m := _NAMED_EVENT.search(article.title)):
        return None
    # In a title with capitals all over, or at its start, a capital makes no name.
    name = re.compile(rf"[a-z],? {re.escape((m['name'] or m['where']).strip())}\b")
    if not any(map(name.search, article.paragraphs)) and not (m["where"] and m.start()):
        return None
    event = (m["name"] or "") + (m["event"] or m["what"]).lower()
    return f"the {event} {m['where'] or ''}".rstrip()


def without_pronoun(sentence: str, before: str, people: dict[str, str]) -> str:
    """The sentence with the one person of the sentence before in place of its "He" or "She"."""
    spoken = [full for last, full in people.items() if re.search(rf"\b{re.escape(last)}\b", before)]
    if len(spoken) != 1 or not re.match(r"(?:He|She) ", sentence):
        return sentence
    begins = rf"{RANK}?(?:{WORD} ){{0,3}}{re.escape(spoken[0].split()[-1])}\b"
    return f"{spoken[0]} {sentence.split(' ', 1)[1]}" if re.match(begins, before) else sentence


def called(name: str, background: Background) -> list[str]:
    """What a person may be called: as here without the rank, in full, by surname."""
    bare = re.sub(rf"^{RANK}", "", name)
    last = bare.split()[-1]
    return [bare, background.people.get(last, bare), *([last] if last in background.people else [])]


# What makes a question one that anybody can be asked

_VAGUE = re.compile(
    r"\b(?:I|you|we|us|our|he|she|him|hers|it|they|them|this|these|those|there|here|then|now|so|"
    r"such|others?|another|same|former|latter|ones|one(?= of|$)|also|too|again|instead|next|last|"
    r"ago|earlier|later|yesterday|today|tomorrow|tonight|both|each|either|neither|however|more|"
    r"further|already|respectively)\b", re.IGNORECASE
)  # fmt: skip
_OWNED = re.compile(r"\b(?:his|her|its|their)\b")
_POINTING = re.compile(
    r"\b[Tt]he (?!first|second|third|\w+est\b|most\b|world\b|sea\b|moon\b)"
    r"(?:[a-z][\w-]* ){0,3}?"
    r"[a-z][\w-]*(?<! time)(?=$|['’]| (?:by|with|on|after|before|during|as|than|under|until|since|"
    r"and|over|into|against|through|about)\b)"
)

# "Japanese" and the like tell too little.
_PEOPLE = re.compile(r"\w+(?:ese|ian|[rx]ican|ish|eli|ench|erman|wiss)")
_AN_EVENT = re.compile(rf"\bthe (?:{_EVENT})\b(?! (?:in|at|of|on|near|that)\b)")


def finished(question: str, background: Background) -> str | None:
    """The question with days and names in full; None where it would not be understood."""
    owner = not question.startswith(("Who ", "Where "))
    if _VAGUE.search(question) or (_OWNED.search(question) and not owner):
        return None
    if not (dated := _with_days(" ".join(question.split()), background)):
        return None
    full = _with_names(dated, background)
    if _POINTING.search(full) or not SHORTEST <= len(full.split()) <= LONGEST:
        return None
    return full if _tells(full) else None


def _tells(question: str) -> bool:
    """True where a question names enough of its story: a name of several words, two others, or a
    name with a date or three content words. "When" takes two names, since people do much on many
    days, and "how many" three content words or two long names."""
    names = [n.text for n in facts.names(question.split(" ", 1)[1]) if n.text not in MONTHS]
    named = {word.lower() for name in names for word in name.split()}
    others = [word for word in terms(question) if word not in named and not word.isdigit()]
    names = [name for name in names if not _PEOPLE.fullmatch(name)]
    points = sum(min(len(name.split()), 2) for name in names) + bool(facts.dates(question))
    if question.startswith("When "):
        return len(set(names)) > 1
    if question.startswith("How "):
        return bool(names) and (len(others) > 2 or points > 3)
    return bool(names) and points + len(others) // 3 > 1


def _with_days(question: str, background: Background) -> str | None:
    """The question with its days in full; None where one is not certain."""
    spans = days.spans(question)
    inner = {f for f in spans for o in spans if o.span[0] < f.span[0] and f.span[1] <= o.span[1]}
    for found in reversed([f for f in spans if f not in inner]):  # no "May" of "3 May"
        before, after = question[: found.span[0]], question[found.span[1] :]
        full = in_full(found, question, background)
        if not full or not re.search(r"\b(?:on|in|of|since|from|until|between|and) $", before):
            return None
        if re.match(r"['’]", after):
            return None
        question = before + full + re.sub(r"^ (?:morning|afternoon|evening|night)\b", "", after)
    return question


def in_full(found: facts.Found, text: str, background: Background) -> str | None:
    """A past day, month or year with its year; None where it is not certain."""
    told = days.Told(background.published, ())
    meant = {(d.year, d.month or 0, d.day or 0) for d in days.meant(found, text, told) if d.year}
    if day := background.published:
        meant = {d for d in meant if d <= (day.year, day.month, day.day)}
    if len(meant) != 1:
        return None
    year, month, number = meant.pop()
    return " ".join(str(part) for part in (number, month and MONTHS[month - 1], year) if part)


def _with_names(question: str, background: Background) -> str:
    """The question with full names for surnames, and what "the fire" is called."""
    for name in reversed(facts.names(question)):
        full = background.people.get(name.text, name.text)
        question = question[: name.span[0]] + full + question[name.span[1] :]
    return _AN_EVENT.sub(background.event, question) if background.event else question
