"""BM25 and vectors, each by itself: what Citewire's own search is measured beside.

They search the same passages, and no more is done than their names say: no common word is left
out but stop words, an article may fill the list, copies are not put together. So a change of
Citewire's search does not move them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.filter import Filter
from rag.library import Library
from rag.newsroom import Newsroom
from rag.records import Passage, Scope
from rag.retrieve import Index
from rag.vectors import Vectors

EVERYTHING = Scope()
ALL = 10**9
"""More passages than a library has."""


def index(room: Newsroom) -> Index:
    """What the baselines search: the passages of a library, without a reader."""
    store = Library(room.folder)
    return Index(store, Vectors(room.folder, store.meta("collection")), room.embedder)


def by_words(question: str, index: Index, k: int = 10, scope: Scope = EVERYTHING) -> list[Passage]:
    """The `k` best passages by BM25, for any word of the question that is no stop word."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = dict.fromkeys(re.findall(r"\w+", question.lower()))
    chosen = Filter.of(scope)
    telling = [word for word in words if word not in ENGLISH_STOP_WORDS]
    return _passages(index, [i for i, _ in index.store.search_words(telling, k, chosen)])


def by_vectors(
    question: str, index: Index, k: int = 10, scope: Scope = EVERYTHING
) -> list[Passage]:
    """The `k` passages nearest to the question; exact where the scope names articles."""
    query = index.embedder.encode_query(question)
    if scope.articles is None:
        near = index.vectors.nearest(query, k, scope.window, scope.outlets)
    else:
        chosen = Filter.of(scope)
        near = index.vectors.similarities(query, index.store.passage_ids(chosen, ALL) or ())[:k]
    return _passages(index, [i for i, _ in near])


def _passages(index: Index, ids: Sequence[int]) -> list[Passage]:
    found = index.store.passages(ids)
    return [found[i] for i in ids if i in found]
