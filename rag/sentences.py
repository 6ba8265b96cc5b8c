"""Where sentences begin and end."""

from __future__ import annotations

import re
from functools import lru_cache

# A closing quotation mark or bracket that the segmenter left at the start of the next sentence.
_CLOSERS = re.compile(r"^[\"'”’)\]]+(?=\s|$)")
# "At 5:57 p.m. Eastern time" is one sentence.
_HOUR = re.compile(r"\b[ap]\.m\.$")
_ZONE = re.compile(
    r"(?:Eastern|Central|Mountain|Pacific|Atlantic|British|Greenwich|Coordinated|Universal|Moscow|"
    r"local|[ECMP][SD]?T|GMT|UTC|BST|CES?T|IST|JST)\b"
)


@lru_cache(maxsize=4096)
def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """[start, end) of each sentence of a paragraph, without the white space between them."""
    from sentencex import get_sentence_boundaries

    spans: list[tuple[int, int]] = []
    at = 0
    for boundary in get_sentence_boundaries("en", text):
        sentence = boundary["text"].strip()
        if not sentence:
            continue
        start = text.index(sentence, at)
        at = start + len(sentence)
        closer = _CLOSERS.match(sentence)
        if closer and spans:
            spans[-1] = (spans[-1][0], start + closer.end())
            start += closer.end()
            while start < at and text[start].isspace():
                start += 1
        if spans and _HOUR.search(text[slice(*spans[-1])]) and _ZONE.match(text, start):
            spans[-1] = (spans[-1][0], at)
        elif start < at:
            spans.append((start, at))
    return tuple(spans)


def parts(text: str, longest: int) -> list[str]:
    """A text of more than `longest` characters in parts of about that, cut at sentences.

    The sentence before and that after a cut stand in both parts.
    """
    spans = sentence_spans(text)
    count = min(-(-len(text) // longest), len(spans))
    if count < 2:
        return [text]
    size = -(-len(spans) // count)
    return [
        text[spans[max(0, at - 1)][0] : spans[min(at + size, len(spans) - 1)][1]]
        for at in range(0, len(spans), size)
    ]


def is_whole(sentence: str) -> bool:
    """False for headings, captions, bylines and links: what is short or has no full stop."""
    return sentence.count(" ") > 2 and sentence.rstrip("\"”'’)»")[-1:] in tuple(".!?…")


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph."""
    return [text[start:end] for start, end in sentence_spans(text)]
