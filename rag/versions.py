"""What changed between two versions of an article, paragraph by paragraph."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from rag.records import Article, Passage
from rag.sentences import sentence_spans

if TYPE_CHECKING:
    from rag.library import Library


@dataclass(frozen=True, slots=True)
class Change:
    """A place where two versions differ: a paragraph or several, or a field above them."""

    place: str
    """"title", "correction" and so on, or "paragraph 3", as counted in the later version."""
    before: tuple[str, ...]
    """What stood there; empty where something was added."""
    after: tuple[str, ...]
    """What stands there now; empty where something was taken out."""

    def __str__(self) -> str:
        lines = (f"- {text}" for text in self.before), (f"+ {text}" for text in self.after)
        return "\n".join([self.place, *lines[0], *lines[1]])


def changes(before: Article, after: Article) -> Iterator[Change]:
    """Every difference that a reader sees, from the top; nothing for equal versions."""
    for name in ("title", "outlet", "authors", "published", "updated", "note", "correction"):
        old, new = _shown(before, name), _shown(after, name)
        if old != new:
            yield Change(name, old, new)
    one, other = before.paragraphs, after.paragraphs
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, other, False).get_opcodes():
        if kind != "equal":
            numbers = str(c + 1) if d - c < 2 else f"{c + 1}-{d}"
            yield Change(f"paragraph {numbers}", one[a:b], other[c:d])


def on(passage: Passage, day: date, store: Library) -> Passage | None:
    """The passage of a newest version as it was on the day; None where it was not there yet."""
    number = store.version_on(passage.article, day)
    if number == passage.version:
        return passage
    newest, then = (store.article(passage.article, n).article for n in (passage.version, number))
    one, other = newest.paragraphs, then.paragraphs
    parts = dict(zip(passage.paragraphs, passage.text.split("\n"), strict=True))
    paragraphs: dict[int, str] = {}
    for _, a, b, c, d in difflib.SequenceMatcher(None, one, other, False).get_opcodes():
        for i in range(a, b):
            if i + 1 in parts and c < d:
                at = min(c + i - a, d - 1)
                paragraphs[at + 1] = _in_place_of(parts[i + 1], one[i], other[at])
    if not paragraphs:
        return None
    return replace(
        passage, version=number, title=then.title, outlet=then.outlet, published=then.published,
        paragraphs=tuple(paragraphs), text="\n".join(paragraphs.values()), note=then.note,
        correction=then.correction,
    )  # fmt: skip


def _in_place_of(part: str, paragraph: str, before: str) -> str:
    """What stood in the earlier paragraph in the place of a part of the later one."""
    if part in before:
        return part
    start = paragraph.find(part)
    share = len(before) / len(paragraph)
    low, high = start * share, (start + len(part)) * share
    spans = [span for span in sentence_spans(before) if low <= sum(span) / 2 <= high]
    return before[spans[0][0] : spans[-1][1]] if spans and part != paragraph else before


def _shown(article: Article, name: str) -> tuple[str, ...]:
    value = getattr(article, name)
    if value is None or isinstance(value, tuple):
        return value or ()
    return (getattr(value, "text", value),)
