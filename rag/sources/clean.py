"""Scraped text to clean paragraphs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_BOILERPLATE_LENGTH = 200
"""Characters up to which a paragraph may be boilerplate: longer ones are text, whatever they say."""
_BOILERPLATE = re.compile(
    r"^(?:"
    r"advertisement|sponsored(?: content)?|story continues below(?: advertisement)?|"
    r"(?:please )?(?:sign up|subscribe)(?: here| now| today)?\b.{0,40}\b(?:newsletter|emails?|alerts?|"
    r"briefing|updates)\b.*|"
    r"(?:get|receive) .{0,60}\b(?:newsletter|inbox|in your email)\b.*|"
    r"(?:click|tap) here (?:to|for) .*|(?:read|see|watch|listen|learn|also read)(?: more| also| next)?:.*|"
    r"(?:read|see|learn) more|related(?: stories| articles| content)?:?.{0,80}|more on this story|"
    r"share(?: this)?(?: (?:on|via|article|story|page).*)?|follow us on .*|"
    r"(?:photo|image|picture|video)(?: credit)?:? ?.{0,60}(?:getty images|reuters|afp|ap|epa)\)?|"
    r"(?:\(?.{0,40}/ ?)?getty images\)?|"
    r"(?:©|copyright|\(c\)) .*|all rights reserved\.?|"
    r"(?:this site|we) uses? cookies.*|(?:accept|manage)(?: all)? cookies.*|"
    r"(?:comments|print|email|facebook|twitter|whatsapp|loading\.*|skip to .*|close|menu)"
    r")$",
    re.IGNORECASE | re.DOTALL,
)
_LETTER = re.compile(r"[^\W_]")
_MARKUP = re.compile(r"^(?:#{1,6}|>|[-*+]|\d{1,2}\.)\s+|(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
# Lines of hand-wrapped text end in the middle of sentences and are of about equal length.
_WRAPPED_WIDTH = 100


def blocks(text: str) -> list[str]:
    """The blocks between blank lines; where there are no blank lines, the lines."""
    parts = [part for part in re.split(r"\n[^\S\n]*\n", text.strip("\n")) if part.strip()]
    if len(parts) > 1:
        return [piece for part in parts for piece in _unwrapped(part)]
    lines = text.strip().split("\n")
    return _unwrapped(text.strip()) if _is_wrapped(lines) else lines


def scraped(text: str) -> tuple[str, list[str]]:
    """Title and blocks of a page saved as plain text.

    The title is the first short line, without a full stop, that stands more than once or in front
    of longer text; what stands before it is kept as text.
    """
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    counts = Counter(_same(line) for line in lines)
    for at, line in enumerate(lines[:10]):
        longer = max((len(other) for other in lines[at + 1 :]), default=0)
        like_a_title = len(line) <= 150 and line[-1] not in ".!?:,;" and longer > len(line)
        if like_a_title and (at == 0 or counts[_same(line)] > 1):
            return line, [b for b in blocks(text) if _same(b) != _same(line)]
    return "", blocks(text)


def paragraphs(blocks: Sequence[str], title: str) -> tuple[str, ...]:
    """The blocks as clean paragraphs: no boilerplate, none repeated, none that is the title."""
    seen = {_same(title)}
    kept: list[str] = []
    for block in blocks:
        text = " ".join(block.split())
        same = _same(text)
        if not _LETTER.search(text) or same in seen or is_boilerplate(text):
            continue
        seen.add(same)
        kept.append(text)
    return tuple(kept)


def is_boilerplate(text: str) -> bool:
    """True for a short paragraph that is part of the page rather than of the article."""
    return len(text) <= _BOILERPLATE_LENGTH and bool(_BOILERPLATE.match(text.strip(" .»>")))


def without_markup(text: str) -> str:
    """A Markdown block as plain text."""
    return _MARKUP.sub("", _LINK.sub(r"\1", text))


def canonical(url: str | None) -> str | None:
    """The address without tracking parameters and fragment; None for what is no web address."""
    if not url or not re.match(r"https?://[^\s/]+\.[^\s/]+", url, re.IGNORECASE):
        return None
    from courlan import clean_url

    cleaned = clean_url(url)
    return cleaned.split("#")[0] if cleaned else None


def host(url: str | None) -> str | None:
    """The host of an address, without "www."."""
    found = re.match(r"https?://(?:www\.)?([^/:]+)", url or "")
    return found[1] if found else None


def _same(text: str) -> str:
    """Equal for texts that differ only in case, spaces and punctuation."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _unwrapped(part: str) -> list[str]:
    lines = part.split("\n")
    return [" ".join(lines)] if len(lines) == 1 or _is_wrapped(lines) else lines


def _is_wrapped(lines: Sequence[str]) -> bool:
    """True where lines are broken in mid-sentence, as in text wrapped by hand."""
    body = [line.strip() for line in lines[:-1] if line.strip()]
    if not body or max(map(len, lines)) > _WRAPPED_WIDTH:
        return False
    return sum(line[-1] not in ".!?:\"”" for line in body) > len(body) / 2
