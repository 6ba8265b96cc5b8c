"""From the records of `rag` to the plain data that a turn on the page is drawn from.

It is saved with the conversation as it is, so what an answer cited stays to be seen even when the
article has another text by then.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from rag import Answer, Article, Citation, Newsroom, Passage, Statement, StoredArticle, Timestamp
from rag.records import day_in_words

Card = dict[str, Any]
Turn = dict[str, Any]

STOPPED = "Stopped before the answer was complete."


def asked(id: str, question: str, filters: list[str]) -> Turn:
    """A turn that has no answer yet; `filters` say in words what it is limited to."""
    return {
        "schema": 1, "id": id, "question": question, "filters": filters, "state": "asked",
        "statements": [], "sources": [], "status": "", "reason": "", "text": "", "short": "",
        "notices": [], "dropped": [], "nearest": [], "searched": "", "understood": "", "voice": "",
    }  # fmt: skip


def with_statement(turn: Turn, statement: Statement, room: Newsroom) -> Turn:
    """The turn with one statement more, its text without the markers and a card for each."""
    cards = [citation_card(c, room) for c in statement.citations]
    numbers = {card["number"] for card in turn["sources"]}
    return {
        **turn,
        "statements": [*turn["statements"], {"text": _unmarked(statement), "cards": cards}],
        "sources": turn["sources"] + [card for card in cards if card["number"] not in numbers],
    }


def with_answer(turn: Turn, answer: Answer) -> Turn:
    """The finished turn."""
    return {
        **turn,
        "state": "done",
        "status": answer.status,
        "reason": answer.reason,
        "text": answer.text,
        "short": answer.headline or "",
        "notices": list(answer.notices),
        "dropped": [{"text": s.text, "reason": s.reason} for s in answer.dropped],
        "nearest": [passage_card(p) for p in answer.nearest],
        "searched": str(answer.searched) if answer.is_searched else "",
        "understood": answer.understood or "",
        "voice": _voice(answer),
    }


def stopped(turn: Turn) -> Turn:
    """The turn as far as it had come, finished."""
    text = " ".join(statement["text"] for statement in turn["statements"])
    return {**turn, "state": "done", "text": text, "notices": [STOPPED]}


def citation_card(citation: Citation, room: Newsroom) -> Card:
    """What opens behind a number: the source, and the quote among its neighbours."""
    stored = _cited(citation, room)
    at, article = citation.paragraph, stored.article if stored else None
    start, end = citation.span
    text = stored.paragraph(at) if stored else citation.quote
    if not stored:
        start, end = 0, len(text)
    cited = {"number": at, "before": text[:start], "quote": text[start:end], "after": text[end:]}
    return {
        "number": citation.number,
        "article": citation.article,
        **_source(citation, article.updated if article else None),
        "paragraphs": [*_beside(article, at - 1), cited, *_beside(article, at + 1)],
    }


def told(turn: Turn) -> dict[str, str]:
    """The turn as history of a conversation. That a question was declined says nothing of it."""
    answer = turn["text"] if turn["status"] != "declined" else ""
    return {"question": turn["question"], "answer": answer}


def passage_card(passage: Passage) -> Card:
    """A passage that was close to the question and is no citation."""
    pairs = zip(passage.paragraphs, passage.text.split("\n"), strict=True)
    paragraphs = [{"number": number, "text": text} for number, text in pairs]
    return {**_source(passage, None), "paragraphs": paragraphs}


def _source(record: Citation | Passage, updated: Timestamp | None) -> Card:
    date = f"published {day_in_words(record.published.day)}" if record.published else "undated"
    if updated and (not record.published or updated.day != record.published.day):
        date += f", updated {day_in_words(updated.day)}"
    url = _safe(record.url)
    return {
        "outlet": record.outlet or "outlet not named",
        "title": record.title,
        "date": date,
        "note": record.note or "",
        "correction": record.correction or "",
        "also": f"also in {', '.join(record.also_in)}" if record.also_in else "",
        "url": url,
        "site": urlsplit(url).hostname if url else "",
    }


def _cited(citation: Citation, room: Newsroom) -> StoredArticle | None:
    """The version of the article that the citation quotes; None where it is not there any more."""
    try:
        stored = room.article(citation.article, citation.version)
        quoted = stored.paragraph(citation.paragraph)[slice(*citation.span)]
    except (KeyError, IndexError):
        return None
    return stored if quoted == citation.quote else None


def _beside(article: Article | None, number: int) -> list[Card]:
    if article is None or not 1 <= number <= len(article.paragraphs):
        return []
    return [{"number": number, "text": article.paragraphs[number - 1]}]


def _safe(url: str | None) -> str:
    """The address if it is one of the web and leads where it seems to, else nothing.

    So no `javascript:` and no files, no user's name before the host, and no sign that browsers
    read in a way of their own.
    """
    url = url or ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_web = parts.scheme in ("http", "https") and parts.hostname
    return url if is_web and "@" not in parts.netloc and not re.search(r"[\\\s]", url) else ""


def _unmarked(statement: Statement) -> str:
    numbers = sorted({c.number for c in statement.citations})
    return statement.text.removesuffix("".join(f"[{n}]" for n in numbers)).rstrip()


def _voice(answer: Answer) -> str:
    if not answer.statements:
        return ""
    if answer.model:
        return f"Written by {answer.model}; each sentence checked against its source."
    return "In the articles' own words."
