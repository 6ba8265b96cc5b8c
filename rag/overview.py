"""What there is to say of a subject: what its reports begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rag import likeness
from rag.check import Source, gives_orders
from rag.evidence import Evidence, Reading, is_note
from rag.filter import Filter
from rag.question import Asked
from rag.reader import is_of_news
from rag.records import Passage, Scope
from rag.retrieve import Index
from rag.sentences import is_whole, sentences
from rag.versions import on
from rag.words import has_word, words_of

REPORTS = 3
"""Reports that are told of, at most."""
READ = 10
"""Reports from which the newest stories are taken."""
ABOVE = 0.01
"""How far a report ranks above the next one."""


def news(index: Index, scope: Scope) -> Reading:
    """What the newest reports within the scope begin with, one of each story."""
    ids = index.store.newest(Filter.of(scope), READ)
    held = index.store.passages(ids)
    stories: dict[int, Passage] = {}
    for i in ids:
        stories.setdefault(held[i].story, held[i])
    day = scope.window.as_of
    found = (on(p, day, index.store) if day else p for p in stories.values())
    passages = tuple(p for p in found if p)
    leads = [lead for p in passages if (lead := _lead((), p, index))]
    return Reading(tuple(_ranked(leads, 0.0)), passages, 1.0 if leads else 0.0, likeness.NEAR)


def read(asked: Asked, passages: Sequence[Passage], index: Index) -> Reading:
    """What the reports about the subject begin with, the newest first, then what is most like it.

    Reports are about it whose title and first paragraph have all words of the question. Where it
    asks for news they are the newest of these, and otherwise those that were found first.
    """
    reading = likeness.read(asked, passages, index)
    leads = _leads(asked, passages, index)
    if not reading.evidence or not leads:
        return reading
    chosen = (_by_day(leads) if is_of_news(asked) else leads)[:REPORTS]
    ranked = _ranked(chosen, reading.evidence[0].score)
    told = {e.passage.article for e in ranked}
    rest = [e for e in reading.evidence if e.passage.article in told]
    return replace(reading, evidence=(*ranked, *rest))


def _ranked(leads: Sequence[Evidence], above: float) -> list[Evidence]:
    """The newest first, all with scores above that one."""
    best = above + ABOVE * len(leads)
    return [replace(e, score=best - ABOVE * i) for i, e in enumerate(_by_day(leads))]


def _leads(asked: Asked, passages: Sequence[Passage], index: Index) -> list[Evidence]:
    """A sentence of each report that is about the subject, in the order they were found in."""
    first = {p.article: p for p in reversed(passages)}
    found = (_lead(asked.subject, p, index) for p in passages if first[p.article] is p)
    return [lead for lead in found if lead]


def _lead(terms: Sequence[str], passage: Passage, index: Index) -> Evidence | None:
    """The first sentence with a word of the subject, of the first paragraph that is no correction.

    None where its title and this paragraph do not have all of the words.
    """
    stored = index.store.article(passage.article, passage.version)
    sources = (Source(stored, n) for n in range(1, len(stored.article.paragraphs) + 1))
    source = next((s for s in sources if not is_note(s)), None)
    if source is None or gives_orders(source.text):
        return None
    there = words_of(stored.article.title, source.text)
    if not all(has_word(there, term) for term in terms):
        return None
    for sentence in sentences(source.text):
        held = words_of(sentence)
        if is_whole(sentence) and (not terms or any(has_word(held, term) for term in terms)):
            return Evidence(source, sentence, passage, 0.0, None)
    return None


def _by_day(leads: Sequence[Evidence]) -> list[Evidence]:
    """The newest first; those without a date last."""
    return sorted(
        leads,
        key=lambda e: e.passage.day or date.min,
        reverse=True,
    )
