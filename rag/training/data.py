"""What the reader learns from: questions with their passages, and sentences with theirs."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from rag.chunk import Count, fit_header, passages
from rag.embed import Embedder

SHIFTS = {"new_wiki": 1.0, "reddit": 0.25, "amazon_reviews": 0.2}
"""The sets, and how much of each is used: an encyclopedia is nearer to news than talk is."""
NEAR = 8
"""A wrong passage is drawn from so many that retrieval ranks first."""
ROOM = 200
"""Tokens of a passage, as in a library."""


@dataclass(frozen=True, slots=True)
class Text:
    """A passage to be read."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    """Characters [start, end) of the answers; none where it does not answer."""


@dataclass(frozen=True, slots=True)
class Group:
    """A question and passages that answer it or come near."""

    question: str
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and a passage that supports it or not."""

    sentence: str
    text: str
    supported: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """A question of a public set, with the place of its passage."""

    text: str
    context: int
    answers: tuple[str, ...]
    span: tuple[int, int] | None


def public(folder: Path, embedder: Embedder, seed: int) -> tuple[list[Group], list[Pair]]:
    """SQuADShifts and the even articles of the SQuAD 2.0 half, with negatives from retrieval.

    Returns the groups and, as pairs, each question with a right or a wrong answer for a sentence.
    """
    chance = random.Random(seed)
    contexts: list[str] = []
    questions: list[_Question] = []
    for name, share in SHIFTS.items():
        found: list[_Question] = []
        _load(folder / f"{name}_v1.0.json", contexts, found)
        questions += chance.sample(found, int(share * len(found)))
    _load(folder / "squad2-halfdev.json", contexts, questions, even=True)
    nearest = _nearest(questions, contexts, embedder)
    spoken: dict[int, list[str]] = {}
    for q in questions:
        spoken.setdefault(q.context, []).extend(q.answers[:1])
    groups, pairs = [], []
    for q, near in zip(questions, nearest, strict=True):
        own = Text(contexts[q.context], (q.span,) if q.span else ())
        wrong = [i for i in near if i != q.context and not _holds(contexts[i], q.answers)]
        texts = (own, Text(contexts[chance.choice(wrong[:NEAR])])) if q.span and wrong else (own,)
        groups.append(Group(q.text, texts))
        others = [a for a in spoken.get(q.context, ()) if not _alike(a, q.answers)]
        if q.span:
            right = not others or chance.random() < 0.5
            answer = q.answers[0] if right else chance.choice(others)
            pairs.append(Pair(f"{q.text} {answer}", contexts[q.context], right))
    return groups, pairs


def written(files: Iterable[Path], count: Count, seed: int) -> tuple[list[Group], list[Pair]]:
    """The articles written for this purpose: each question with passages of its own article."""
    groups: list[Group] = []
    pairs: list[Pair] = []
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            article = json.loads(line)
            head = fit_header(article["title"], _day(article), ROOM, count)
            room = ROOM - count([head])[0]
            parts = [
                (range(span.first, span.last + 1), f"{head}\n{span.text}")
                for span in passages(article["paragraphs"], room, count)
            ]
            # Single paragraphs too: the reader also reads those, and more negatives are had so.
            parts += [
                (range(n, n + 1), f"{head}\n{text}")
                for n, text in enumerate(article["paragraphs"], 1)
            ]
            for question in article["questions"]:
                groups += _grouped(question, parts)
            for statement in article["statements"]:
                paragraph = article["paragraphs"][statement["paragraph"] - 1]
                text = f"{head}\n{paragraph}"
                pairs.append(Pair(statement["text"], text, statement["supported"]))
                if statement["supported"]:
                    other = article["paragraphs"][
                        statement["paragraph"] % len(article["paragraphs"])
                    ]
                    pairs.append(Pair(statement["text"], f"{head}\n{other}", False))
    random.Random(seed).shuffle(groups)
    return groups, pairs


def _grouped(question: dict[str, Any], parts: Sequence[tuple[range, str]]) -> Iterator[Group]:
    answers = question.get("answers", [])
    texts = []
    for numbers, text in parts:
        spans = []
        for answer in answers:
            at = text.find(answer["text"], text.index("\n"))
            if answer["paragraph"] in numbers and at >= 0:
                spans.append((at, at + len(answer["text"])))
        # Another paragraph that holds the words may answer too: neither right nor wrong.
        if spans or not _holds(text, [a["text"] for a in answers]):
            texts.append(Text(text, tuple(spans)))
    right = [t for t in texts if t.spans]
    wrong = [t for t in texts if not t.spans]
    chance = random.Random(question["question"])
    for one in [[text] for text in right] or [[]]:
        near = chance.sample(wrong, min(len(wrong), 4 - len(one)))
        yield Group(question["question"], (*one, *near))


def _load(path: Path, contexts: list[str], questions: list[_Question], even: bool = False) -> None:
    articles = json.loads(path.read_text("utf-8"))["data"]
    for article in articles[::2] if even else articles:
        for paragraph in article["paragraphs"]:
            contexts.append(paragraph["context"])
            for qa in paragraph["qas"]:
                answers = tuple(a["text"] for a in qa["answers"])
                span = None
                if answers:
                    # The words that most people marked; of equals the shortest.
                    counts = Counter(answers)
                    best = min(qa["answers"], key=lambda a: (-counts[a["text"]], len(a["text"])))
                    start = best["answer_start"]
                    span = (start, start + len(best["text"]))
                    answers = (best["text"], *answers)
                questions.append(_Question(qa["question"], len(contexts) - 1, answers, span))


def _nearest(
    questions: Sequence[_Question], contexts: Sequence[str], embedder: Embedder
) -> list[list[int]]:
    """For each question the contexts nearest in meaning, best first."""
    short = [_cut(c, embedder) for c in contexts]
    of_contexts = embedder.encode(short)
    of_questions = embedder.encode([_cut(q.text, embedder) for q in questions])
    found = []
    for start in range(0, len(questions), 1000):
        scores = of_questions[start : start + 1000] @ of_contexts.T
        found += np.argsort(-scores, axis=1)[:, : 3 * NEAR].tolist()
    return found


def _cut(text: str, embedder: Embedder) -> str:
    while embedder.count([text])[0] > embedder.window:
        text = text[: len(text) * 9 // 10]
    return text


def _holds(text: str, answers: Sequence[str]) -> bool:
    plain = f" {_plain(text)} "
    return any(f" {_plain(a)} " in plain for a in answers)


def _alike(one: str, others: Sequence[str]) -> bool:
    words = set(_plain(one).split())
    return any(words & set(_plain(other).split()) for other in others)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _day(article: dict[str, Any]) -> date:
    return date.fromisoformat(article["published"])
