"""From a written text to statements with citations, and from paragraphs to exact quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.check import Source
from rag.question import STOP_WORDS, stems
from rag.records import Citation
from rag.sentences import sentence_spans, sentences

_NUMBERS = r"\d{1,3}(?:\s*(?:[,;]|and|-|–)\s*\d{1,3})*"
_MARKER = re.compile(rf"\s*[\[【(]\s*(?:{_NUMBERS})\s*[\]】)](?!\()")
_BRACKETED = re.compile(rf"\s*[\[【]\s*(?:{_NUMBERS})\s*[\]】]")
_AFTER = re.compile(rf"([.!?][\"”’)]*)((?:{_BRACKETED.pattern})+)")
_LINE_START = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)]|#+)\s+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as it was written, not yet checked."""

    text: str
    """Without markers."""
    sources: tuple[Source, ...]
    """What its markers point to; markers to nothing are left out."""


def drafts(pieces: Iterable[str], sources: Sequence[Source]) -> Iterator[Draft]:
    """Sentences of a text that arrives in pieces, each as soon as it is complete.

    Marker [n] stands for `sources[n - 1]`. It belongs to the sentence it stands in or behind.
    """
    buffer = ""
    for piece in pieces:
        buffer += piece
        ready = _marked_sentences(buffer)
        # The last sentence may go on, and the one before it may still get its markers.
        for sentence in ready[:-1] if re.search(r"[\w\"“]\s*$", buffer) else ():
            yield _draft(sentence, sources)
        if len(ready) > 1 and re.search(r"[\w\"“]\s*$", buffer):
            buffer = ready[-1] + (" " if buffer[-1].isspace() else "")
    for sentence in _marked_sentences(buffer):
        yield _draft(sentence, sources)


def _marked_sentences(text: str) -> list[str]:
    """Sentences with their markers moved in front of the full stop."""
    text = _LINE_START.sub("", text.replace("**", "").replace("__", ""))
    inside = _AFTER.sub(lambda m: f"{m[2]}{m[1]}", text)
    return [s for line in inside.splitlines() for s in sentences(line) if re.search(r"\w", s)]


def _draft(sentence: str, sources: Sequence[Source]) -> Draft:
    cited: dict[tuple[str, int], Source] = {}
    for marker in _BRACKETED.findall(sentence):
        for number in _numbers(marker):
            if 1 <= number <= len(sources):
                cited[sources[number - 1].key] = sources[number - 1]
    plain = _BRACKETED.sub("", sentence).strip()
    return Draft(re.sub(r"\s+([.!?,;])", r"\1", plain), tuple(cited.values()))


def _numbers(marker: str) -> list[int]:
    numbers: list[int] = []
    for part in re.findall(r"\d+(?:\s*[-–]\s*\d+)?", marker):
        low, *high = (int(n) for n in re.findall(r"\d+", part))
        numbers.extend(range(low, min(high[0], low + 20) + 1) if high else [low])
    return numbers


def best_quote(statement: str, paragraph: str) -> tuple[int, int]:
    """[start, end) of the sentence of the paragraph that shares most words with the statement."""
    at = paragraph.find(statement)
    if at >= 0:
        return at, at + len(statement)
    wanted = set(stems(statement)) - STOP_WORDS
    spans = sentence_spans(paragraph) or ((0, len(paragraph)),)
    return max(spans, key=lambda s: len(wanted & set(stems(paragraph[s[0] : s[1]]))))


def cite(draft: Draft, numbers: dict[tuple[str, int], int], start: int) -> tuple[str, tuple[Citation, ...]]:
    """The sentence with its markers, and its citations.

    `numbers` holds the number of each paragraph cited so far, and is added to. `start` is where
    the sentence will begin in the answer's text.
    """
    for source in draft.sources:
        numbers.setdefault(source.key, len(numbers) + 1)
    markers = "".join(f"[{n}]" for n in sorted(numbers[s.key] for s in draft.sources))
    text = f"{draft.text} {markers}"
    citations = []
    for source in sorted(draft.sources, key=lambda s: numbers[s.key]):
        article = source.stored.article
        span = best_quote(draft.text, source.text)
        citations.append(
            Citation(
                number=numbers[source.key], article=source.stored.key, outlet=article.outlet,
                title=article.title, url=article.url, published=article.published,
                paragraph=source.number, quote=source.text[span[0] : span[1]], span=span,
                answer_span=(start, start + len(text)), note=article.note,
            )  # fmt: skip
        )
    return text, tuple(citations)
