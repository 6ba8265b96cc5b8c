"""Evidence to sentences, in the articles' own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.cite import Draft
from rag.evidence import Evidence, Reading, is_note
from rag.question import TYPED, Asked
from rag.sentences import is_whole, sentence_spans
from rag.words import content

SENTENCES = 3
"""At most so many sentences of an extractive answer, or one less for each of several questions."""
# Two sentences sharing more of their words than this say the same.
SAME = 0.6

_OPEN = re.compile(
    r"(?:(?:And|But|So|Then|Now|Instead|However|Still|Later|Earlier),? )?"
    r"(?:He|She|They|It|His|Her|Their|Its|This|That|These|Those|Both)\b",
    re.IGNORECASE,
)


def extract(asked: Asked, reading: Reading, most: int) -> list[Draft]:
    """The best sentences of the articles as they stand, the best first, then in reading order.

    At most so many; none where the question asks for a person, a place, a date or a number and the
    best sentences hold none that fits.
    """
    best_few = reading.evidence[:most]
    if not best_few or (asked.kind in TYPED and not any(_can_answer(e) for e in best_few)):
        return []
    best = reading.evidence[0]
    chosen = [best]
    for evidence in reading.evidence[1:]:
        if len(chosen) == most or evidence.score < best.score - reading.near:
            break
        is_new = not any(_overlap(evidence.text, c.text) > SAME for c in chosen)
        if is_new and is_whole(evidence.text):
            chosen.append(evidence)
    rest = sorted(chosen[1:], key=lambda e: _reading_order(e, chosen))
    drafts: list[Draft] = []
    for evidence in (best, *rest):
        both = (_before(evidence), Draft(evidence.text, (evidence.source,)))
        new = [d for d in both if d and d not in drafts]
        if len(drafts) + len(new) <= most:
            drafts += new
    return drafts


def _can_answer(evidence: Evidence) -> bool:
    """True for a sentence with words of the kind asked for, and for a note, which has none."""
    return evidence.short is not None or is_note(evidence.source)


def _before(evidence: Evidence) -> Draft | None:
    """The sentence before one that opens with "He" or "They", which says who is meant."""
    if not _OPEN.match(evidence.text):
        return None
    text = evidence.source.text
    spans = sentence_spans(text)
    at = next((i for i, (a, b) in enumerate(spans) if text[a:b] == evidence.text), 0)
    return Draft(text[slice(*spans[at - 1])], (evidence.source,)) if at else None


def short(reading: Reading) -> str | None:
    """The exact words of the answer in the best sentence, where the question asks for some."""
    return reading.evidence[0].short if reading.evidence else None


def _reading_order(evidence: Evidence, chosen: Sequence[Evidence]) -> tuple[int, int, int]:
    """Sentences of the best sentence's article first; within one article as they stand there."""
    articles = list(dict.fromkeys(e.source.stored.key for e in chosen))
    at = evidence.source.text.find(evidence.text)
    return articles.index(evidence.source.stored.key), evidence.source.number, at


def _overlap(one: str, other: str) -> float:
    a, b = content(one), content(other)
    return len(a & b) / max(min(len(a), len(b)), 1)
