"""Paragraphs to passages: runs of whole paragraphs that fit the embedder's window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rag.records import day_in_words
from rag.sentences import sentence_spans

Count = Callable[[Sequence[str]], list[int]]
"""Texts to their lengths in the embedder's tokens, without its special tokens."""

LONGEST = 200
"""Tokens of a passage, its header included, where the embedder's window is not smaller. Shorter
passages find facts more exactly, longer ones cost less to embed; all-MiniLM was trained on 128 and
reads 256."""
TITLE_SHARE = 0.25
"""At most this share of a passage's tokens goes to the title, so that text is left to embed."""


@dataclass(frozen=True, slots=True)
class Span:
    """A passage to be: paragraphs `first` to `last` of an article, both from 1."""

    first: int
    last: int
    text: str
    """The paragraphs joined by a newline, or a part of the one paragraph."""


def header(title: str, day: date | None) -> str:
    """What is embedded in front of a passage's text."""
    return f"{title} ({day_in_words(day)})" if day else title


def embedded(header: str, text: str) -> str:
    """What is embedded for a passage."""
    return f"{header}\n{text}"


def fit_header(title: str, day: date | None, room: int, count: Count) -> str:
    """The header, its title cut where it would take more than its share of `room`: at a word, or
    within the first word where that is longer still."""
    while title and count([header(title, day)])[0] > room * TITLE_SHARE:
        title = title.rpartition(" ")[0] or title[: len(title) // 2]
    return header(title, day)


def passages(paragraphs: Sequence[str], room: int, count: Count) -> list[Span]:
    """Splits an article into passages of at most `room` tokens each.

    Whole paragraphs are packed in order. A paragraph that is longer than the room by itself is
    split at sentences, and a sentence that is longer still at words. Every word of the article is
    in exactly one passage.
    """
    return list(_packed(paragraphs, "\n", room, count))


def _packed(pieces: Sequence[str], glue: str, room: int, count: Count) -> Iterator[Span]:
    """Runs of whole pieces of at most `room` tokens, and the parts of a piece that is longer."""
    run: list[str] = []
    used = 0
    for number, (piece, size) in enumerate(zip(pieces, count(pieces), strict=True), 1):
        if run and used + size > room:
            yield Span(number - len(run), number - 1, glue.join(run))
            run, used = [], 0
        if size > room:
            yield from (Span(number, number, part) for part in _split(piece, room, count))
        else:
            run.append(piece)
            used += size
    if run:
        yield Span(len(pieces) - len(run) + 1, len(pieces), glue.join(run))


def _split(text: str, room: int, count: Count) -> Iterator[str]:
    """Parts of `text` of at most `room` tokens, cut at sentences, else words, else characters."""
    pieces = [text[a:b] for a, b in sentence_spans(text)]
    if len(pieces) < 2:
        pieces = text.split()
    middle = len(text) // 2
    lists = [pieces] if len(pieces) > 1 else [[text[:middle]], [text[middle:]]]
    for some in lists:
        yield from (span.text for span in _packed(some, " ", room, count))
