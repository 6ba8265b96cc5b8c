"""What reading the passages gives: sentences that may answer."""

from __future__ import annotations

from dataclasses import dataclass

from rag.check import Source
from rag.records import Passage


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


def is_note(source: Source) -> bool:
    """True for a paragraph in which the outlet corrects its article.

    It answers only as a whole: a sentence of it, or words, may tell what was wrong.
    """
    return source.text in (source.stored.article.correction or "")


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
