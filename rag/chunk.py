"""Paragraphs to passages: runs of whole paragraphs that fit the embedder's window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    spans: list[Span] = []
    run: list[str] = []
    used = 0
    sizes = count(paragraphs)
    for number, (text, size) in enumerate(zip(paragraphs, sizes, strict=True), 1):
        if run and used + size > room:
            spans.append(Span(number - len(run), number - 1, "\n".join(run)))
            run, used = [], 0
        if size > room:
            spans.extend(Span(number, number, part) for part in _split(text, room, count))
        else:
            run.append(text)
            used += size
    if run:
        spans.append(Span(len(paragraphs) - len(run) + 1, len(paragraphs), "\n".join(run)))
    return spans


def _split(text: str, room: int, count: Count) -> list[str]:
    """Parts of `text` of at most `room` tokens, cut at sentences, else words, else characters."""
    pieces = [text[a:b] for a, b in sentence_spans(text)]
    if len(pieces) < 2:
        pieces = text.split()
    if len(pieces) < 2:
        middle = len(text) // 2
        halves = (text[:middle], text[middle:])
        return [part for half in halves for part in _fitted(half, room, count)]
    parts: list[str] = []
    run: list[str] = []
    used = 0
    for piece, size in zip(pieces, count(pieces), strict=True):
        if run and used + size > room:
            parts.append(" ".join(run))
            run, used = [], 0
        if size > room:
            parts.extend(_split(piece, room, count))
        else:
            run.append(piece)
            used += size
    return [*parts, " ".join(run)] if run else parts


def _fitted(text: str, room: int, count: Count) -> list[str]:
    return [text] if count([text])[0] <= room else _split(text, room, count)
