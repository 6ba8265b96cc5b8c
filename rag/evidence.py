"""What reading the passages gives: sentences that may answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag import facts
from rag.check import Source, gives_orders
from rag.records import Passage, StoredArticle
from rag.sentences import sentence_spans
from rag.sources import corrections
from rag.words import content, words

SHARED = 3
"""Words that a note has in common with a sentence that it corrects, at least."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that may answer."""

    source: Source
    text: str
    passage: Passage
    score: float
    """Higher is better; comparable within one question."""
    short: str | None
    """The exact words of the answer in it, where the question asks for some."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage; of a note of correction the whole paragraph stands for each."""

    source: Source
    text: str
    is_note: bool
    span: tuple[int, int]
    """Characters [start, end) of the sentence in the passage's text."""


def sentences_of(passage: Passage, article: StoredArticle) -> Iterator[Sentence]:
    """The sentences of a passage, without those of paragraphs that give orders to software."""
    at = 0
    for number, part in zip(passage.paragraphs, passage.text.split("\n"), strict=True):
        source = Source(article, number)
        whole = is_note(source)
        for start, end in () if gives_orders(part) else sentence_spans(part):
            yield Sentence(
                source, part if whole else part[start:end], whole, (at + start, at + end)
            )
        at += len(part) + 1


def is_note(source: Source) -> bool:
    """True for a paragraph in which the outlet corrects its article.

    It answers only as a whole: a sentence of it, or words, may tell what was wrong.
    """
    note = source.stored.article.correction or ""
    is_part = source.text in note and corrections.found([source.text]) is not None
    return is_part or source.text == note


def corrected(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence, best first, with a note in the place of the sentences that it corrects.

    That is told by what they name, by the other words they share, and by the numbers: those that
    are wrong stand in the note and nowhere else in its article, which was put right.
    """
    notes = [e for e in evidence if is_note(e.source)]
    found = []
    for e in evidence:
        note = next((note for note in notes if _corrects(note, e)), None)
        found.append(replace(note, score=e.score) if note else e)
    best: dict[str, Evidence] = {}
    for e in found:
        best.setdefault(e.text, e)
    return tuple(best.values())


def _corrects(note: Evidence, other: Evidence) -> bool:
    article = note.source.stored.article
    right = " ".join(p for p in article.paragraphs if p not in (article.correction or ""))
    wrong = facts.numbers(note.text) - facts.numbers(right)
    shared = content(note.text) & content(other.text)
    named = set(_named(other.text)) or set(_named(other.source.stored.article.title))
    return (
        bool(wrong & facts.numbers(other.short or _undated(other.text)))
        and len(shared) >= SHARED
        and named <= set(words(f"{article.title} {right}"))
    )


def _named(text: str) -> Iterator[str]:
    return (word for name in facts.names(text) for word in words(name.text))


def _undated(text: str) -> str:
    for found in facts.date_spans(text):
        text = text.replace(found.text, " ")
    return text


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the passages gave."""

    evidence: tuple[Evidence, ...]
    """Best first."""
    passages: tuple[Passage, ...]
    """The passages, those that were read in the order of how well they answer."""
    confidence: float
    """From 0 to 1, that the passages answer the question."""
    near: float
    """A sentence whose score is at most this much below the best one's is worth adding."""
