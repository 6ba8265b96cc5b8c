"""Scraped text to clean paragraphs."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from rag.sources.boilerplate import is_boilerplate

_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    r"\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # widths, directions
    r"\U000e0000-\U000e007f"  # letters that no screen shows
    r"\ud800-\udfff\ufffe\uffff]"  # no characters at all, though JSON can spell them
)
_ODD_SPACES = re.compile(r"[^\S\n ]")
_WORD = re.compile(r"[^\W_]+")
_BYLINE = re.compile(r"By( and| [A-Z][\w.'’-]*,?)+", re.ASCII)

WRAPPED = range(40, 100)
"""Columns at which editors and mail programs wrap. Narrower lines are lists and verse."""
CONTAINED = 40
"""Characters from which a paragraph that its neighbour contains is a repetition: a pull quote or a
summary. A shorter one is a heading or an answer such as "No"."""
TITLE = 100
"""Characters of a title that is made from the first sentence."""
HEADLINE = 150
"""Characters up to which a line can be a headline; newspapers' own stay under 120."""
TOP = 10
"""Lines among which a page that was saved as text has its headline."""


def tidy(text: str) -> str:
    """The text with "\\n" at line ends, plain spaces, composed letters (NFC), nothing invisible."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    return unicodedata.normalize("NFC", _ODD_SPACES.sub(" ", text))


def blocks(text: str) -> list[str]:
    """The lines of a tidy text, those that were wrapped by hand joined to what they were.

    A line that was not wrapped is a paragraph, whether blank lines surround it or not.
    """
    lines = (line.strip() for line in text.split("\n"))
    parts = [list(part) for filled, part in groupby(lines, bool) if filled]
    width = _wrap_width(parts)
    found: list[list[str]] = []
    for part in parts:
        found.append(part[:1])
        for before, after in pairwise(part):
            if width and (_is_full(before, after, width) or after[0].islower()):
                found[-1].append(after)
            else:
                found.append([after])
    return [" ".join(lines) for lines in found]


def kept(texts: Iterable[str]) -> list[str]:
    """The texts that may be paragraphs, each on one line: no ornaments, no parts of the page."""
    folded = (" ".join(text.split()) for text in texts)
    return [text for text in folded if _WORD.search(text) and not is_boilerplate(text)]


def headline(texts: Sequence[str]) -> str:
    """The title of an article that comes without one, from its texts; "" where there are none.

    It is the line near the top that looks like a headline and is repeated, as pages do, or else
    the first line if it looks like one, or else the beginning of the first sentence. Lines that
    say who wrote it do not count.
    """
    texts = [text for text in texts if not _BYLINE.fullmatch(text)] or texts
    counts = Counter(map(_same, texts))
    lines = [line for at, line in enumerate(texts[:TOP]) if _is_headline(line, texts[at + 1 :])]
    for line in lines:
        if counts[_same(line)] > 1 and line.count(" ") > 1:  # "Sign in" may be repeated, too
            return line
    if lines and lines[0] == texts[0]:
        return lines[0]
    return _first_sentence(texts[0]) if texts else ""


def paragraphs(texts: Sequence[str], title: str) -> tuple[str, ...]:
    """The texts without repetitions: of the title, of one another, of a part of a neighbour.

    A title that ends in a full stop is the text's own first sentence, which stays. So does a text
    that says no more than its title.
    """
    heading = _same(title)
    seen: set[str] = set()
    stack: list[tuple[str, str]] = []
    for text in texts:
        same = _same(text)
        is_title = same == heading and not (text == title and text.endswith("."))
        if not is_title and same not in seen:
            while stack and _contains(same, stack[-1]):
                stack.pop()
            if not stack or not _contains(stack[-1][1], (text, same)):
                stack.append((text, same))
        seen.add(same)
    return tuple(text for text, _ in stack) or tuple(texts[:1])


def _same(text: str) -> str:
    """Equal for texts that differ in case, spaces and punctuation only."""
    return " ".join(_WORD.findall(text.casefold()))


def _contains(whole: str, part: tuple[str, str]) -> bool:
    return len(part[0]) >= CONTAINED and f" {part[1]} " in f" {whole} "


def _wrap_width(parts: Sequence[Sequence[str]]) -> int:
    """The width at which a text was wrapped; 0 where it was not.

    Most lines of wrapped text have no room for the next word, and many end within a sentence.
    """
    breaks = [pair for part in parts for pair in pairwise(part)]
    width = max((len(before) for before, _ in breaks), default=0)
    full = sum(_is_full(before, after, width) for before, after in breaks)
    inside = sum(after[0].islower() for _, after in breaks)
    wrapped = width in WRAPPED and full >= len(breaks) * 2 / 3 and inside >= len(breaks) / 3
    return width if wrapped else 0


def _is_full(before: str, after: str, width: int) -> bool:
    return len(before) + 1 + len(after.split(" ", 1)[0]) > width


def _is_headline(line: str, rest: Sequence[str]) -> bool:
    return (
        " " in line
        and len(line) <= HEADLINE
        and line[-1] not in ".,;:…–—-"
        and any(len(text) > len(line) for text in rest)
    )


def _first_sentence(text: str) -> str:
    from rag.sentences import sentences

    first = sentences(text[: 10 * TITLE])[0]
    if len(first) <= TITLE:
        return first
    return (first[: TITLE - 1].rsplit(" ", 1)[0] or first[: TITLE - 1]).rstrip(" ,;:") + "…"
