"""A question to the passages that may answer it: by meaning, by words, and both fused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag import versions
from rag.crossencoder import CrossEncoder
from rag.embed import Embedder
from rag.filter import Filter
from rag.library import Library
from rag.records import Passage, Scope, StoredArticle
from rag.vectors import Vectors
from rag.words import stem, terms

CANDIDATES = 50
"""Taken from each of the two searches."""
PER_ARTICLE = 3
"""At most so many passages of one article, so that one long article does not hide the others; more
where the articles are named and too few for `k` passages."""
WORDS_SHARE = 0.3
"""Weight of the words' score against that of meaning."""
COMMON = 1_000
"""Words in more passages than this are not searched for, but for the `RAREST` words of the
question: they cost most of the time and decide next to nothing."""
RAREST = 3
# Filters that leave at most this many passages are searched exactly, passage by passage.
EXACT = 2_000
# Other filters are first put to this many nearest passages of all: Chroma takes 50 ms for a search
# of 50,000 vectors with a filter and 4 ms without.
WIDE = 200

# Cosines that lie nearer together than this, as in a small library, are not drawn apart to [0, 1].
SPREAD = 0.3

By = Literal["both", "words", "meaning"]


@dataclass(frozen=True, slots=True)
class Index:
    """What is searched."""

    store: Library
    vectors: Vectors
    embedder: Embedder
    network: CrossEncoder | None = None
    """The trained reader; None to do without."""


def retrieve(
    question: str,
    index: Index,
    scope: Scope,
    k: int,
    by: By = "both",
) -> list[Passage]:
    """The `k` best passages within the scope, best first, each with its scores.

    Scores of the two searches are scaled to [0, 1] over their candidates and added with the
    weights `WORDS_SHARE` and `1 - WORDS_SHARE`: unlike ranks, they keep how far apart two
    candidates are (relative score fusion). Of articles that are copies of one text only one is
    taken: one that was corrected or changed since, or else the one with the best passage. Where
    the question is asked on a day, a passage has the words that its article had on that day.
    """
    chosen = Filter.of(scope)
    depth = max(CANDIDATES, k)
    most = max(PER_ARTICLE, -(-k // len(scope.articles))) if scope.articles else PER_ARTICLE
    found_words: dict[int, float] = {}
    found_meaning: dict[int, float] = {}
    if by != "meaning":
        found_words = dict(index.store.search_words(_telling(question, index), depth, chosen))
    if by != "words":
        found_meaning = _by_meaning(question, index, scope, chosen, depth, list(found_words))
    words = _scaled(found_words, max(found_words.values(), default=0.0) / 2)
    meaning = _scaled(found_meaning, SPREAD)
    fused = {
        i: WORDS_SHARE * words.get(i, 0.0) + (1 - WORDS_SHARE) * meaning.get(i, 0.0)
        for i in words.keys() | meaning.keys()
    }
    ranked = sorted(fused, key=lambda i: (-fused[i], i))
    passages = index.store.passages(ranked)
    told = _told([passages[i] for i in ranked if i in passages], index.store)
    best: list[Passage] = []
    taken: dict[str, int] = {}
    for i in ranked:
        passage = passages.get(i)
        if passage is None or taken.get(passage.article, 0) >= most:
            continue
        if told[passage.story] != passage.article:
            continue
        if scope.window.as_of and passage.version > 1:
            passage = versions.on(passage, scope.window.as_of, index.store)
            if passage is None:
                continue
        taken[passage.article] = taken.get(passage.article, 0) + 1
        best.append(replace(passage, score=fused[i], similarity=found_meaning.get(i, 0.0)))
        if len(best) == k:
            break
    return best


def articles_of(passages: Sequence[Passage], store: Library) -> dict[str, StoredArticle]:
    """The articles of the passages by key, in the versions that the passages are of."""
    wanted = {(p.article, p.version) for p in passages}
    return {key: store.article(key, version) for key, version in wanted}


def _told(passages: Sequence[Passage], store: Library) -> dict[int, str]:
    """The one article by which each story is told; `passages` are the best first."""
    stories: dict[int, dict[str, Passage]] = {}
    for passage in passages:
        stories.setdefault(passage.story, {}).setdefault(passage.article, passage)
    return {
        story: next(iter(told)) if len(told) == 1 else
        max(told, key=lambda key: _currency(told[key], store))
        for story, told in stories.items()
    }  # fmt: skip


def _currency(passage: Passage, store: Library) -> tuple[bool, bool]:
    """More for an article that says what is wrong in others, or that changed after they came."""
    texts = {v.article.paragraphs for v in store.versions(passage.article)}
    return passage.correction is not None, len(texts) > 1


def _telling(question: str, index: Index) -> list[str]:
    """The words of the question that are worth searching for, the rarest first."""
    asked = {word: stem(word) for word in terms(question)}
    held = index.store.document_frequency(asked.values())
    ranked = sorted(asked, key=lambda word: held.get(asked[word], 0))
    rarest = [word for word in ranked if asked[word] in held][:RAREST]
    return [w for w in ranked if w in rarest or held.get(asked[w], 0) <= COMMON]


def _by_meaning(
    question: str, index: Index, scope: Scope, chosen: Filter, depth: int, also: Sequence[int]
) -> dict[int, float]:
    """Cosine of the `depth` nearest passages within the scope, and of those in `also`.

    `chosen` is the scope as the library's filter.
    """
    query = index.embedder.encode_query(question)
    within = index.store.passage_ids(chosen, EXACT) if chosen.clause else None
    if within is not None:
        ranked = index.vectors.similarities(query, within)
        wanted = set(also)
        return dict(ranked[:depth] + [found for found in ranked[depth:] if found[0] in wanted])
    wide = max(WIDE, depth) if chosen.clause else depth
    near = dict(index.vectors.nearest(query, wide))
    if chosen.clause:
        kept = index.store.keep(list(near), chosen)
        if len(kept) < depth:
            near |= dict(index.vectors.nearest(query, wide, scope.window, scope.outlets))
            kept = index.store.keep(list(near), chosen)
        near = {i: cosine for i, cosine in near.items() if i in kept}
    missing = [i for i in also if i not in near]
    return near | dict(index.vectors.similarities(query, missing))


def _scaled(scores: dict[int, float], least: float) -> dict[int, float]:
    """The scores from 1, for the best, down to 0, `least` or more below it."""
    high = max(scores.values(), default=0.0)
    spread = max(high - min(scores.values(), default=0.0), least)
    return {i: 1 - (high - s) / spread if spread else 1.0 for i, s in scores.items()}
