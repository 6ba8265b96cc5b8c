"""Which articles are copies of one text: a wire's story in ten papers, cut and lightly edited.

Two articles share a band where their MinHash signatures agree in it, which finds those that may be
copies without reading the others (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", chapter 3). What is found is then compared word by word, so the signatures decide
nothing by themselves.
"""

from __future__ import annotations

import difflib
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

EXCHANGED = 2
"""Names that stand in place of so many others are those of other people and places."""
SPELT = 0.6
"""Two names are spellings of one if they are as alike (difflib's ratio): "Kyiv" and "Kiev"."""

SAID = 0.5
"""A copy says the same as a quotation if at least this share of its shingles stands there."""

_WORD = re.compile(r"\w+(?:[.,:'’]\w+)*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a text."""

    words: tuple[str, ...]
    """As they are written."""
    shingles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Text:
    """An article's text, as it is compared."""

    paragraphs: tuple[Paragraph, ...]
    words: frozenset[str]
    """Of all of them, in small letters."""
    shingles: frozenset[str]
    facts: frozenset[str]
    """Names and numbers."""
    numbers: frozenset[str]
    day: date | None
    """Of publication."""


def read(paragraphs: Sequence[str], day: date | None) -> Text:
    """The text of an article of that day. Case, punctuation and spaces do not count."""
    words: set[str] = set()
    parts: list[Paragraph] = []
    for paragraph in paragraphs:
        written = _WORD.findall(paragraph)
        words.update(written)
        row = [word.casefold() for word in written]
        starts = range(max(1, len(row) - SHINGLE + 1))
        shingles = frozenset(" ".join(row[i : i + SHINGLE]) for i in starts)
        parts.append(Paragraph(tuple(written), shingles))
    facts = {w for w in words if (w[0].isupper() and w.casefold() not in words) or _numeric(w)}
    return Text(
        paragraphs=tuple(parts),
        words=frozenset(word.casefold() for word in words),
        shingles=frozenset().union(*(part.shingles for part in parts)),
        facts=frozenset(facts),
        numbers=frozenset(filter(_numeric, facts)),
        day=day,
    )


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
    if _exchanged(short, long) >= EXCHANGED or _opens_with_another(short, long):
        return False
    if apart:
        late, early = sorted((one, other), key=lambda text: text.day or date.min, reverse=True)
        return _adds_little(late, early, LATER_SHARE, LATER_WORDS)
    return any(_adds_little(a, b, OWN_SHARE, OWN_WORDS) for a, b in ((one, other), (other, one)))


def revised(before: Text, after: Text) -> bool:
    """True if a later version of an article is the same text, whatever facts were put right."""
    return _alike(before, after) and _adds_little(after, before, OWN_SHARE, OWN_WORDS)


def stands(before: Text, after: Text) -> bool:
    """True if most of a text stands in a later reading of its page, whatever was added to it."""
    return len(before.shingles & after.shingles) >= CONTAINED * len(before.shingles)


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
        len(part.words)
        for part in text.paragraphs
        if len(part.shingles & to.shingles) < FOUND * len(part.shingles)
    )
    return own <= min(most, share * sum(len(part.words) for part in text.paragraphs))


def _exchanged(one: Text, other: Text) -> int:
    """How many names of one text stand where the other has names that are not in the first."""
    ours: set[str] = set()
    theirs: set[str] = set()
    for part in one.paragraphs:
        own = _names(part, one, other)
        for like in other.paragraphs if own else ():
            common = len(part.shingles & like.shingles)
            if common >= FOUND * min(len(part.shingles), len(like.shingles)):
                foreign = _names(like, other, one)
                same = {n for a in own for b in foreign if _same_name(a, b) for n in (a, b)}
                if own - same and foreign - same:
                    ours |= own - same
                    theirs |= foreign - same
    return min(len(ours), len(theirs))


def _names(part: Paragraph, text: Text, other: Text) -> set[str]:
    """The names in a paragraph of the text that are not in the other one."""
    names = text.facts - text.numbers
    return {w for w in part.words if w in names and w.casefold() not in other.words}


def _opens_with_another(one: Text, other: Text) -> bool:
    """True if one name in the first paragraph is another one: an ambassador is of another land."""
    ours = _placed(one.paragraphs[0], _names(one.paragraphs[0], one, other))
    theirs = _placed(other.paragraphs[0], _names(other.paragraphs[0], other, one))
    return any(not _same_name(ours[place], theirs[place]) for place in ours.keys() & theirs.keys())


def _placed(part: Paragraph, names: set[str]) -> dict[tuple[str, ...], str]:
    """Each of the names by the two words before it and the two after it."""
    row = ["", "", *map(str.casefold, part.words), "", ""]
    words = enumerate(part.words)
    return {(*row[n : n + 2], *row[n + 3 : n + 5]): word for n, word in words if word in names}


def _same_name(one: str, other: str) -> bool:
    """True for spellings of one name, and for a name and its abbreviation ("Vt." for "Vermont")."""
    names = one.casefold(), other.casefold()
    short, long = sorted(names, key=lambda name: (len(name), name))
    letters = iter(long)
    is_short_for = short[0] == long[0] and all(letter in letters for letter in short)
    return is_short_for or difflib.SequenceMatcher(None, short, long).ratio() >= SPELT
