"""What a later stage learns: near misses, questions in other words, and sentences, by hand.

They were written on texts that the earlier stages have read: `news.jsonl` on the written articles,
`encyclopedia.jsonl` on the paragraphs of SQuADShifts' `new_wiki`, which are named by a hash and lie
with the public sets. A line has "none", questions that the text does not answer though it seems
to; "asked", questions that it answers, with the exact words; and "said", sentences that it supports
or not. Those of an article name the paragraph, too: of "none" the one that comes nearest.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rag.chunk import Count
from rag.training import data
from rag.training.data import Group, Pair, Text

HASH = 10
"""Hexadecimal digits of a paragraph's SHA-256 that name it."""


def read(
    folder: Path, public: Path, files: Iterable[Path], count: Count, seed: int
) -> tuple[list[Group], list[Pair]]:
    """The questions and sentences in `folder`; `files` hold the articles they were written on."""
    known = {article["title"]: article for article in data.records(files)}
    lines = data.records([folder / "news.jsonl"])
    articles = [article(line, known[line["title"]]) for line in lines]
    groups, pairs = data.written(articles, count, seed)
    chance = random.Random(seed)
    more_groups, more_pairs = _encyclopedia(folder, public)
    return [few(g, chance) for g in groups] + more_groups, pairs + more_pairs


def article(line: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    """An article with the questions and sentences of a line in the place of its own."""
    none = [{"question": q, "near": number} for q, number in line["none"]]
    asked = [
        {"question": q, "answers": [{"paragraph": number, "text": words}]}
        for q, number, words in line["asked"]
    ]
    said = [{"text": t, "paragraph": n, "supported": yes} for t, n, yes in line["said"]]
    return {**of, "questions": none + asked, "statements": said}


def few(group: Group, chance: random.Random) -> Group:
    """The group with one text to tell apart from that with the answer; none without an answer."""
    own, *others = group.texts
    return Group(group.question, (own, *chance.sample(others, bool(own.spans and others))))


def _encyclopedia(folder: Path, public: Path) -> tuple[list[Group], list[Pair]]:
    texts = {
        hashlib.sha256(text.encode()).hexdigest()[:HASH]: text
        for text in data.contexts(public / "new_wiki_v1.0.json")
    }
    groups: list[Group] = []
    pairs: list[Pair] = []
    for line in data.records([folder / "encyclopedia.jsonl"]):
        text = texts[line["context"]]
        groups += [Group(question, (Text(text),)) for question in line["none"]]
        for question, words in line["asked"]:
            groups.append(Group(question, (Text(text, data.spans_of(text, words)),)))
        pairs += [Pair(sentence, text, supported) for sentence, supported in line["said"]]
    return groups, pairs
