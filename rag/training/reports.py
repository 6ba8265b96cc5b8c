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
from rag.sentences import sentence_spans, sentences
from rag.training import data, misses
from rag.training.data import Group, Pair, Text

ALONE = 3
"""One question in so many is learned with sentences, the others with passages."""


def read(files: Iterable[Path], count: Count, seed: int) -> tuple[list[Group], list[Pair]]:
    """The questions with passages or with sentences, and what is said."""
    articles = [misses.article(line, line) for line in data.records(files)]
    of_passages, of_sentences = [], []
    for article in articles:
        asked = article["questions"]
        alone = asked[::ALONE]
        of_sentences.append({**article, "questions": alone})
        of_passages.append({**article, "questions": [q for q in asked if q not in alone]})
    groups, pairs = data.written(of_passages, count, seed)
    chance = random.Random(seed)
    few = [misses.few(group, chance) for group in groups]
    return few + [g for one in of_sentences for g in by_sentence(one)], pairs


def by_sentence(article: dict[str, Any]) -> Iterator[Group]:
    """Each question with the sentence that answers and the likest of the article that does not.

    Sentences are read alone, too, under their article's title and day.
    """
    head = header(article["title"], data.day(article))
    told = [sentences(text) for text in article["paragraphs"]]
    for question in article["questions"]:
        asked = question["question"]
        if "answers" not in question:
            yield Group(asked, (_likest(asked, told[question["near"] - 1], head),))
            continue
        (answer,) = question["answers"]
        words = answer["text"]
        paragraph = article["paragraphs"][answer["paragraph"] - 1]
        own = next(
            (
                paragraph[a:b]
                for a, b in sentence_spans(paragraph)
                for start, end in data.spans_of(paragraph, words)
                if a <= start and end <= b
            ),
            "",
        )
        others = [s for said in told for s in said if not data.holds(s, [words])]
        if own and others:
            text = embedded(head, own)
            right = Text(text, data.spans_of(text, words, 1))
            yield Group(asked, (right, _likest(asked, others, head)))


def _likest(asked: str, said: list[str], head: str) -> Text:
    """Of sentences the one that shares most words with the question, under its head."""
    wanted = data.words(asked)
    return Text(embedded(head, max(said, key=lambda s: len(wanted & data.words(s)))))
