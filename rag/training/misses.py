"""What the last stage learns: near misses, questions in other words, and sentences, by hand.

They were written on texts that the earlier stages have read: `news.jsonl` on the written articles,
`encyclopedia.jsonl` on the paragraphs of SQuADShifts' `new_wiki`, which are named by a hash and lie
with the public sets. A line has "none", questions that the text does not answer though it seems
to; "asked", questions that it answers, with the exact words; and "said", sentences that it supports
or not. Those of an article name the paragraph, too: of "none" the one that comes nearest.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
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
    groups, pairs = data.written(list(_articles(folder, files)), count, seed)
    chance = random.Random(seed)
    few = [Group(g.question, (g.texts[0], *_one(g, chance))) for g in groups]
    more_groups, more_pairs = _encyclopedia(folder, public)
    return few + more_groups, pairs + more_pairs


def _one(group: Group, chance: random.Random) -> list[Text]:
    """One more text to tell apart from that with the answer; none where there is no answer."""
    return chance.sample(group.texts[1:], min(len(group.texts[1:]), bool(group.texts[0].spans)))


def _articles(folder: Path, files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The articles with these questions and statements in the place of their own."""
    known = {article["title"]: article for article in data.records(files)}
    for line in data.records([folder / "news.jsonl"]):
        none = [{"question": q, "near": number} for q, number in line["none"]]
        asked = [
            {"question": q, "answers": [{"paragraph": number, "text": words}]}
            for q, number, words in line["asked"]
        ]
        said = [{"text": t, "paragraph": n, "supported": yes} for t, n, yes in line["said"]]
        yield {**known[line["title"]], "questions": none + asked, "statements": said}


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
            start = text.index(words)
            groups.append(Group(question, (Text(text, ((start, start + len(words)),)),)))
        pairs += [Pair(sentence, text, supported) for sentence, supported in line["said"]]
    return groups, pairs
