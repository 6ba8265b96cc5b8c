"""A question with its misspelt words put right, as the library writes them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from rag.retrieve import Index
from rag.words import STOP_WORDS, folded, stem, terms, words

SHORTEST = 4
"""Letters of a word that may be misspelt."""
ALIKE = 0.84
"""Least likeness, as `difflib` takes it, of a word to what it is taken for.

A short word has a letter more or less, or two exchanged, but none replaced: "boats" are no "coats".
"""


def corrected(question: str, index: Index, texts: Iterable[str]) -> str:
    """The question, each misspelt word replaced by one like it, if there is any.

    It stands nowhere in this library, and the embedder's vocabulary does not have it whole. What
    is like it is sought in the texts, which are those found with the question as it was written.
    """
    given = [w for w in terms(question) if len(w) >= SHORTEST and w.isalpha()]
    held = index.store.document_frequency(stem(w) for w in given)
    unknown = [w for w in given if stem(w) not in held]
    pieces = index.embedder.count(unknown) if unknown else []
    misspelt = [w for w, count in zip(unknown, pieces, strict=True) if count > 1]
    there = {w for text in texts for w in words(text)} - STOP_WORDS if misspelt else set()
    for word in misspelt:
        # "Uninjured" is no misspelling of "injured".
        likely = sorted(w for w in there if not (w.endswith(word) or word.endswith(w)))
        for like in difflib.get_close_matches(word, likely, 1, ALIKE):
            question = _replaced(question, word, like)
    return question


def _replaced(question: str, word: str, by: str) -> str:
    """The question with a word replaced, a capital kept."""

    def one(match: re.Match[str]) -> str:
        if folded(match[0]) != word:
            return match[0]
        return by.capitalize() if match[0][0].isupper() else by

    return re.sub(r"[^\W\d_]+", one, question)
