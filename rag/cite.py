"""From a written text to sentences with sources, and from paragraphs to exact quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.check import Source
from rag.records import Citation
from rag.rows import rows
from rag.sentences import sentence_spans, sentences

# [1], [1, 2], [1-3], 【1】, [paragraph 1], [^1], 【1†source】, [1](https://…)
_NUMBERS = r"\d{1,3}(?:\s*(?:,|;|&|and|-|–|—)\s*\d{1,3})*"
_MARKER = (
    rf"[\[【［]\s*(?:(?:paragraphs?|paras?\.?|sources?|articles?|[¶§^#])\s*)?{_NUMBERS}\s*"
    r"(?:†[^\]】］\n]*)?[\]】］](?:\([^()\s]*\))?"
)
_MARKERS = re.compile(rf"[ \t]*{_MARKER}(?:[ \t]*[,;–-]?[ \t]*{_MARKER})*", re.IGNORECASE)
_STOP = re.compile(r"[.!?…]+[\"”’')*_]*|\n")
# Text behind a full stop that is, or may become, markers that belong to it.
_UNFINISHED = re.compile(
    r"[ \t]*[,;–-]?[ \t]*(?:[\[【［][^\]】］\n]*(?:[\]】］](?:\([^()\s]*)?)?)?"
)
_NEXT_WORD = re.compile(r"[ \t]*(?:\n|(\S+)(?=\s))")
_LETTERS = re.compile(r"\b(?:[A-Za-z]\.){2,}$")
_LIST_MARK = re.compile(r"\A\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"\*+|(?<!\w)_+|_+(?!\w)|`+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as it was written, not yet checked."""

    text: str
    """Without markers."""
    sources: tuple[Source, ...]
    """What its markers point to; markers to nothing are left out."""


def drafts(pieces: Iterable[str], sources: Sequence[Source]) -> Iterator[Draft]:
    """Sentences of a text that arrives in pieces, each as soon as it is complete.

    Marker [n] stands for `sources[n - 1]`. It belongs to the sentence it stands in or behind. A
    line ends a sentence; headings and lines that end in a colon are none. How the text was cut
    into pieces makes no difference. Where the pieces break off with an error, a last sentence that
    has its full stop and its markers is still given before the error is raised.
    """
    text = _Text()
    try:
        for piece in pieces:
            for sentence in text.completed_by(piece):
                yield from _draft(sentence, sources)
    except Exception:
        marked = rf"[.!?][\"”’)]*{_MARKERS.pattern}$|{_MARKERS.pattern}[.!?][\"”’)]*$"
        if re.search(marked, text.rest):
            yield from _draft(text.rest, sources)
        raise
    for sentence in text.completed_by("\n"):
        yield from _draft(sentence, sources)


@dataclass(slots=True)
class _Text:
    """A text that arrives in pieces."""

    rest: str = ""
    """What is no whole sentence yet."""
    decided: int = 0
    """No stop before this character of the rest ends a sentence."""

    def completed_by(self, piece: str) -> Iterator[str]:
        """The sentences that are complete with the next piece, their markers included."""
        self.rest += piece
        while (end := self._sentence_end()) is not None:
            yield self.rest[:end]
            self.rest, self.decided = self.rest[end:], 0

    def _sentence_end(self) -> int | None:
        """Where the first sentence ends; None where that is not yet certain.

        Decided by the text up to the word behind the full stop, and by nothing that may still come.
        """
        text = self.rest
        for stop in _STOP.finditer(text, self.decided):
            self.decided = stop.start()
            if stop[0] == "\n":
                return stop.end()
            markers = _MARKERS.match(text, stop.end())
            end = markers.end() if markers else stop.end()
            following = _NEXT_WORD.match(text, end)
            if _UNFINISHED.fullmatch(text, end) or not following:
                return None
            before, word = text[: stop.end()], following[1]
            if _LIST_MARK.fullmatch(before + " ") or _inside_quotation(before):
                continue
            if word is None:
                return following.end()
            if (markers or text[end].isspace()) and _starts_sentence(word, text[:end]):
                return end
        self.decided = len(text)
        return None


