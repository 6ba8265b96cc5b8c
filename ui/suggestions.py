"""Questions to begin with, each of which the library answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, islice
from typing import Any

from rag import Newsroom, sample

COUNT = 4
TRIED = 8
"""Candidates of either kind that are asked at most; each costs as much as a reader's question."""
LONGEST = 72
"""Characters of a suggested question: what fits on a line of the page."""
RECENT = timedelta(days=14)

Candidate = tuple[str, list[str]]
"""A question, and the right answers to it where they are known."""


def suggestions(room: Newsroom) -> Iterator[str]:
    """Up to four questions that the library answers, each from other articles."""
    questions = islice(_questions(), TRIED) if room.read_only else iter(())
    articles: set[str] = set()
    found = 0
    for question, right in chain(questions, islice(_headlines(room), TRIED)):
        answer = room.ask(question, model=None)
        cited = {c.article for c in answer.citations}
        good = answer.status == "answered" and not cited & articles
        if good and (not right or any(words in (answer.short or answer.text) for words in right)):
            yield question
            articles |= cited
            found += 1
        if found == COUNT:
            return


def _questions() -> Iterator[Candidate]:
    """The sample's own questions for a fact, of each kind in turn."""
    groups: dict[str, list[Candidate]] = {}
    path = sample.corpus() / "questions" / "sample.jsonl"
    for line in path.read_text("utf-8").splitlines():
        item: dict[str, Any] = json.loads(line)
        if item.get("answerable") and item.get("answers") and _stands(item):
            group = groups.setdefault(item.get("kind", ""), [])
            group.append((item["question"], item["answers"]))
    ranked = [group for _, group in sorted(groups.items())]
    for rank in range(max(map(len, ranked), default=0)):
        yield from (group[rank] for group in ranked if rank < len(group))


def _stands(item: dict[str, Any]) -> bool:
    """True for a whole question that needs no other before it."""
    question = item["question"]
    whole = question[:1].isupper() and question.endswith("?") and len(question.split()) > 5
    return whole and not item.get("history") and len(question) <= LONGEST


def _headlines(room: Newsroom) -> Iterator[Candidate]:
    """The newest articles by their titles, first one of each outlet."""
    newest = room.status().newest
    since = newest - RECENT if newest else None
    titles: dict[str, str | None] = {}
    about = "news announced today"
    for passage in room.search(about, k=40, since=since) + room.search(about, k=40):
        if len(passage.title) <= LONGEST:
            titles.setdefault(passage.title, passage.outlet)
    firsts = {outlet: title for title, outlet in reversed(titles.items())}
    for title in chain(reversed(firsts.values()), (t for t in titles if t not in firsts.values())):
        yield f"Tell me about “{title}”", []
