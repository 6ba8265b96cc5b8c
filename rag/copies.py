"""Which articles are copies of one text: a wire's story in ten papers, cut and lightly edited.

Two articles share a band where their MinHash signatures agree in it, which finds those that may be
copies without reading the others (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", chapter 3). What is found is then compared word by word, so the signatures decide
nothing by themselves.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rag.records import Article

if TYPE_CHECKING:
    from datasketch import MinHash

SHINGLE = 4
"""Words of a shingle. Two different news articles have next to no four words in a row in common."""
BANDS, ROWS = 64, 2
"""Bands of a signature and values in each. Of articles that resemble one another by 0.3 they find
99.8%, and of those that do by 0.02, as strangers do at most, 2.5%."""
CONTAINED = 0.65
"""At least this share of the shorter text's shingles stands in the longer one."""
RESEMBLANCE = 0.3
"""At least this share of the shingles of both is common to both (Jaccard). Less is a brief beside a
long report, or one item of a collection."""
FACTS = 0.75
"""At least this share of the shorter text's names and numbers stands in the longer one. Weather,
markets and results are told in the same words every day, of other places and amounts."""
OTHER_NUMBERS = 0.15
"""At most this share of the shorter text's numbers, or one that was corrected, is not in the longer
one. Of two draws of a lottery, or two small earthquakes, all else may be equal."""
SOON = 30
"""Days within which that is enough; what is printed again later has them all, or tells of another
year's race."""
FOUND = 0.25
"""A paragraph stands in the other text, too, if at least this share of its shingles does."""
OWN_SHARE, OWN_WORDS = 0.2, 100
"""What a copy may add, as a share of its words and in words: another opening, a line of the desk. A
text that adds more tells something else, even where long captions and background are the same."""
LATER_SHARE, LATER_WORDS = 0.05, 30
"""The same where it was published on a later day: an article with a new opening is news by then."""

SAID = 0.5
"""A copy says the same as a quotation if at least this share of its shingles stands there."""

_WORD = re.compile(r"\w+(?:[.,:'’]\w+)*")


@dataclass(frozen=True, slots=True)
class Text:
    """An article's text, as it is compared."""

    paragraphs: tuple[tuple[int, frozenset[str]], ...]
    """Words and shingles of each."""
    shingles: frozenset[str]
    facts: frozenset[str]
    """Names and numbers."""
    numbers: frozenset[str]
    day: date | None
    """Of publication."""


def read(paragraphs: Sequence[str], day: date | None) -> Text:
    """The text of an article of that day. Case, punctuation and spaces do not count."""
    words: set[str] = set()
    parts: list[tuple[int, frozenset[str]]] = []
    for paragraph in paragraphs:
        written = _WORD.findall(paragraph)
        words.update(written)
        row = [word.casefold() for word in written]
        starts = range(max(1, len(row) - SHINGLE + 1))
        parts.append((len(row), frozenset(" ".join(row[i : i + SHINGLE]) for i in starts)))
    facts = {w for w in words if (w[0].isupper() and w.casefold() not in words) or _numeric(w)}
    shingles = frozenset().union(*(shingles for _, shingles in parts))
    numbers = filter(_numeric, facts)
    return Text(tuple(parts), shingles, frozenset(facts), frozenset(numbers), day)


def _numeric(word: str) -> bool:
    return any(c.isdigit() for c in word)


def bands(text: Text) -> list[int]:
    """One signed 64-bit number for each band of the text's signature."""
    signature = _empty().copy()
    signature.update_batch([shingle.encode() for shingle in text.shingles])
    values = signature.hashvalues.astype("<u4").reshape(BANDS, ROWS)
    return [
        int.from_bytes(
            hashlib.blake2b(row.tobytes(), digest_size=8, salt=number.to_bytes(2)).digest(),
            signed=True,
        )
        for number, row in enumerate(values)
    ]


@functools.cache
def _empty() -> MinHash:
    from datasketch import MinHash

    # Stored bands are compared with later ones: neither seed nor scheme may ever be another.
    return MinHash(BANDS * ROWS, seed=1, scheme="affine32")


def copied(one: Text, other: Text) -> bool:
    """True if one of the texts is a copy of the other, or both are of a third."""
    if not _alike(one, other):
        return False
    short, long = sorted((one, other), key=lambda text: len(text.shingles))
    apart = abs((one.day - other.day).days) if one.day and other.day else 0
    if len(short.facts & long.facts) < (FACTS if apart <= SOON else 1) * len(short.facts):
        return False
    if len(short.numbers - long.numbers) > max(1, OTHER_NUMBERS * len(short.numbers)):
        return False
    if apart:
        late, early = sorted((one, other), key=lambda text: text.day or date.min, reverse=True)
        return _adds_little(late, early, LATER_SHARE, LATER_WORDS)
    return any(_adds_little(a, b, OWN_SHARE, OWN_WORDS) for a, b in ((one, other), (other, one)))


def revised(before: Text, after: Text) -> bool:
    """True if a later version of an article is the same text, whatever facts were put right."""
    return _alike(before, after) and _adds_little(after, before, OWN_SHARE, OWN_WORDS)


def says(article: Article, quote: str) -> bool:
    """True if the article, a copy of the one that is quoted, says the same, too.

    Its names and numbers stand there, and it is told in the same words for the most part.
    """
    quoted = read([quote], None)
    own = (text for text in article.paragraphs if text != article.correction)
    near = [text for text in own if read([text], None).shingles & quoted.shingles]
    words = {word.casefold() for text in near for word in _WORD.findall(text)}
    common = read(near, None).shingles & quoted.shingles
    is_told = len(common) >= SAID * len(quoted.shingles)
    return is_told and all(fact.casefold() in words for fact in quoted.facts)


def _alike(one: Text, other: Text) -> bool:
    """True if most of the shorter text stands in the other, and makes up much of it."""
    common = len(one.shingles & other.shingles)
    sizes = len(one.shingles), len(other.shingles)
    return common >= CONTAINED * min(sizes) and common >= RESEMBLANCE * (sum(sizes) - common)


def _adds_little(text: Text, to: Text, share: float, most: int) -> bool:
    """True if the paragraphs that the other text has nothing of are few and short."""
    own = sum(
        words
        for words, shingles in text.paragraphs
        if len(shingles & to.shingles) < FOUND * len(shingles)
    )
    return own <= min(most, share * sum(words for words, _ in text.paragraphs))
