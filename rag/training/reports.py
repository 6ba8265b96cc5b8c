"""What the stage on trial learns: reports written with their questions, and their sentences alone.

A line of `reports/*.jsonl` is an article with "asked", questions that it answers, with the
paragraph and the exact words; "none", questions that it seems to answer, with the paragraph that
comes nearest; and "said", sentences that a paragraph supports or not.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rag.chunk import Count, embedded, header
from rag.sentences import sentences
from rag.training import data, misses
from rag.training.data import Group, Pair, Text


def read(files: Iterable[Path], count: Count, seed: int) -> tuple[list[Group], list[Pair]]:
    """The questions with passages and with sentences, and what is said."""
    articles = [misses.article(line, line) for line in data.records(files)]
    groups, pairs = data.written(articles, count, seed)
    chance = random.Random(seed)
    few = [misses.few(group, chance) for group in groups]
    return few + [g for one in articles for g in by_sentence(one)], pairs


def by_sentence(article: dict[str, Any]) -> Iterator[Group]:
    """Each question with the sentence that answers and the likest of the article that does not.

    Sentences are read alone, too, under their article's title and day.
    """
    head = header(article["title"], data.day(article))
    told = [sentences(text) for text in article["paragraphs"]]
    for question in article["questions"]:
        answers = [a["text"] for a in question.get("answers", ())]
        others = [s for said in told for s in said if not data.holds(s, answers)]
        if not answers:
            yield Group(question["question"], (_of(head, told[question["near"] - 1], question),))
            continue
        (answer,) = question["answers"]
        own = next((s for s in told[answer["paragraph"] - 1] if answer["text"] in s), None)
        if own and others:
            text = embedded(head, own)
            start = text.index(answer["text"], len(head))
            right = Text(text, ((start, start + len(answer["text"])),))
            yield Group(question["question"], (right, _of(head, others, question)))


def _of(head: str, said: list[str], question: dict[str, Any]) -> Text:
    """The sentence that shares most words with the question."""
    asked = data.words(question["question"])
    return Text(embedded(head, max(said, key=lambda s: len(asked & data.words(s)))))
