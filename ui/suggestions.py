"""Questions to begin with, each of which the library answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from rag import Newsroom, sample

COUNT = 4
LONGEST = 72
"""Characters of a suggested question: what fits on two lines of a button."""
TRIED = 12
"""Candidates that are asked at most; each costs as much as a question of the reader's."""
RECENT = timedelta(days=14)


def suggestions(room: Newsroom) -> list[str]:
    """Up to four questions, in a fixed order, that the library answers."""
    candidates = _sample_questions() if room.read_only else _headlines(room)
    kept: list[str] = []
    articles: set[str] = set()
    for _, question in zip(range(TRIED), candidates, strict=False):
        answer = room.ask(question, model=None)
        cited = {c.article for c in answer.citations}
        if answer.status == "answered" and not cited & articles:
            kept.append(question)
            articles |= cited
        if len(kept) == COUNT:
            break
    return kept


def _sample_questions() -> Iterator[str]:
    """The sample's answerable questions, one of each kind and file in turn."""
    groups: dict[tuple[str, str], list[str]] = {}
    for path in sorted((sample.corpus() / "questions").glob("sample*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            item: dict[str, Any] = json.loads(line)
            if item.get("answerable") and not item.get("history") and _fits(item["question"]):
                groups.setdefault((item.get("kind", ""), path.name), []).append(item["question"])
    for rank in range(max(map(len, groups.values()), default=0)):
        yield from (g[rank] for _, g in sorted(groups.items()) if rank < len(g))


def _fits(question: str) -> bool:
    return len(question) <= LONGEST


def _headlines(room: Newsroom) -> Iterator[str]:
    """The newest articles by title, from as many outlets as there are."""
    newest = room.status().newest
    since = newest - RECENT if newest else None
    waiting: list[str] = []
    outlets: set[str | None] = set()
    seen: set[str] = set()
    for passage in room.search("news announced today", k=40, since=since):
        if passage.title in seen or len(passage.title) > LONGEST:
            continue
        seen.add(passage.title)
        question = f"Tell me about “{passage.title}”"
        if passage.outlet in outlets:
            waiting.append(question)
        else:
            outlets.add(passage.outlet)
            yield question
    yield from waiting