def _starts_sentence(word: str, before: str) -> bool:
    """True where a word begins a new sentence after the text before it."""
    word = word.lstrip("\"“‘'([")
    if not word or word[0].islower() or word[0] in ",;:)":
        return False
    plain = _tidy(_MARKERS.sub("", before))
    # "5 p.m. Monday": a full stop that belongs to letters ends only what was given its marker.
    if _LETTERS.search(plain) and not _MARKERS.search(before):
        return False
    return sentences(f"{plain} {word}")[-1] == word


def _inside_quotation(text: str) -> bool:
    line = text[text.rfind("\n") + 1 :]
    return line.count('"') % 2 == 1 or line.count("“") > line.count("”")


def _draft(written: str, sources: Sequence[Source]) -> Iterator[Draft]:
    """The sentence as a draft; nothing where it is a heading, a lead-in or an entry in a list of
    sources."""
    text = _LIST_MARK.sub("", written.strip(), count=1)
    cited: dict[tuple[str, int], Source] = {}

    def take(markers: re.Match[str]) -> str:
        numbers = [n for n in _numbers(markers[0]) if 1 <= n <= len(sources)]
        if not numbers and _inside_quotation(text[: markers.start()]):
            return markers[0]
        cited.update((sources[n - 1].key, sources[n - 1]) for n in numbers)
        return ""

    plain = _tidy(_MARKERS.sub(take, text))
    listed = _MARKERS.match(text) and not re.search(r"[.!?]\W*$", plain)
    if text.startswith("#") or plain.endswith(":") or listed or not re.search(r"[^\W\d_]", plain):
        return
    yield Draft(plain if re.search(r"[.!?…]\W*$", plain) else f"{plain}.", tuple(cited.values()))


def _tidy(text: str) -> str:
    return re.sub(r"\s+(?=[.!?,;])", "", " ".join(_EMPHASIS.sub("", text).split()))


def _numbers(markers: str) -> Iterator[int]:
    """The numbers in markers: "[1-3][5]" has 1, 2, 3 and 5. Those of a link's address are none."""
    for marker in re.findall(r"[\[【［]([^\]】］†]*)", markers):
        for first, last in re.findall(r"(\d+)(?:\s*[-–—]\s*(\d+))?", marker):
            yield from range(int(first), int(last or first) + 1)


def best_quote(statement: str, paragraph: str) -> tuple[int, int]:
    """[start, end) of the sentences of the paragraph that carry the statement.

    They are the sentence that shares most words with it and, if others hold numbers, days or names
    of it that this one lacks, everything from the first of them to the last.
    """
    at = paragraph.find(statement)
    if at >= 0:
        return at, at + len(statement)
    spans = sentence_spans(paragraph)
    claimed = [word for row in rows(statement) for word in row]
    shared = [
        {k for w in claimed if any(w.same(o) for o in row) for k in w.keys}
        for row in rows(paragraph)
    ]
    if not spans:
        return 0, len(paragraph)
    best = max(range(len(spans)), key=lambda i: len(shared[i]))
    chosen, held = {best}, set(shared[best])
    marked = {k for w in claimed if w.kind != "word" for k in w.keys}
    for i in sorted(range(len(spans)), key=lambda i: (-len(shared[i]), abs(i - best))):
        if marked & shared[i] - held:
            chosen.add(i)
            held |= shared[i]
    return spans[min(chosen)][0], spans[max(chosen)][1]


def cite(
    draft: Draft, numbers: dict[tuple[str, int], int], start: int
) -> tuple[str, tuple[Citation, ...]]:
    """The sentence with its markers, and its citations.

    `numbers` holds the number of each paragraph cited so far, and is added to. `start` is where
    the sentence will begin in the answer's text.
    """
    for source in draft.sources:
        numbers.setdefault(source.key, len(numbers) + 1)
    cited = sorted(draft.sources, key=lambda source: numbers[source.key])
    text = f"{draft.text} {''.join(f'[{numbers[source.key]}]' for source in cited)}"
    return text, tuple(
        _citation(draft.text, source, numbers[source.key], (start, start + len(text)))
        for source in cited
    )


def _citation(
    statement: str, source: Source, number: int, answer_span: tuple[int, int]
) -> Citation:
    article = source.stored.article
    start, end = best_quote(statement, source.text)
    return Citation(
        number=number, article=source.stored.key, version=source.stored.version,
        outlet=article.outlet, title=article.title, url=article.url, published=article.published,
        paragraph=source.number, quote=source.text[start:end], span=(start, end),
        answer_span=answer_span, note=article.note, correction=article.correction,
    )  # fmt: skip
